"""The rows of beat that are no collection's: django-celery-beat's own way, without what breaks it.

What differs from `DatabaseScheduler` 2.9: rows are read only when something was changed (not every five minutes)
and all of them (not only crontabs within two hours of now, which loses or doubles runs); without prefetching
(SQLite refuses over 1,000 crontabs); without comparing all entries at each tick; a row that cannot be read is
set aside; each run is stored at once, with one statement; a broker that is down does not hold up the clock.
"""

import logging
import time
from datetime import timedelta
from typing import Any

from celery import schedules
from django.core.exceptions import ValidationError
from django.db import DatabaseError, InterfaceError
from django.db.models import QuerySet
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry

from collections_app.services.scheduling import FIRE_TASK

logger = logging.getLogger(__name__)

BROKER_PAUSE = 5.0  # seconds between two tries to reach a broker that is down


class OrdinaryEntry(ModelEntry):  # type: ignore[misc]  # published without types
    @classmethod
    def to_model_schedule(cls, schedule: Any) -> tuple[Any, str]:
        """Rows count whole units: half a second, stored as seconds, would become none at all."""
        interval = schedules.maybe_schedule(schedule)
        length: timedelta = getattr(interval, "run_every", timedelta(0))
        if type(interval) is schedules.schedule and length.microseconds:
            every = length // timedelta(microseconds=1)
            row = IntervalSchedule.objects.filter(every=every, period=IntervalSchedule.MICROSECONDS).first()
            row = row or IntervalSchedule.objects.create(every=every, period=IntervalSchedule.MICROSECONDS)
            return row, "interval"
        return super().to_model_schedule(schedule)  # type: ignore[no-any-return]  # published without types


class OrdinaryScheduler(DatabaseScheduler):  # type: ignore[misc]  # published without types
    Entry = OrdinaryEntry

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._schedule: dict[str, ModelEntry] = {}
        self._broker_failed_at: float | None = None
        kwargs["sync_every_tasks"] = 1
        super().__init__(*args, **kwargs)

    def setup_schedule(self) -> None:
        """Nothing yet: the rows are written and read by the beat that holds the lease."""

    @property
    def schedule(self) -> dict[str, ModelEntry]:
        return self._schedule

    def install(self) -> None:
        """Write the rows of `beat_schedule`. Raises what the database raises."""
        for name, fields in self.app.conf.beat_schedule.items():
            try:
                self.Entry.from_entry(name, app=self.app, **fields)
            except (DatabaseError, InterfaceError):
                raise
            except Exception:
                logger.exception("beat_schedule: %s cannot be scheduled: %r", name, fields)

    def read_ordinary(self) -> None:
        self.sync()
        self._schedule = self.all_as_schedule()
        self._heap_invalidated = True

    def all_as_schedule(self) -> dict[str, ModelEntry]:
        found = {}
        for row in self.enabled_models():
            try:
                found[row.name] = self.Entry(row, app=self.app)
            except (DatabaseError, InterfaceError):
                raise
            except Exception as error:
                logger.error("set aside until it is changed: %s: %r", row.name, error)
        return found

    def enabled_models_qs(self) -> QuerySet[PeriodicTask]:
        rows: QuerySet[PeriodicTask] = PeriodicTask.objects.filter(enabled=True).exclude(task=FIRE_TASK)
        return rows.select_related("interval", "crontab", "solar", "clocked").order_by("pk")

    def enabled_models(self) -> list[PeriodicTask]:
        rows = self.enabled_models_qs()
        try:
            return list(rows)
        except (ValidationError, ValueError):  # a time zone that is none, in one of them
            return [row for key in list(rows.values_list("pk", flat=True)) for row in self._one(key)]

    def _one(self, key: int) -> list[PeriodicTask]:
        try:
            return list(self.enabled_models_qs().filter(pk=key))
        except (ValidationError, ValueError) as error:
            logger.error("set aside until it is changed: periodic task %d: %s", key, error)
            return []

    def sync(self) -> None:
        for name in sorted(self._dirty):
            entry = self._schedule.get(name)
            if entry is not None:
                try:
                    PeriodicTask.objects.filter(pk=entry.model.pk).update(
                        last_run_at=entry.model.last_run_at, total_run_count=entry.model.total_run_count
                    )
                except (DatabaseError, InterfaceError) as error:
                    logger.error("the last run of %s could not be stored, trying again: %s", name, error)
                    return
            self._dirty.discard(name)

    def schedules_equal(self, *args: Any, **kwargs: Any) -> bool:
        return True  # tick_ordinary knows when the heap is to be built anew

    def tick_ordinary(self) -> float:
        """Send at most one task that is due; returns the seconds until the next tick is wanted."""
        if self._heap is None or self._heap_invalidated:
            self._heap_invalidated = False
            self.populate_heap()
        if not self._heap:
            return float(self.max_interval)
        if self._heap[0].time <= time.time() and not self._broker_answers():
            return float(self.max_interval)
        return float(DatabaseScheduler.tick(self))

    def apply_entry(self, entry: ModelEntry, producer: Any = None) -> None:
        logger.debug("sending %s (%s)", entry.name, entry.task)
        try:
            self.apply_async(entry, producer=producer, advance=False)
        except Exception as error:
            logger.error("%s could not be sent: %s", entry.name, error)
            self._drop_connection()

    def _broker_answers(self) -> bool:
        """Makes the connection where there is none; a broker that is down is asked every few seconds."""
        if "producer" in self.__dict__:
            return True
        if self._broker_failed_at and time.monotonic() - self._broker_failed_at < BROKER_PAUSE:
            return False
        try:
            _ = self.producer
        except Exception as error:
            logger.error("the broker does not answer, schedules go on: %s", error)
            self._drop_connection()
            self._broker_failed_at = time.monotonic()
            return False
        self._broker_failed_at = None
        return True

    def _ensure_connected(self) -> Any:
        return self.connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0.1)

    def _drop_connection(self) -> None:
        self.__dict__.pop("producer", None)
        connection = self.__dict__.pop("connection", None)
        if connection is not None:
            try:
                connection.release()
            except Exception as error:
                logger.debug("closing the connection to the broker: %s", error)
