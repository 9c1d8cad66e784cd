"""`fires_after` against the reference that looks at every minute, over random plans, zones and years."""

import os
import zoneinfo
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collections_app.services.schedules import Plan, fires_after, fires_between, newest_between
from tests.collections_app.schedules import reference

EXAMPLES = int(os.environ.get("SCHEDULE_EXAMPLES", "200"))
ODD_ZONES = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Asuncion",
    "America/Havana",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Antarctica/Casey",
    "Antarctica/Troll",
    "Asia/Gaza",
    "Asia/Kathmandu",
    "Atlantic/Azores",
    "Australia/Eucla",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Pacific/Apia",
    "Pacific/Chatham",
]
ZONES = sorted(zoneinfo.available_timezones())


@cache
def changes_of(name: str, year: int) -> list[datetime]:
    """Full hours of the year in which the zone's offset changes, found by asking hour by hour."""
    zone = ZoneInfo(name)
    start = datetime(year, 1, 1, tzinfo=UTC)
    hours = [start + timedelta(hours=hour) for hour in range(366 * 24)]
    offsets = [hour.astimezone(zone).utcoffset() for hour in hours]
    return [
        hour for hour, before, after in zip(hours[1:], offsets, offsets[1:], strict=False) if before != after
    ]


def numbers(least: int, most: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(least, most), min_size=1, max_size=6, unique=True).map(sorted)


@st.composite
def windows(draw: st.DrawFn) -> tuple[str, datetime, datetime]:
    """A zone and two days and a half of it, more often than not around a change of its clocks."""
    name = draw(st.one_of(st.sampled_from(ODD_ZONES), st.sampled_from(ZONES)))
    year = draw(st.integers(1975, 2045))
    changes = changes_of(name, year)
    middle: datetime
    near_one = draw(st.integers(0, 4)) > 0
    if changes and near_one:
        middle = draw(st.sampled_from(changes))
    else:
        middle = datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=draw(st.integers(0, 365 * 24)))
    start = middle - timedelta(
        minutes=draw(st.integers(0, 40 * 60)), seconds=draw(st.sampled_from([0, 0, 1, 59]))
    )
    return name, start, start + timedelta(hours=60)


@st.composite
def schedules(draw: st.DrawFn) -> tuple[reference.Schedule, datetime, datetime]:
    name, start, end = draw(windows())
    kind = draw(st.sampled_from(["monthly", "weekly", "daily", "minutes", "minutes"]))
    near = [(start + timedelta(days=day)).astimezone(ZoneInfo(name)) for day in (0, 1, 2)]
    of_month = st.one_of(numbers(1, 31), st.just([day.day for day in near]), st.just([near[1].day]))
    of_week = st.one_of(numbers(0, 6), st.just([near[1].isoweekday() % 7]))
    schedule = {
        "schedule_type": kind,
        "timezone": name,
        "days_of_month": [],
        "days_of_week": [],
        "hours": draw(st.one_of(st.just([]), numbers(0, 23), numbers(0, 4))),
        "minutes": "",
    }
    if kind == "monthly":
        schedule["days_of_month"] = draw(of_month)
    if kind == "weekly":
        schedule["days_of_week"] = draw(of_week)
    if kind == "minutes":
        schedule["minutes"] = draw(st.sampled_from([*reference.STEPS, "every_25_minutes", "every_hour"]))
        which = draw(st.sampled_from(["", "days_of_week", "days_of_month"]))
        if which:
            schedule[which] = draw(of_week if which == "days_of_week" else of_month)
    return schedule, start, end


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(schedules())
def test_the_fires_are_those_that_looking_at_every_minute_finds(
    drawn: tuple[reference.Schedule, datetime, datetime],
) -> None:
    schedule, start, end = drawn
    plan = Plan(**schedule)
    expected = reference.fires(schedule, start, end)
    assert list(fires_between(plan, start, end)) == expected
    assert newest_between(plan, start, end, 3) == expected[-3:]


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(schedules(), st.integers(0, 3600 * 60))
def test_starting_later_finds_the_same_fires(
    drawn: tuple[reference.Schedule, datetime, datetime], seconds: int
) -> None:
    schedule, start, end = drawn
    plan = Plan(**schedule)
    later = start + timedelta(seconds=seconds)
    whole = list(takewhile(lambda moment: moment <= end, fires_after(plan, start)))
    assert list(fires_between(plan, later, end)) == [moment for moment in whole if moment > later]
    assert whole == sorted(set(whole))


@pytest.mark.parametrize("name", ODD_ZONES)
def test_a_minutes_schedule_never_pauses_longer_than_its_step(name: str) -> None:
    """In every year from 1990 on, across every change of the clocks."""
    zone = ZoneInfo(name)
    for change in (change for year in range(1990, 2040) for change in changes_of(name, year)):
        start, end = change - timedelta(hours=6), change + timedelta(hours=6)
        days = [(change - timedelta(minutes=minute)).astimezone(zone).date() for minute in range(60, -1, -1)]
        yesterday_again = days != sorted(days)
        for minutes, step in reference.STEPS.items():
            if yesterday_again and minutes == "every_25_minutes":
                continue  # two days that count their 25 minutes each from its own start take turns
            moments = list(fires_between(Plan("minutes", name, minutes=minutes), start, end))
            gaps = {later - earlier for earlier, later in pairwise(moments)}
            assert max(gaps) <= timedelta(minutes=step), (change, minutes)
