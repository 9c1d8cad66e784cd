"""Whatever stands still is set going again: a lost message or a dead worker costs seconds."""

from collections import Counter

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from collections_app.models import Batch, CollectionRequest, Run
from collections_app.models.runs import BatchStatus, RunStatus
from collections_app.services import finishing, leases
from collections_app.services.bell import ring
from collections_app.services.dispatching import RINGS

BITE = 500  # rows looked at in one go; the next call takes the rest


def recover() -> Counter[str]:
    """Free batches whose lease is over and ring for everything that waits; counts of what was done."""
    counts: Counter[str] = Counter()
    for batch in _overdue():
        counts["freed"] += free(batch)
    pending = Batch.objects.filter(status=BatchStatus.PENDING, run__status=RunStatus.RUNNING)[:RINGS].count()
    if pending:
        ring("work", times=pending)
        counts["work"] = pending
    for run in _worked_off():
        ring("finish", run)
        counts["finish"] += 1
    if Run.objects.filter(status=RunStatus.QUEUED).exists():
        ring("dispatch")
        counts["dispatch"] = 1
    return counts


def _overdue() -> list[Batch]:
    over = leases.over("lease_until", settings.BATCH_LEASE)
    working = Batch.objects.filter(over, status=BatchStatus.WORKING)
    return list(working.filter(run__status=RunStatus.RUNNING).select_related("run")[:BITE])


def _worked_off() -> list[int]:
    """Runs with nothing left to scrape and no result set yet, nobody being at it."""
    open_batches = Batch.objects.filter(run=OuterRef("pk")).exclude(status=BatchStatus.DONE)
    done = Batch.objects.filter(run=OuterRef("pk"), status=BatchStatus.DONE)
    running = Run.objects.filter(~Exists(open_batches), status=RunStatus.RUNNING)
    stopped = Run.objects.filter(Exists(done), status=RunStatus.STOPPED, result_set=None)
    found: list[int] = []
    for runs in (running, stopped):
        found += runs.filter(finishing.free()).values_list("pk", flat=True)[:BITE]
    return found


def free(batch: Batch) -> bool:
    """working -> pending for a batch whose holder is gone.

    At its last try but one, a batch of many is cut into batches of one: if one request kills the worker each
    time, only that one is given up, and its neighbours get their rows.
    """
    with transaction.atomic():
        held = Batch.objects.filter(pk=batch.pk, token=batch.token, status=BatchStatus.WORKING)
        if batch.attempts < settings.BATCH_ATTEMPTS or batch.size == 1:
            return bool(held.update(status=BatchStatus.PENDING, token=None, lease_until=None))
        first, *others = (
            CollectionRequest.objects.filter(
                collection=batch.run.collection_id,
                position__gte=batch.first_position,
                position__lte=batch.last_position,
            )
            .order_by("position")
            .values_list("position", flat=True)
        )
        tries = settings.BATCH_ATTEMPTS - 1
        freed = held.update(
            status=BatchStatus.PENDING, token=None, lease_until=None, size=1,
            first_position=first, last_position=first, attempts=tries,
        )  # fmt: skip
        if freed:
            Batch.objects.bulk_create(
                Batch(run_id=batch.run_id, first_position=one, last_position=one, size=1, attempts=tries)
                for one in others
            )
    return bool(freed)
