"""Settings, URLs, the Celery app: what names everything and holds no rule."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
