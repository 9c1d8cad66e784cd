"""The Celery tasks, in the order in which a run meets them. Each only wakes a service, which begins with a claim."""

import logging
from datetime import datetime
from typing import Any

from celery import shared_task
from django.utils.timezone import now

from collections_app.services import (
    dispatching,
    finishing,
    launching,
    recovery,
    retention,
    scraping,
    shutdown,
    working,
)
from collections_app.services.bell import ring

logger = logging.getLogger(__name__)

WORK_SECONDS = 30.0  # then the task ends and rings for the next, so that a shutdown never waits long


@shared_task(name="collections.fire")
def fire(collection: int, plan: dict[str, Any] | None = None, due_at: str = "") -> None:
    """A schedule is due. Our beat launches by itself; this serves whoever sends the task by hand."""
    moment = datetime.fromisoformat(due_at) if due_at else now()
    launching.launch_due([(collection, moment)])


@shared_task(name="collections.dispatch")
def dispatch(account: int | None = None) -> None:
    """Start queued runs that have a slot."""
    dispatching.dispatch(account)


@shared_task(name="collections.work")
def work() -> None:
    """Take batch after batch, until the worker is told to stop."""
    if working.work(scraping.engine(), seconds=WORK_SECONDS, stopping=shutdown.told) and working.more_waits():
        ring("work")
    if shutdown.told():
        scraping.wind_up()


@shared_task(name="collections.finish")
def finish(run: int) -> None:
    """Write the result set of a run that is worked off."""
    finishing.finish(run)


@shared_task(name="collections.recover")
def recover() -> None:
    """Set going again whatever stands still."""
    counts = recovery.recover()
    if counts:
        logger.info("recovered %s", dict(counts))


@shared_task(name="collections.retain")
def retain() -> None:
    """Delete what has expired, bite by bite, and what a dead worker left."""
    finishing.sweep_leftovers()
    if retention.expire():
        ring("retain")
