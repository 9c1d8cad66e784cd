"""Queued runs are started here, as far as their account has free slots, and cut into batches."""

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.timezone import now

from collections_app.models import Account, Batch, Collection, CollectionRequest, Run
from collections_app.models.runs import RUN_COMES_FROM, RunStatus
from collections_app.services.bell import ring

RINGS = 16  # more workers than this are woken by those that are awake


def dispatch(account: int | None = None) -> list[Run]:
    """Start the queued runs of one account (or of all) for which there is a slot, in order of priority, then
    age; returns those started. Small and large runs have slots of their own (Countdown: limits)."""
    if account is None:
        waiting = Run.objects.filter(status=RunStatus.QUEUED).order_by().values_list("account_id", flat=True)
        return [run for key in waiting.distinct() for run in _dispatch_account(key)]
    return _dispatch_account(account)


def _dispatch_account(account: int) -> list[Run]:
    small = Q(request_count__lte=settings.SMALL_RUN)
    started = []
    for kind, slots in ((small, settings.SLOTS_SMALL), (~small, settings.SLOTS_LARGE)):
        while run := _start_next(account, kind, slots):
            if run.status == RunStatus.RUNNING:
                started.append(run)
    return started


def _start_next(account: int, kind: Q, slots: int) -> Run | None:
    """Begin the account's next queued run of this kind; None when there is none, or no slot. It comes back as it
    became: one that could not be begun is no longer queued.

    A transaction for each: it holds the account and one collection, never two, for beat locks many collections
    in an order of its own.
    """
    with transaction.atomic():
        # The account's row is the lock: two dispatchers must not both see the same free slot. Its key stays free
        # for others, who insert rows that refer to it while they hold a collection we may wait for.
        if not Account.objects.select_for_update(no_key=True).filter(pk=account).first():
            return None
        runs = Run.objects.filter(kind, account=account)
        if runs.filter(status=RunStatus.RUNNING).count() >= slots:
            return None
        run = runs.filter(status=RunStatus.QUEUED).order_by("priority", "queued_at", "id").first()
        if run is not None and not begin(run):
            run.status = RunStatus.FAILED  # or stopped, or gone with its collection
    return run


def begin(run: Run) -> bool:
    """queued -> running: cut the run into batches and wake workers; False when it is no longer queued."""
    moment = now()
    with transaction.atomic():
        # Edits of the requests hold the collection's row too, so the cut sees all of an edit or nothing.
        if not Collection.objects.select_for_update().filter(pk=run.collection_id).first():
            return False
        positions = list(
            CollectionRequest.objects.filter(collection=run.collection_id)
            .order_by("position")
            .values_list("position", flat=True)
        )
        if not positions:
            Run.objects.filter(pk=run.pk, status=RunStatus.QUEUED).update(
                status=RunStatus.FAILED,
                ended_at=moment,
                error="The collection had no requests when it started.",
            )
            return False
        begun = Run.objects.filter(pk=run.pk, status__in=RUN_COMES_FROM[RunStatus.RUNNING]).update(
            status=RunStatus.RUNNING, started_at=moment, request_count=len(positions)
        )
        if not begun:
            return False
        size = settings.BATCH_SIZE
        slices = [positions[start : start + size] for start in range(0, len(positions), size)]
        Batch.objects.bulk_create(
            Batch(run=run, first_position=part[0], last_position=part[-1], size=len(part)) for part in slices
        )
        ring("work", times=min(len(slices), RINGS))
    run.status, run.started_at, run.request_count = RunStatus.RUNNING, moment, len(positions)
    return True
