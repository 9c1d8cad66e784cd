"""The operator's pages. They look, and act through the same services as the API."""

from collections_app.admin import accounts, collections, runs, schedules, users

__all__ = ["accounts", "collections", "runs", "schedules", "users"]
