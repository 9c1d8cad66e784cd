"""A run whose batches are all done becomes a result set; so does what a stopped run had finished."""

import logging
import uuid
from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q
from django.utils.timezone import now

from collections_app.models import Batch, Collection, ResultSet, Run
from collections_app.models.runs import BatchStatus, RunStatus
from collections_app.services import leases, parts
from collections_app.services.batches import is_worked_off
from collections_app.services.bell import ring
from collections_app.services.result_files import delete_folder, listing
from collections_app.services.results import write_result_set

logger = logging.getLogger(__name__)

LEASE = 120  # seconds
RENEW_ROWS = 1000  # the lease is renewed whenever that many rows have passed
LONGEST_PAUSE = 600  # seconds between two tries
TRIES = 150  # about a day; then the run is `failed`, its part files kept until it expires
LEFT_ALONE = timedelta(hours=1)  # a worker may still be about to notice that its run was stopped


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
        if _put_off(run, error):
            raise
        logger.info("run %s: taken over or deleted while its result set was written: %s", run.pk, error)
        return None
    if result_set is not None:
        parts.sweep(run.pk)
    return result_set


def free() -> Q:
    """Runs whose result set nobody is writing."""
    return Q(finish_lease_until=None) | leases.over("finish_lease_until", LONGEST_PAUSE)


def _claim(run_id: int) -> Run | None:
    """Take the lease on writing, and give the run its number when it has none. The collection counts it only when
    the result set is there: its last number always leads to one."""
    token = uuid.uuid4()
    with transaction.atomic():
        first = Run.objects.filter(pk=run_id).first()
        if first is None:
            return None
        collection = Collection.objects.select_for_update().filter(pk=first.collection_id).first()
        if collection is None:
            return None
        ended = (RunStatus.RUNNING, RunStatus.STOPPED)
        run = Run.objects.filter(free(), pk=run_id, result_set=None, status__in=ended).first()
        if run is None or not _is_ready(run):
            return None
        won = Run.objects.filter(free(), pk=run_id, status=run.status).update(
            finish_token=token,
            finish_lease_until=leases.until(LEASE), finish_attempts=F("finish_attempts") + 1,
        )  # fmt: skip
        if not won:
            return None
        if run.number is None:
            given = Run.objects.filter(collection=collection).aggregate(highest=Max("number"))["highest"]
            run.number = max(collection.next_result_set_number, (given or 0) + 1)
            Run.objects.filter(pk=run_id).update(number=run.number)
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
        held = Collection.objects.select_for_update().filter(pk=collection.pk).first()
        if held is None:
            delete_folder(written.folder)
            return None
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
        held.next_result_set_number = max(held.next_result_set_number, number + 1)
        if run.status == RunStatus.RUNNING:
            held.last_run_at = ended
            ring("dispatch", run.account_id)
        # Not updated_at: that is when its owner last changed it.
        held.save(update_fields=["next_result_set_number", "last_run_at"])
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
                    finish_lease_until=leases.until(LEASE)
                )
            yield row
    if passed != wanted or (run.status == RunStatus.RUNNING and passed != run.request_count):
        raise RowsMissing(f"run {run.pk}: {passed} rows for {run.request_count} requests")


def sweep_leftovers() -> int:
    """Delete the part files of runs whose result set stands (whoever finished them died before he swept), and of
    stopped runs that leave none."""
    runs = [int(name) for name in listing(parts.ROOT)[0] if name.isdecimal()]
    done = Batch.objects.filter(run=OuterRef("pk"), status=BatchStatus.DONE)
    stopped = Q(~Exists(done), status=RunStatus.STOPPED, ended_at__lt=now() - LEFT_ALONE)
    over = Run.objects.filter(Q(result_set__isnull=False) | stopped, pk__in=runs).values_list("pk", flat=True)
    for run in over:
        parts.sweep(run)
    return len(over)


def formats_of(collection: Collection) -> list[str]:
    """The formats that are written at once; the others are made when they are first asked for."""
    chosen = {
        "json": collection.notification_as_json,
        "jsonlines": collection.notification_as_jsonlines,
        "csv": collection.notification_as_csv,
    }
    return [name for name, wanted in chosen.items() if wanted]


def _put_off(run: Run, error: Exception) -> bool:
    """Let go, so that the next try comes after a pause; the reason stands in the run. False when it is no longer
    ours to write."""
    pause = min(2 ** min(run.finish_attempts, 16), LONGEST_PAUSE)
    mine = Run.objects.filter(pk=run.pk, finish_token=run.finish_token)
    reason = f"The result set could not be written: {type(error).__name__}: {error}"[:500]
    if not mine.update(finish_lease_until=leases.until(pause), error=reason):
        return False
    logger.error("run %s: its result set could not be written, next try in %s s", run.pk, pause)
    if run.finish_attempts >= TRIES:
        mine.filter(status=RunStatus.RUNNING).update(status=RunStatus.FAILED, ended_at=now())
        ring("dispatch", run.account_id)
    return True
