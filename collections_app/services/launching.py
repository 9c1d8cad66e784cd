"""Runs come into being here, and are stopped here."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice

from django.db import IntegrityError, transaction
from django.utils.timezone import now

from collections_app.models import Account, Collection, Fire, Run
from collections_app.models.runs import ACTIVE, RUN_COMES_FROM, RunStatus, Trigger
from collections_app.models.schedules import FireOutcome
from collections_app.services.bell import ring

Due = tuple[int, datetime]  # the collection's primary key, the moment it was due (UTC)
CHUNK = 500
FEW = 3  # accounts that are rung for one by one; more are dispatched together


def launch(collection: Collection, trigger: str, due_at: datetime | None = None) -> Run | None:
    """Queue a run of the collection and wake the dispatcher; None when a run is active (or this fire ran)."""
    try:
        with transaction.atomic():
            held = Collection.objects.select_for_update().get(pk=collection.pk)
            if Run.objects.filter(collection=held, status__in=ACTIVE).exists():
                return None
            run = Run.objects.create(
                collection=held,
                account_id=held.account_id,
                trigger=trigger,
                due_at=due_at,
                priority=held.priority,
                request_count=held.request_count,
            )
            ring("dispatch", held.account_id)
    except IntegrityError:
        return None
    return run


def launch_due(pairs: Iterable[Due], outcome: str = FireOutcome.RAN) -> Counter[str]:
    """Queue a run for each (collection, moment) and write down what became of it; returns counts by outcome.

    A collection that is gone or disabled is passed over, one with an active run or no requests is `skipped`,
    a moment that has its Fire row already is left alone: handing the same pairs over twice runs them once.
    """
    counts: Counter[str] = Counter()
    waiting = iter(pairs)
    while chunk := list(islice(waiting, CHUNK)):
        with transaction.atomic():
            counts += _launch_chunk(chunk, outcome)
    return counts


def _launch_chunk(pairs: Sequence[Due], outcome: str) -> Counter[str]:
    keys = sorted({key for key, _ in pairs})
    held = {
        collection.pk: collection
        for collection in Collection.objects.select_for_update()
        .filter(pk__in=keys, enabled=True)
        .order_by("pk")
    }
    moments = [due for _, due in pairs]
    seen = set(
        Fire.objects.filter(
            collection__in=keys, due_at__gte=min(moments), due_at__lte=max(moments)
        ).values_list("collection_id", "due_at")
    )
    busy = set(
        Run.objects.filter(collection__in=keys, status__in=ACTIVE).values_list("collection_id", flat=True)
    )
    runs: list[Run] = []
    fires: list[Fire] = []
    accounts: set[int] = set()
    for key, due in sorted(pairs, key=lambda pair: pair[1]):
        collection = held.get(key)
        if collection is None or (key, due) in seen:
            continue
        seen.add((key, due))
        if key in busy:
            fires.append(_skip(key, due, "the last run was still active"))
        elif not collection.request_count:
            fires.append(_skip(key, due, "the collection has no requests"))
        else:
            busy.add(key)
            accounts.add(collection.account_id)
            run = Run(
                collection=collection,
                account_id=collection.account_id,
                trigger=Trigger.SCHEDULE,
                due_at=due,
                priority=collection.priority,
                request_count=collection.request_count,
            )
            runs.append(run)
            fires.append(Fire(collection_id=key, due_at=due, outcome=outcome, run=run))
    Run.objects.bulk_create(runs)
    Fire.objects.bulk_create(fires)
    if len(accounts) > FEW:
        ring("dispatch")
    else:
        for account in accounts:
            ring("dispatch", account)
    return Counter(str(fire.outcome) for fire in fires)


def _skip(key: int, due: datetime, reason: str) -> Fire:
    return Fire(collection_id=key, due_at=due, outcome=FireOutcome.SKIPPED, reason=reason)


def stop(collection: Collection) -> Run | None:
    """Stop the collection's active run at once; None when there is none.

    Workers notice between requests; what finished batches wrote becomes a result set.
    """
    moment = now()
    with transaction.atomic():
        # Locks are taken in one order everywhere: account, collection, run, batch.
        if not Collection.objects.select_for_update().filter(pk=collection.pk).first():
            return None
        run = Run.objects.select_for_update().filter(collection=collection, status__in=ACTIVE).first()
        if run is None:
            return None
        begun = run.status == RunStatus.RUNNING
        if not Run.objects.filter(pk=run.pk, status__in=RUN_COMES_FROM[RunStatus.STOPPED]).update(
            status=RunStatus.STOPPED, ended_at=moment
        ):
            return None
        run.status, run.ended_at = RunStatus.STOPPED, moment
        if begun:
            Collection.objects.filter(pk=collection.pk).update(last_run_at=moment)
            ring("finish", run.pk)
        ring("dispatch", run.account_id)
    return run


def stop_all(account: Account) -> tuple[int, int]:
    """Stop every queued and running collection of the account; (stopped, failed to stop)."""
    active = list(Collection.objects.filter(account=account, runs__status__in=ACTIVE).order_by("pk"))
    stopped = sum(stop(collection) is not None for collection in active)
    return stopped, len(active) - stopped
