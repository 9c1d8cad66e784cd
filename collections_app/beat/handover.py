"""From a due moment to rows: runs and fires are written together, under the lease, before anybody is woken."""

import logging
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django_celery_beat.models import PeriodicTask

from collections_app.beat.lease import Lease
from collections_app.beat.timetable import Entry, Mark, read_marks
from collections_app.models.schedules import FireOutcome
from collections_app.services.launching import launch_due
from collections_app.services.schedules import newest_between
from collections_app.services.scheduling import record_missed

logger = logging.getLogger(__name__)

IN_TIME = timedelta(seconds=60)  # handed over that late, a fire is still an ordinary one
MISSED_KEPT = 100  # of a collection's missed fires so many, the newest, are written down
CHUNK = 500


@dataclass(slots=True)
class Due:
    """What becomes of an entry's fires: at most one, the newest, is run; the others were missed."""

    entry: Entry
    newest: datetime
    outcome: str
    missed: list[datetime] = field(default_factory=list)


@dataclass(slots=True)
class HandedOver:
    counts: Counter[str]
    changed: list[Entry]  # edited, disabled or removed since they were read: nothing was done with them


def sort_out(entry: Entry, now: datetime) -> Due:
    """The entry has a fire at or before `now`."""
    *older, newest = newest_between(entry.plan, entry.position, now, MISSED_KEPT + 1)
    late = now - newest
    if late <= IN_TIME:
        return Due(entry, newest, FireOutcome.RAN, older)
    if settings.CATCH_UP == "latest" and late <= timedelta(seconds=settings.CATCH_UP_GRACE):
        return Due(entry, newest, FireOutcome.CAUGHT_UP, older)
    return Due(entry, newest, FireOutcome.MISSED, [*older, newest][-MISSED_KEPT:])


def hand_over(lease: Lease, dues: Sequence[Due]) -> HandedOver:
    """One transaction: the lease is confirmed, runs and fires are inserted, the rows of beat moved on.

    Raises LeaseLost, or what the database raises; then nothing has happened. Done twice it does nothing.
    """
    with transaction.atomic():
        lease.confirm()
        standing = _standing([due.entry for due in dues])
        live = [due for due in dues if standing.get(due.entry.pk) == due.entry.mark]
        counts: Counter[str] = Counter()
        for outcome in (FireOutcome.RAN, FireOutcome.CAUGHT_UP):
            pairs = [(due.entry.collection, due.newest) for due in live if due.outcome == outcome]
            if pairs:
                counts += launch_due(pairs, outcome)
        missed = [(due.entry.collection, moment) for due in live for moment in due.missed]
        if missed:
            record_missed(missed, "no scheduler was running at the time")
            counts[FireOutcome.MISSED.value] += len(missed)
        _move_on(live)
    return HandedOver(counts, [due.entry for due in dues if standing.get(due.entry.pk) != due.entry.mark])


def _standing(entries: Sequence[Entry]) -> dict[int, Mark]:
    """The marks as they are now: an edit of a moment ago is not answered by the old schedule."""
    found: dict[int, Mark] = {}
    for start in range(0, len(entries), CHUNK):
        keys = [entry.pk for entry in entries[start : start + CHUNK]]
        found |= read_marks(PeriodicTask.objects.filter(pk__in=keys))
    return found


def _move_on(dues: Sequence[Due]) -> None:
    """`last_run_at` of a collection's row is the newest fire that was dealt with, not the time of doing so."""
    together: dict[tuple[datetime, bool], list[int]] = defaultdict(list)
    for due in dues:
        together[due.newest, due.outcome != FireOutcome.MISSED].append(due.entry.pk)
    for (moment, ran), keys in together.items():
        for start in range(0, len(keys), CHUNK):
            PeriodicTask.objects.filter(pk__in=keys[start : start + CHUNK]).update(
                last_run_at=moment, total_run_count=F("total_run_count") + int(ran)
            )
