"""The rules of docs/schedules.md once more, by looking at every minute: slow, plain and independent.

Nothing here knows offsets, days since 1970 or changes of clocks. It asks zoneinfo what the clock on the wall
shows at each minute, and compares with what it showed a minute before.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Schedule = dict[str, Any]  # the fields of a Plan by name
MINUTE = timedelta(minutes=1)
STEPS = {
    "every_minute": 1,
    "every_5_minutes": 5,
    "every_10_minutes": 10,
    "every_15_minutes": 15,
    "every_20_minutes": 20,
    "every_25_minutes": 25,
    "every_30_minutes": 30,
    "every_hour": 60,
}


def shown(moment: datetime, zone: ZoneInfo) -> datetime:
    """What the clock on the wall shows, as a naive datetime."""
    return moment.astimezone(zone).replace(tzinfo=None)


def day_is_listed(schedule: Schedule, wall: datetime) -> bool:
    kind = schedule["schedule_type"]
    of_month, of_week = schedule["days_of_month"], schedule["days_of_week"]
    if kind == "monthly":
        return wall.day in of_month
    if kind == "weekly":
        return wall.isoweekday() % 7 in of_week
    if kind == "minutes" and of_month:
        return wall.day in of_month
    if kind == "minutes" and of_week:
        return wall.isoweekday() % 7 in of_week
    return True


def hour_is_listed(schedule: Schedule, wall: datetime) -> bool:
    if not schedule["hours"]:
        return schedule["schedule_type"] == "minutes" or wall.hour == 0
    return wall.hour in schedule["hours"]


def is_listed(schedule: Schedule, wall: datetime) -> bool:
    """Whether the schedule, read as a timetable on the wall, names this time."""
    if not (day_is_listed(schedule, wall) and hour_is_listed(schedule, wall)):
        return False
    if schedule["schedule_type"] != "minutes":
        return wall.minute == 0
    return wall.minute % STEPS[schedule["minutes"]] == 0


def every_minute(start: datetime, end: datetime) -> list[datetime]:
    """Whole UTC minutes in (start, end]."""
    first = start.replace(second=0, microsecond=0)
    count = int((end - first) / MINUTE)
    return [first + MINUTE * step for step in range(1, count + 1)]


def fires(schedule: Schedule, start: datetime, end: datetime) -> list[datetime]:
    """The fires in (start, end] of a schedule given by its API fields, zone under `timezone`."""
    if schedule["schedule_type"] == "minutes" and schedule["minutes"] == "every_25_minutes":
        found = counted(schedule, start, end)
    elif schedule["schedule_type"] == "minutes":
        found = going_on(schedule, start, end)
    else:
        found = timetable(schedule, start, end)
    return [moment for moment in found if start < moment <= end]


def timetable(schedule: Schedule, start: datetime, end: datetime) -> list[datetime]:
    """A listed time runs at the first moment at which the clock has reached it; once."""
    zone = ZoneInfo(schedule["timezone"])
    before = start - timedelta(days=2)
    reached = shown(before, zone)  # the latest time that the clock has shown so far
    found = []
    for moment in every_minute(before, end):
        wall = shown(moment, zone)
        newly_reached = every_wall_minute(reached, wall)
        if any(is_listed(schedule, passed) for passed in newly_reached):
            found.append(moment)
        reached = max(reached, wall)
    return found


def every_wall_minute(after: datetime, until: datetime) -> list[datetime]:
    return [after + MINUTE * step for step in range(1, int((until - after) / MINUTE) + 1)]


def going_on(schedule: Schedule, start: datetime, end: datetime) -> list[datetime]:
    """Whenever the clock shows a listed time, also for the second time; what is skipped runs after the gap."""
    zone = ZoneInfo(schedule["timezone"])
    found = []
    for moment in every_minute(start, end):
        wall = shown(moment, zone)
        expected = shown(moment - MINUTE, zone) + MINUTE
        skipped = every_wall_minute(expected - MINUTE, wall - MINUTE)
        put_back = wall < expected
        if (
            is_listed(schedule, wall)
            or any(is_listed(schedule, passed) for passed in skipped)
            or (
                put_back
                and day_is_listed(schedule, wall)
                and hour_is_listed(schedule, wall)
                and expected.minute % STEPS[schedule["minutes"]] == 0
            )
        ):
            found.append(moment)
    return found


def counted(schedule: Schedule, start: datetime, end: datetime) -> list[datetime]:
    """Every 25 minutes of real time since the day's first listed minute was reached, in the listed hours."""
    zone = ZoneInfo(schedule["timezone"])
    before = start - timedelta(days=3)
    reached = shown(before, zone)
    starts: dict[date, datetime] = {}  # day -> the moment at which its first listed minute was reached
    found = []
    first_hour = min(schedule["hours"] or [0])
    for moment in every_minute(before, end):
        wall = shown(moment, zone)
        begun = False
        for passed in every_wall_minute(reached, wall):
            if (passed.hour, passed.minute) == (first_hour, 0) and day_is_listed(schedule, passed):
                starts[passed.date()] = moment
                begun = True
        reached = max(reached, wall)
        on_step = (
            wall.date() in starts
            and (moment - starts[wall.date()]) % timedelta(minutes=25) == timedelta(0)
            and hour_is_listed(schedule, wall)
        )
        if begun or on_step:
            found.append(moment)
    return found


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
