"""Notices and how they are sent."""
