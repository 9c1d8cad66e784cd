"""The scheduler that `celery beat` runs: collections by their plans, everything else as django-celery-beat does."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, close_old_connections, connection
from django.utils import timezone
from django_celery_beat.models import PeriodicTasks

from collections_app.beat.handover import Due, hand_over, sort_out
from collections_app.beat.lease import Lease, LeaseLost
from collections_app.beat.ordinary import OrdinaryScheduler
from collections_app.beat.timetable import Timetable
from collections_app.services.scheduling import resync_all

logger = logging.getLogger(__name__)

TOGETHER = 1000  # collections handed over in one transaction
TRY_AGAIN = timedelta(seconds=30)  # what could not be handed over though the database is well


def drop_dead_connections() -> None:
    """What Django does between two requests: beat lives for months, and databases are restarted."""
    if not connection.in_atomic_block:
        close_old_connections()


class RoundsmanScheduler(OrdinaryScheduler):
    """A clock with a lease. One tick: hold the lease, look for edits, hand over what is due, tick the others.

    `clock` is where the time of collections comes from. Every `look_every` seconds one timestamp is read that says
    whether any row was changed; only then is a table read. Every `mend_every` seconds, as a safety net against
    edits that nobody announced, beat's rows are held against the collections.
    """

    look_every = 1.0
    mend_every = 3600.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.lease = Lease(settings.BEAT_LEASE, lambda: self.clock())
        self.timetable = Timetable()
        self._term: int | None = None  # that of the lease in which everything was read
        self._looked_at: datetime | None = None
        self._mended_at: datetime | None = None
        self._stamp: datetime | None = None
        super().__init__(*args, **kwargs)

    def clock(self) -> datetime:
        return timezone.now()

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Returns the seconds until the next tick is wanted. Never raises for the database's or broker's sake."""
        try:
            return self._tick()
        except LeaseLost as error:
            logger.warning("%s", error)
            self._term = None
        except (DatabaseError, InterfaceError) as error:
            logger.error("the database gave an error, going on: %s", error)
            self._looked_at = None
            drop_dead_connections()
        return self.look_every

    def close(self) -> None:
        """At the end: write what is to be written, let another beat take over at once."""
        if connection.in_atomic_block:
            return  # the signal to stop came in the middle of a hand-over; called again when that is undone
        try:
            super().close()
        finally:
            self._term = None
            try:
                self.lease.release()
            except (DatabaseError, InterfaceError) as error:
                logger.warning("the lease could not be given back, it runs out by itself: %s", error)

    def _tick(self) -> float:
        if not self.lease.hold():
            if self._term is not None:
                logger.warning("another beat has taken over")
            self._term = None
            drop_dead_connections()
            return self.look_every
        if self._term != self.lease.term:
            self._take_over()
        self._look()
        self._hand_over()
        self._mend()
        # Awake often enough to renew even the shortest lease.
        wait = min(self.look_every, self.lease.length.total_seconds() / 4, self.tick_ordinary())
        due = self.timetable.next_due()
        if due is not None:
            wait = min(wait, (due - self.clock()).total_seconds())
        return max(0.0, wait)

    def _take_over(self) -> None:
        """Another beat may have fired: nothing that is known can be trusted."""
        logger.info("this beat holds the lease (%s)", self.lease.holder)
        self.timetable.forget_all()
        self.install()
        self._looked_at = self._mended_at = self._stamp = None
        self._term = self.lease.term

    def _look(self) -> None:
        """Take in edits."""
        now = self.clock()
        if not self._is_over(self._looked_at, now, self.look_every):
            return
        drop_dead_connections()
        stamp = PeriodicTasks.last_change()  # read before the rows: a later change is seen the next time
        if self._looked_at is None or stamp != self._stamp:
            changed = self.timetable.read(now)
            self.read_ordinary()
            logger.info("schedules read: %d changed, %d wait", changed, len(self.timetable.entries))
        self._looked_at, self._stamp = now, stamp

    def _mend(self) -> None:
        now = self.clock()
        if self._is_over(self._mended_at, now, self.mend_every):
            done = resync_all()
            if done:
                logger.warning("rows of beat that did not follow their collections: %s", dict(done))
            self._mended_at = now

    @staticmethod
    def _is_over(since: datetime | None, now: datetime, seconds: float) -> bool:
        """Also when the computer's clock was put back."""
        return since is None or not timedelta(0) <= now - since < timedelta(seconds=seconds)

    def _hand_over(self) -> None:
        now = self.clock()
        entries = self.timetable.due(now)
        if not entries:
            return
        dues = [sort_out(entry, now) for entry in entries]
        try:
            for start in range(0, len(dues), TOGETHER):
                self._hand_over_together(dues[start : start + TOGETHER])
        except BaseException:
            for due in dues:
                if not due.entry.waits:
                    self.timetable.put(due.entry, not_before=now + timedelta(seconds=self.look_every))
            raise

    def _hand_over_together(self, dues: Sequence[Due]) -> None:
        """If it fails for a reason of the data, the halves are tried: one bad row never stops the others."""
        try:
            done = hand_over(self.lease, dues)
        except (LeaseLost, InterfaceError, OperationalError):
            raise
        except Exception:
            if len(dues) == 1:
                logger.exception("%s cannot be handed over, trying again later", dues[0].entry.name)
                self.timetable.put(dues[0].entry, not_before=self.clock() + TRY_AGAIN)
                return
            middle = len(dues) // 2
            self._hand_over_together(dues[:middle])
            self._hand_over_together(dues[middle:])
            return
        self.timetable.forget(done.changed)
        for due in dues:
            due.entry.position = due.newest
            self.timetable.put(due.entry)
        if done.changed:
            self._looked_at = None
        logger.info("handed over %d: %s", len(dues), dict(done.counts))
