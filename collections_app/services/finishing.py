"""A run whose batches are all done becomes a result set; so does what a stopped run had finished."""

import logging
import uuid
from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils.timezone import now

from collections_app.models import Batch, Collection, ResultSet, Run
from collections_app.models.runs import BatchStatus, RunStatus
from collections_app.services import parts
from collections_app.services.batches import is_worked_off
from collections_app.services.bell import ring
from collections_app.services.result_files import listing
from collections_app.services.results import write_result_set

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
RENEW_ROWS = 1000  # the lease is renewed whenever that many rows have passed
LONGEST_PAUSE = 600  # seconds between two tries
TRIES = 150  # about a day; then the run is `failed`, its part files kept until it expires


class RowsMissing(Exception):
    """The part files do not hold one row for each request: nothing may be called done."""


def finish(run_id: int) -> ResultSet | None:
    """Write the run's result set; None when it is not ready, somebody else is at it, or it is there already."""
    run = _claim(run_id)
    if run is None:
        return None
    try:
        result_set = _write(run)
    except Exception as error:
        _put_off(run, error)
        raise
    if result_set is not None:
        parts.sweep(run.pk)
    return result_set


def _claim(run_id: int) -> Run | None:
    """Take the lease on writing, and give the run its number when it has none."""
    moment, token = now(), uuid.uuid4()
    with transaction.atomic():
        first = Run.objects.filter(pk=run_id).first()
        if first is None:
            return None
        collection = Collection.objects.select_for_update().filter(pk=first.collection_id).first()
        if collection is None:
            return None
        free = Q(finish_lease_until=None) | Q(finish_lease_until__lt=moment)
        ready = Run.objects.filter(free, pk=run_id, result_set=None).filter(
            status__in=(RunStatus.RUNNING, RunStatus.STOPPED)
        )
        run = ready.first()
        if run is None or not _is_ready(run):
            return None
        won = Run.objects.filter(free, pk=run_id, status=run.status).update(
            finish_token=token, finish_lease_until=moment + LEASE, finish_attempts=F("finish_attempts") + 1
        )
        if not won:
            return None
        if run.number is None:
            run.number = collection.next_result_set_number
            Run.objects.filter(pk=run_id).update(number=run.number)
            Collection.objects.filter(pk=collection.pk).update(next_result_set_number=run.number + 1)
    run.finish_token = token
    run.finish_attempts += 1
    run.collection = collection
    return run


def _is_ready(run: Run) -> bool:
    if run.status == RunStatus.RUNNING:
        return is_worked_off(run.pk)
    return Batch.objects.filter(run=run, status=BatchStatus.DONE).exists()


def _write(run: Run) -> ResultSet | None:
    collection, number = run.collection, run.number or 0
    written = write_result_set(
        run,
        _rows(run),
        number=number,
        formats=formats_of(collection),
        csv_fields=collection.notification_csv_fields,
    )
    ended = run.ended_at or now()
    with transaction.atomic():
        Collection.objects.select_for_update().get(pk=collection.pk)
        mine = Run.objects.filter(pk=run.pk, finish_token=run.finish_token, status=run.status)
        if run.status == RunStatus.RUNNING:
            done = mine.update(
                status=RunStatus.COMPLETED,
                ended_at=ended,
                finish_lease_until=None,
                finish_token=None,
                error="",
            )
        else:
            done = mine.update(finish_lease_until=None, finish_token=None, error="")
        if not done:
            # Stopped, or taken over, while it was being written: whoever holds it now writes it again.
            Run.objects.filter(pk=run.pk, finish_token=run.finish_token).update(finish_lease_until=None)
            ring("finish", run.pk)
            return None
        final = Run.objects.get(pk=run.pk)
        result_set = ResultSet.objects.create(
            run=run,
            collection=collection,
            number=number,
            started_at=run.started_at or ended,
            ended_at=ended,
            expires_at=ended + timedelta(days=settings.RETENTION_DAYS),
            request_count=final.request_count,
            completed_count=final.completed_count,
            failed_count=final.failed_count,
            page_count=written.page_count,
            files=written.files,
            folder=written.folder,
        )
        if run.status == RunStatus.RUNNING:
            Collection.objects.filter(pk=collection.pk).update(last_run_at=ended)
            ring("dispatch", run.account_id)
    return result_set


def _rows(run: Run) -> Iterator[bytes]:
    """All rows in the requests' order; raises RowsMissing at the end when one is missing or too many."""
    done = Batch.objects.filter(run=run, status=BatchStatus.DONE).order_by("first_position")
    wanted = passed = 0
    for name, size in done.values_list("part", "size"):
        wanted += size
        for row in parts.lines(name):
            passed += 1
            if passed % RENEW_ROWS == 0:
                Run.objects.filter(pk=run.pk, finish_token=run.finish_token).update(
                    finish_lease_until=now() + LEASE
                )
            yield row
    if passed != wanted or (run.status == RunStatus.RUNNING and passed != run.request_count):
        raise RowsMissing(f"run {run.pk}: {passed} rows for {run.request_count} requests")


def sweep_leftovers() -> int:
    """Delete the part files of runs whose result set stands: whoever finished them died before he swept."""
    runs = [int(name) for name in listing(parts.ROOT)[0] if name.isdecimal()]
    finished = ResultSet.objects.filter(run__in=runs).values_list("run_id", flat=True)
    for run in finished:
        parts.sweep(run)
    return len(finished)


def formats_of(collection: Collection) -> list[str]:
    """The formats that are written at once; the others are made when they are first asked for."""
    chosen = {
        "json": collection.notification_as_json,
        "jsonlines": collection.notification_as_jsonlines,
        "csv": collection.notification_as_csv,
    }
    return [name for name, wanted in chosen.items() if wanted]


def _put_off(run: Run, error: Exception) -> None:
    """Let go, so that the next try comes after a pause; the reason stands in the run."""
    pause = min(2**run.finish_attempts, LONGEST_PAUSE)
    logger.exception("run %s: its result set could not be written, next try in %s s", run.pk, pause)
    mine = Run.objects.filter(pk=run.pk, finish_token=run.finish_token)
    reason = f"The result set could not be written: {type(error).__name__}: {error}"[:500]
    mine.update(finish_lease_until=now() + timedelta(seconds=pause), error=reason)
    if run.finish_attempts >= TRIES:
        mine.filter(status=RunStatus.RUNNING).update(status=RunStatus.FAILED, ended_at=now())
