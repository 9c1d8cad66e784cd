"""The clock: `celery -A config beat -S collections_app.beat:RoundsmanScheduler` (rules: docs/schedules.md)."""

from collections_app.beat.scheduler import RoundsmanScheduler

__all__ = ["RoundsmanScheduler"]
