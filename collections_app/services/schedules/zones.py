"""When the clocks of a time zone are put forward or back. Moments are seconds since 1970 UTC.

A *wall* time is what a clock on the wall shows, as seconds since 1970-01-01 00:00 of that clock: moment + offset.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = 86_400
# A zone is asked every two days and its changes found by halving in between. The tz database has no two changes
# of a zone less than six days apart since 1970.
STRIDE = 2 * DAY
BLOCK = 25  # changes are kept in blocks of 2**25 seconds, a little over a year


class Change(NamedTuple):
    """From `moment` on the zone is `after` seconds ahead of UTC; until then it was `before`."""

    moment: int
    before: int
    after: int


def offset_at(zone: ZoneInfo, moment: int) -> int:
    """Seconds that the zone is ahead of UTC."""
    offset = (EPOCH + timedelta(seconds=moment)).astimezone(zone).utcoffset()
    assert offset is not None  # noqa: S101 - an aware datetime has one
    return offset.days * DAY + offset.seconds


@lru_cache(maxsize=8192)
def _changes(zone: ZoneInfo, block: int) -> tuple[Change, ...]:
    """The changes in (start, end] of a block, in order."""
    found = []
    start, end = block << BLOCK, (block + 1) << BLOCK
    before = offset_at(zone, start)
    for low in range(start, end, STRIDE):
        high = min(low + STRIDE, end)
        after = offset_at(zone, high)
        if after != before:
            found.append(Change(_halve(zone, low, high, before), before, after))
        before = after
    return tuple(found)


def _halve(zone: ZoneInfo, low: int, high: int, before: int) -> int:
    while high - low > 1:
        middle = (low + high) // 2
        if offset_at(zone, middle) == before:
            low = middle
        else:
            high = middle
    return high


def first_change(zone: ZoneInfo, after: int, until: int) -> Change | None:
    """The first change in (after, until]."""
    for block in range(after >> BLOCK, (until >> BLOCK) + 1):
        for change in _changes(zone, block):
            if after < change.moment <= until:
                return change
    return None


def first_moment(zone: ZoneInfo, wall: int) -> int:
    """The first moment at which the zone's clocks show `wall` or later.

    For a time that is skipped it is the moment of the change, for one that comes twice the first of the two.
    """
    moment = (
        wall - offset_at(zone, wall) - 2 * DAY
    )  # surely before: no zone is ever put forward by over a day
    offset = offset_at(zone, moment)
    while change := first_change(zone, moment, wall - offset):
        moment, offset = change.moment, change.after
        if moment + offset >= wall:
            return moment
    return wall - offset
