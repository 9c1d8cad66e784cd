"""Which of several beats may fire: the one that holds the lease, a row in the database."""

import os
import secrets
import socket
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.db.models import Q

from collections_app.models import SchedulerLease

NAME = "beat"
LONG_AGO = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class LeaseLost(Exception):
    """Another beat has taken over, or may at any moment."""


class Lease:
    """One holder at a time, for `seconds` from its last renewal.

    A holder renews when a third of the time has gone. Whoever hands over asks `confirm` in the same transaction:
    a beat that slept past its lease fires nothing on waking.
    """

    def __init__(self, seconds: float, clock: Callable[[], datetime]) -> None:
        self.length = timedelta(seconds=seconds)
        self.clock = clock
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self.until: datetime | None = None
        self.term = 0  # counts up each time the lease comes from somebody else

    def hold(self) -> bool:
        """Whether this beat may fire now; takes or renews the lease where that is due."""
        moment = self.clock()
        if self.until and self.until - self.length <= moment < self.until - self.length * 2 / 3:
            return True
        if self._is_anothers(moment):
            self.until = None
            return False
        return self._take()

    def confirm(self) -> None:
        """Inside the transaction of a hand-over: raises LeaseLost unless the lease is still this beat's.

        The row stays locked until the transaction ends, so nobody takes over in between.
        """
        if connection.vendor == "postgresql":
            # A beat that is frozen in the middle must not keep the others out for good.
            with connection.cursor() as cursor:
                milliseconds = str(max(1000, int(self.length.total_seconds() * 1000)))
                cursor.execute(
                    "SELECT set_config('idle_in_transaction_session_timeout', %s, true)", [milliseconds]
                )
        moment = self.clock()
        mine = SchedulerLease.objects.filter(name=NAME, holder=self.holder, expires_at__gt=moment)
        if not mine.update(expires_at=moment + self.length):
            self.until = None
            raise LeaseLost("the lease was lost before the hand-over")

    def release(self) -> None:
        """Let another beat take over at once."""
        if self.until is not None:
            SchedulerLease.objects.filter(name=NAME, holder=self.holder).update(expires_at=LONG_AGO)
            self.until = None

    def _is_anothers(self, moment: datetime) -> bool:
        """A plain read, for a beat that only waits writes nothing."""
        others = SchedulerLease.objects.exclude(holder=self.holder)
        return others.filter(name=NAME, expires_at__gt=moment).exists()

    def _take(self) -> bool:
        self.until = None
        with transaction.atomic():
            # Not waiting: while another beat hands over, its row is locked, and the lease is surely not free.
            skip = connection.features.has_select_for_update_skip_locked
            rows = SchedulerLease.objects.select_for_update(skip_locked=skip).filter(name=NAME)
            moment = self.clock()
            free = rows.filter(Q(holder=self.holder) | Q(expires_at__lte=moment)).first()
            if free is not None:
                self.term += free.holder != self.holder
                free.holder, free.expires_at = self.holder, moment + self.length
                free.save(update_fields=["holder", "expires_at"])
                self.until = free.expires_at
        if free is None and not SchedulerLease.objects.filter(name=NAME).exists():
            self._create()
        return self.until is not None

    def _create(self) -> None:
        moment = self.clock()
        try:
            with transaction.atomic():
                SchedulerLease.objects.create(name=NAME, holder=self.holder, expires_at=moment + self.length)
        except IntegrityError:
            return  # another beat was first
        self.until = moment + self.length
        self.term += 1
