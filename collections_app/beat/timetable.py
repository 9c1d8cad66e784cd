"""The scheduled collections as beat knows them: which is due next."""

import heapq
import itertools
import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import CharField, QuerySet
from django.db.models.functions import Cast
from django_celery_beat.models import PeriodicTask

from collections_app.services.schedules import BadPlan, Plan, next_fire
from collections_app.services.scheduling import FIRE_TASK

logger = logging.getLogger(__name__)

CHUNK = 500


class Mark(NamedTuple):
    """By what a changed row is known. Compared for being different, not later: clocks differ between machines."""

    changed: str
    enabled: bool


def read_marks(rows: QuerySet[PeriodicTask]) -> dict[int, Mark]:
    """By primary key. The time is read as text: making a datetime of each would take most of the time."""
    values = rows.annotate(changed=Cast("date_changed", CharField())).values_list("pk", "changed", "enabled")
    return {key: Mark(changed, enabled) for key, changed, enabled in values}


@dataclass(slots=True, eq=False)
class Entry:
    """A row of beat that is a collection's. All fires up to `position` are dealt with; it `waits` for the next."""

    pk: int
    name: str
    mark: Mark
    collection: int
    plan: Plan
    position: datetime
    waits: bool = False


class Row(NamedTuple):
    """What is read of a PeriodicTask."""

    pk: int
    name: str
    kwargs: str
    enabled: bool
    date_changed: datetime
    start_time: datetime | None
    last_run_at: datetime | None


class Timetable:
    """Entries by primary key, and a heap of what is due when. A row that cannot be read is set aside."""

    def __init__(self) -> None:
        self.entries: dict[int, Entry] = {}
        self._marks: dict[int, Mark] = {}
        self._heap: list[tuple[datetime, int, Entry]] = []
        self._serial = itertools.count()

    def read(self, now: datetime) -> int:
        """Take in what was changed since the last time: one look at all marks, then only the changed rows.

        Returns how many rows were new, changed or gone.
        """
        rows = PeriodicTask.objects.filter(task=FIRE_TASK).order_by()
        marks = read_marks(rows)
        gone = self._marks.keys() - marks.keys()
        changed = [key for key, mark in marks.items() if self._marks.get(key) != mark]
        for key in gone:
            self._forget(key)
        if len(changed) > len(marks) // 2:
            self._take_in(rows.values_list(*Row._fields).iterator(chunk_size=2000), marks, now)
        else:
            for start in range(0, len(changed), CHUNK):
                chunk = rows.filter(pk__in=changed[start : start + CHUNK])
                self._take_in(chunk.values_list(*Row._fields), marks, now)
        return len(gone) + len(changed)

    def forget_all(self) -> None:
        """Another beat may have fired: nothing known can be trusted."""
        self.entries.clear()
        self._marks.clear()
        self._heap.clear()

    def forget(self, entries: Iterable[Entry]) -> None:
        """Read these anew the next time."""
        for entry in entries:
            self._forget(entry.pk)

    def due(self, now: datetime) -> list[Entry]:
        """Takes out all entries that are due; each is to be put back by `put`."""
        found = []
        while self._heap and self._heap[0][0] <= now:
            _, _, entry = heapq.heappop(self._heap)
            if self.entries.get(entry.pk) is entry:
                entry.waits = False
                found.append(entry)
        return found

    def next_due(self) -> datetime | None:
        return self._heap[0][0] if self._heap else None

    def put(self, entry: Entry, not_before: datetime | None = None) -> None:
        """Wait for the entry's next fire after its position; `not_before`: to try again after an error."""
        due = next_fire(entry.plan, entry.position)
        if due is not None and self.entries.get(entry.pk) is entry:
            when = max(due, not_before) if not_before else due
            heapq.heappush(self._heap, (when, next(self._serial), entry))
            entry.waits = True

    def _forget(self, key: int) -> None:
        self.entries.pop(key, None)
        self._marks.pop(key, None)

    def _take_in(self, rows: Iterable[tuple[object, ...]], marks: dict[int, Mark], now: datetime) -> None:
        for values in rows:
            row = Row(*values)  # type: ignore[arg-type]  # values_list of Row._fields
            before, known = self._marks.get(row.pk), self.entries.get(row.pk)
            self._forget(row.pk)
            if row.pk not in marks:
                continue  # new since the marks were read: seen the next time
            # Should the row have been changed since, its mark differs the next time.
            self._marks[row.pk] = marks[row.pk]
            if not row.enabled:
                continue
            try:
                entry = _entry(row, marks[row.pk])
                if before is not None and not before.enabled:
                    entry.position = max(entry.position, now)  # enabled just now: the past stays past
                elif known is not None and known.plan == entry.plan:
                    entry.position = max(entry.position, known.position)
                self.entries[row.pk] = entry
                self.put(entry)
            except (BadPlan, ValueError, TypeError, KeyError, OverflowError) as error:
                self.entries.pop(row.pk, None)
                logger.error("set aside until it is changed: %s: %s", row.name, error)


def _entry(row: Row, mark: Mark) -> Entry:
    """Raises ValueError, TypeError or KeyError for kwargs that are not as services.scheduling writes them."""
    kwargs = json.loads(row.kwargs)
    if not isinstance(kwargs, dict) or type(kwargs.get("collection")) is not int:
        raise BadPlan(f"kwargs: {row.kwargs[:200]!r} names no collection")
    since = row.start_time or row.date_changed
    return Entry(
        pk=row.pk,
        name=row.name,
        mark=mark,
        collection=kwargs["collection"],
        plan=Plan.from_json(kwargs.get("plan")),
        position=max(since, row.last_run_at) if row.last_run_at else since,
    )
