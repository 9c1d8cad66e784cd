"""The fires of a plan, by walking from one to the next: no minute-by-minute search (rules: docs/schedules.md)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import takewhile
from zoneinfo import ZoneInfo

from collections_app.services.schedules.plans import Plan
from collections_app.services.schedules.zones import (
    DAY,
    EPOCH,
    Change,
    first_change,
    first_moment,
    offset_at,
)

HOUR = 3_600
SECOND = timedelta(seconds=1)
UNIX_DAY_ZERO = EPOCH.toordinal()
# No plan waits longer than from one 31st to the next, or one 29 February: looked for this many days, then given up.
LONGEST_WAIT = 800
LAST = int((datetime(9990, 1, 1, tzinfo=UTC) - EPOCH) / SECOND)  # datetime ends soon after


@lru_cache(maxsize=4096)
def _hour_from(hours: tuple[int, ...]) -> tuple[int, ...]:
    """For each hour of the day the first listed one from it on, -1 where none is left."""
    listed = hours or tuple(range(24))
    return tuple(next((hour for hour in listed if hour >= least), -1) for least in range(24))


class _Rule:
    """Wall times: those aligned to `step` seconds of an hour, in the listed hours of the listed days."""

    def __init__(self, plan: Plan, step: int) -> None:
        self.step = step
        self.once = plan.schedule_type != "minutes"
        self.month_days = frozenset(plan.days_of_month)
        self.week_days = frozenset(plan.days_of_week)
        self.hour_from = _hour_from(plan.hours)
        self.first_hour = self.hour_from[0]

    def has_day(self, day: int) -> bool:
        """`day` counts from 1970-01-01, a Thursday."""
        if self.week_days:
            return (day + 4) % 7 in self.week_days
        return not self.month_days or date.fromordinal(day + UNIX_DAY_ZERO).day in self.month_days

    def allows(self, wall: int) -> bool:
        day, second = divmod(wall, DAY)
        hour = second // HOUR
        return self.hour_from[hour] == hour and self.has_day(day)

    def at_or_after(self, wall: int, offset: int) -> int | None:
        """The first wall time of the rule from `wall` on, were the zone to stay at `offset`."""
        day, second = divmod(wall, DAY)
        for _ in range(LONGEST_WAIT):
            if self.has_day(day):
                found = self.in_day(day, second, offset)
                if found is not None:
                    return day * DAY + found
            day, second = day + 1, 0
        return None

    def in_day(self, day: int, second: int, offset: int) -> int | None:
        aligned = -(-second // self.step) * self.step
        if aligned >= DAY:
            return None
        hour = aligned // HOUR
        allowed = self.hour_from[hour]
        if allowed < 0:
            return None
        return aligned if allowed == hour else allowed * HOUR

    def fires_at(self, change: Change) -> bool:
        """Whether the moment at which the clocks are changed is a fire."""
        shown, expected = change.moment + change.after, change.moment + change.before
        if shown > expected and self.is_skipped(expected, shown):
            return True
        if shown < expected and self.once:
            return False  # the clocks show again what they showed before
        if shown < expected and self.goes_on(expected) and self.allows(shown):
            return True
        return self.at_or_after(shown, change.after) == shown

    def is_skipped(self, start: int, end: int) -> bool:
        """Whether one of the rule's times is in the gap: wall times [start, end)."""
        found = self.at_or_after(start, 0)
        return found is not None and found < end

    def goes_on(self, wall: int) -> bool:
        """Clocks put back by less than an hour would stretch a step: it ends where it was to end."""
        return wall % self.step == 0


class _Counted(_Rule):
    """A step that does not divide the hour: counted in real time from the first listed minute of each day."""

    def __init__(self, plan: Plan, step: int) -> None:
        super().__init__(plan, step)
        self.zone = plan.zone
        self.start_of: tuple[int, int] = (-1, 0)  # the last day asked for and its start

    def start(self, day: int) -> int:
        if self.start_of[0] != day:
            self.start_of = (day, first_moment(self.zone, day * DAY + self.first_hour * HOUR))
        return self.start_of[1]

    def in_day(self, day: int, second: int, offset: int) -> int | None:
        start = self.start(day) + offset - day * DAY
        while second < DAY:
            steps = max(0, -(-(second - start) // self.step))
            found = start + steps * self.step
            if found >= DAY:
                return None
            hour = found // HOUR
            allowed = self.hour_from[hour]
            if allowed < 0:
                return None
            if allowed == hour:
                return found
            second = allowed * HOUR
        return None

    def is_skipped(self, start: int, end: int) -> bool:
        firsts = (
            day * DAY + self.first_hour * HOUR
            for day in range(start // DAY, end // DAY + 1)
            if self.has_day(day)
        )
        return any(start <= first < end for first in firsts)

    def goes_on(self, wall: int) -> bool:
        return False  # counted in real time anyway


def _rule(plan: Plan) -> _Rule:
    if plan.schedule_type != "minutes":
        return _Rule(plan, HOUR)
    step = plan.step * 60
    return _Rule(plan, step) if HOUR % step == 0 else _Counted(plan, step)


def _repeats_until(zone: ZoneInfo, moment: int) -> int:
    """The wall time up to which the clocks show a second time what they showed before (or a time long past)."""
    change = first_change(zone, moment - DAY - HOUR, moment)
    return change.moment + change.before if change and change.after < change.before else -(10**18)


def _moments(plan: Plan, after: int) -> Iterator[int]:
    zone, rule = plan.zone, _rule(plan)
    position, offset = after, offset_at(zone, after)
    repeats_until = _repeats_until(zone, after)
    horizon = position + LONGEST_WAIT * DAY
    while position < LAST:
        wall = rule.at_or_after(position + 1 + offset, offset)
        # Nothing at this offset may still be something at the next: days are counted from where the clocks put them.
        change = first_change(zone, position, horizon if wall is None else wall - offset)
        if wall is None and change is None:
            return
        if change:
            position, offset = change.moment, change.after
            if change.after < change.before:
                repeats_until = change.moment + change.before
            if not rule.fires_at(change):
                continue
        elif wall is not None:
            position = wall - offset
            if rule.once and wall < repeats_until:
                continue
        horizon = position + LONGEST_WAIT * DAY
        yield position


def _seconds(moment: datetime) -> int:
    return (moment - EPOCH) // SECOND


def fires_after(plan: Plan, after: datetime) -> Iterator[datetime]:
    """The moments (UTC) at which the plan fires, strictly later than the aware `after`, in order, without end.

    A plan that never fires gives none.
    """
    if not plan.fires:
        return
    for moment in _moments(plan, _seconds(after)):
        yield EPOCH + timedelta(seconds=moment)


def next_fire(plan: Plan, after: datetime) -> datetime | None:
    return next(fires_after(plan, after), None)


def fires_between(plan: Plan, after: datetime, until: datetime) -> Iterator[datetime]:
    """Those in (after, until]."""
    return takewhile(lambda moment: moment <= until, fires_after(plan, after))


def newest_between(plan: Plan, after: datetime, until: datetime, most: int) -> list[datetime]:
    """The last `most` of those in (after, until], in order; found from the end, however long ago `after` is."""
    reach = timedelta(hours=1)
    while True:
        start = max(after, until - reach) if until - EPOCH > reach else after
        found = list(fires_between(plan, start, until))
        if len(found) >= most or start <= after:
            return found[-most:]
        reach *= 4
