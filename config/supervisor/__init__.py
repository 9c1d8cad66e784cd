"""`manage.py up`: starts every part of the service, keeps it running, and stops it in order."""
