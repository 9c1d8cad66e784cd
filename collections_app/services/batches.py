"""Batches: claimed in the database under a lease, scraped, saved by whoever still holds the token."""

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef
from django.utils.timezone import now

from collections_app.models import Batch, CollectionRequest, Result, Run
from collections_app.models.runs import BatchStatus, RunStatus
from collections_app.services import leases, parts
from collections_app.services.bell import ring
from collections_app.services.rows import Asked, Written, lost_row

logger = logging.getLogger(__name__)

CANDIDATES = 8  # runs looked at in one claim


@dataclass(frozen=True, slots=True)
class Claim:
    """A batch that this process holds until its lease is over."""

    batch: int
    run: int
    collection: int
    token: uuid.UUID
    first_position: int
    last_position: int
    attempts: int

    @property
    def given_up(self) -> bool:
        """Whoever claimed it before died each time: its rows say so instead of another try."""
        return self.attempts > settings.BATCH_ATTEMPTS


def claim() -> Claim | None:
    """Claim the next batch: highest priority first, then the run whose last turn is longest ago, so that
    a run of 15,000 requests and one of ten advance side by side. None when nothing waits."""
    waiting = Batch.objects.filter(run=OuterRef("pk"), status=BatchStatus.PENDING)
    runs = (
        Run.objects.filter(Exists(waiting), status=RunStatus.RUNNING)
        .order_by("priority", F("last_claimed_at").asc(nulls_first=True), "id")
        .values_list("pk", "collection_id")[:CANDIDATES]
    )
    for run, collection in runs:
        if claimed := _claim_in(run, collection):
            Run.objects.filter(pk=run).update(last_claimed_at=now())
            return claimed
    return None


def _claim_in(run: int, collection: int) -> Claim | None:
    with transaction.atomic():
        batch = (
            Batch.objects.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)
            .filter(run=run, status=BatchStatus.PENDING)
            .order_by("first_position")
            .first()
        )
        if batch is None:
            return None
        token = uuid.uuid4()
        won = Batch.objects.filter(pk=batch.pk, status=BatchStatus.PENDING).update(
            status=BatchStatus.WORKING, token=token,
            lease_until=leases.until(settings.BATCH_LEASE), attempts=F("attempts") + 1,
        )  # fmt: skip
    if not won:
        return None
    return Claim(
        batch.pk, run, collection, token, batch.first_position, batch.last_position, batch.attempts + 1
    )


def renew(claimed: Claim) -> bool:
    """Lengthen the lease; False when it is lost or the run was stopped: then the work is for nothing."""
    held = Batch.objects.filter(pk=claimed.batch, token=claimed.token, status=BatchStatus.WORKING)
    mine = held.filter(run__status=RunStatus.RUNNING)
    return bool(mine.update(lease_until=leases.until(settings.BATCH_LEASE)))


def requests_of(claimed: Claim) -> list[Asked]:
    """The batch's requests in their order."""
    stored = CollectionRequest.objects.filter(
        collection=claimed.collection,
        position__gte=claimed.first_position,
        position__lte=claimed.last_position,
    ).order_by("position")
    return [Asked(*values) for values in stored.values_list("position", "public_id", "params")]


def give_up(claimed: Claim) -> bool:
    """Write one failed row for each request of a batch that killed its worker each time."""
    writer = parts.PartWriter()
    try:
        rows = [lost_row(asked, settings.BATCH_ATTEMPTS) for asked in requests_of(claimed)]
        for row in rows:
            writer.add(row.position, row.body)
        return save(claimed, store(claimed, writer), [row.written for row in rows])
    finally:
        writer.close()


def store(claimed: Claim, writer: parts.PartWriter) -> parts.Part:
    """Write the part file. Raises what the results storage raises; nothing stands there then, and it may be tried
    again."""
    return writer.save(f"{parts.folder(claimed.run)}/{claimed.first_position}-{claimed.token}.jsonl")


def save(claimed: Claim, part: parts.Part, written: Sequence[Written]) -> bool:
    """Put the outcome down, the part file being there: in one transaction the result rows and the batch `done`.
    When the database does not answer it may be tried again, for the answer alone may have been lost.

    False when the token no longer holds or the run was stopped; nothing is kept then. "Was this the last?"
    is asked in a transaction of its own afterwards: asked in the same one, two workers that end together
    would both see the other pending.
    """
    failed = sum(not row.succeeded for row in written)
    results = [
        Result(
            run_id=claimed.run,
            batch_id=claimed.batch,
            request_id=row.request_id,
            position=row.position,
            succeeded=row.succeeded,
            error=row.error,
            message=row.message,
            http_status=row.http_status,
            elapsed_ms=row.elapsed_ms,
            offset=part.places[row.position].offset,
            length=part.places[row.position].length,
        )
        for row in written
    ]
    with transaction.atomic():
        # The run's row first: it is the lock that keeps a stop from falling between the two updates.
        held = Run.objects.filter(pk=claimed.run, status=RunStatus.RUNNING).update(
            completed_count=F("completed_count") + len(written) - failed,
            failed_count=F("failed_count") + failed,
        )
        held = held and Batch.objects.filter(
            pk=claimed.batch, token=claimed.token, status=BatchStatus.WORKING
        ).update(status=BatchStatus.DONE, part=part.name, done_at=now(), token=None, lease_until=None)
        if held:
            Result.objects.bulk_create(results)
        else:
            transaction.set_rollback(True)
    if not held and not Batch.objects.filter(pk=claimed.batch, part=part.name).exists():
        logger.info("batch %s of run %s: came too late, nothing kept", claimed.batch, claimed.run)
        parts.delete(part.name)
        return False
    if is_worked_off(claimed.run):
        ring("finish", claimed.run)
    return True


def release(claimed: Claim) -> bool:
    """Hand an unfinished batch back at once (this try does not count)."""
    held = Batch.objects.filter(pk=claimed.batch, token=claimed.token, status=BatchStatus.WORKING)
    return bool(
        held.update(
            status=BatchStatus.PENDING, token=None, lease_until=None, attempts=max(0, claimed.attempts - 1)
        )
    )


def is_worked_off(run: int) -> bool:
    return not Batch.objects.filter(run=run).exclude(status=BatchStatus.DONE).exists()
