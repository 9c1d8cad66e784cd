"""Ring after commit: wake a worker by a task's name. A lost ring costs seconds, for `recover` rings again."""

import logging
from typing import Any

from celery import current_app
from django.db import transaction

logger = logging.getLogger(__name__)

EXPIRES = 600.0  # seconds; what is older has been rung again since


def ring(task: str, *args: Any, times: int = 1) -> None:
    """Send `task` (see collections_app.tasks) once the current transaction is committed; never raises."""
    transaction.on_commit(lambda: _send(task, args, times), robust=True)


def _send(task: str, args: tuple[Any, ...], times: int) -> None:
    try:
        with current_app.producer_or_acquire() as producer:
            for _ in range(times):
                current_app.send_task(
                    f"collections.{task}", args=args, producer=producer, expires=EXPIRES, retry=False
                )
    except Exception as error:
        logger.warning("could not ring %s: %s", task, error)
