"""Named cases of the rules in docs/schedules.md."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest

from collections_app.models.collections import ScheduleType
from collections_app.services.schedules import (
    BadPlan,
    Plan,
    fires_after,
    fires_between,
    newest_between,
    next_fire,
)
from collections_app.services.schedules.plans import HEEDS


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def shown(plan: Plan, after: str, until: str) -> list[str]:
    """The fires in (after, until], each as its UTC day and time."""
    return [f"{fire:%d %H:%M}" for fire in fires_between(plan, utc(after), utc(until))]


def test_a_time_in_the_spring_gap_runs_right_after_the_gap() -> None:
    plan = Plan("daily", "Europe/Berlin", hours=(2,))
    assert shown(plan, "2026-03-28 00:00", "2026-03-30 12:00") == ["28 01:00", "29 01:00", "30 00:00"]


def test_a_time_in_the_gap_and_the_moment_after_it_are_one_fire() -> None:
    plan = Plan("daily", "Europe/Berlin", hours=(2, 3))
    assert shown(plan, "2026-03-28 12:00", "2026-03-29 12:00") == ["29 01:00"]


def test_a_time_that_comes_twice_runs_once_the_first_time() -> None:
    plan = Plan("weekly", "Europe/Berlin", days_of_week=(0,), hours=(2,))
    assert shown(plan, "2026-10-24 00:00", "2026-10-26 00:00") == ["25 00:00"]


def test_started_within_the_repeated_hour_what_ran_does_not_run_again() -> None:
    plan = Plan("daily", "Europe/Berlin", hours=(2, 3))
    assert shown(plan, "2026-10-25 00:30", "2026-10-25 12:00") == ["25 02:00"]


def test_a_minutes_schedule_runs_through_the_repeated_hour() -> None:
    plan = Plan("minutes", "Europe/Berlin", minutes="every_30_minutes", hours=(2,))
    assert shown(plan, "2026-10-24 12:00", "2026-10-25 12:00") == [
        "25 00:00",
        "25 00:30",
        "25 01:00",
        "25 01:30",
    ]


def test_a_minutes_schedule_whose_only_hour_is_skipped_runs_once_after_the_gap() -> None:
    plan = Plan("minutes", "Europe/Berlin", minutes="every_15_minutes", hours=(2,))
    assert shown(plan, "2026-03-28 12:00", "2026-03-29 12:00") == ["29 01:00"]


def test_every_25_minutes_counts_from_the_first_listed_minute_of_the_day() -> None:
    plan = Plan("minutes", "UTC", minutes="every_25_minutes", hours=(9, 10, 17))
    assert shown(plan, "2026-06-01 00:00", "2026-06-02 00:00") == [
        *("01 09:00", "01 09:25", "01 09:50", "01 10:15", "01 10:40", "01 17:20", "01 17:45"),
    ]
    whole_day = list(
        fires_between(
            Plan("minutes", "UTC", minutes="every_25_minutes"),
            utc("2026-06-01 00:00"),
            utc("2026-06-02 00:00"),
        )
    )
    assert whole_day[-2:] == [utc("2026-06-01 23:45"), utc("2026-06-02 00:00")]


def test_every_25_minutes_counts_real_minutes_across_the_gap() -> None:
    plan = Plan("minutes", "Europe/Berlin", minutes="every_25_minutes", hours=(1, 2, 3))
    assert shown(plan, "2026-03-28 12:00", "2026-03-29 12:00") == [
        "29 00:00",
        "29 00:25",
        "29 00:50",
        "29 01:15",
        "29 01:40",
    ]


def test_every_25_minutes_whose_only_hour_is_skipped_runs_once_after_the_gap() -> None:
    plan = Plan("minutes", "Europe/Berlin", minutes="every_25_minutes", hours=(2,))
    assert shown(plan, "2026-03-28 12:00", "2026-03-29 12:00") == ["29 01:00"]


@pytest.mark.parametrize(
    "after", ["2026-10-24 12:00", "2026-10-24 23:30", "2026-10-25 01:00", "2026-10-25 01:30"]
)
def test_troll_puts_its_clocks_back_by_two_hours_and_nothing_runs_twice(after: str) -> None:
    """At 01:00 UTC from 03:00 to 01:00: 02:00 comes a second time in the middle of what is repeated."""
    plan = Plan("daily", "Antarctica/Troll", hours=(1, 2, 3))
    fires = ["24 23:00", "25 00:00", "25 03:00"]
    assert shown(plan, after, "2026-10-25 12:00") == [fire for fire in fires if fire > after[8:]]


def test_lord_howe_shifts_by_half_an_hour() -> None:
    hourly = Plan("minutes", "Australia/Lord_Howe", minutes="every_hour")
    # 4 April 2026, 15:00 UTC: from 02:00 back to 01:30. The hour that began at 01:00 ends after sixty minutes.
    assert shown(hourly, "2026-04-04 13:30", "2026-04-04 16:45") == [
        "04 14:00",
        "04 15:00",
        "04 15:30",
        "04 16:30",
    ]
    # 3 October 2026, 15:30 UTC: from 02:00 on to 02:30.
    assert shown(hourly, "2026-10-03 14:00", "2026-10-03 17:00") == [
        "03 14:30",
        "03 15:30",
        "03 16:00",
        "03 17:00",
    ]
    at_two = Plan("daily", "Australia/Lord_Howe", hours=(2,))
    assert shown(at_two, "2026-10-03 00:00", "2026-10-04 00:00") == ["03 15:30"]


def test_apia_has_no_30_december_2011() -> None:
    at_nine = Plan("daily", "Pacific/Apia", hours=(9, 17))
    # 10:00 UTC: the clocks go from the 29th, 24:00 to the 31st, 00:00.
    assert shown(at_nine, "2011-12-29 12:00", "2011-12-31 04:00") == [
        "29 19:00",
        "30 03:00",
        "30 10:00",
        "30 19:00",
        "31 03:00",
    ]


@pytest.mark.parametrize(
    ("zone", "day", "expected"),
    [
        ("America/Asuncion", "2023-10-01 00:00", "01 04:00"),
        ("Africa/Cairo", "2026-04-23 12:00", "23 22:00"),
        ("America/Havana", "2026-03-08 00:00", "08 05:00"),
    ],
)
def test_a_midnight_that_is_skipped_runs_at_one(zone: str, day: str, expected: str) -> None:
    midnight = Plan("daily", zone, hours=(0,))
    after = utc(day)
    assert f"{next_fire(midnight, after):%d %H:%M}" == expected


def test_kathmandu_is_a_quarter_off() -> None:
    plan = Plan("minutes", "Asia/Kathmandu", minutes="every_hour", hours=(0,))
    assert shown(plan, "2026-06-01 12:00", "2026-06-02 00:00") == ["01 18:15"]


def test_casablanca_puts_its_clocks_back_for_ramadan() -> None:
    plan = Plan("daily", "Africa/Casablanca", hours=(2,))
    # 15 February 2026: from 03:00 back to 02:00; 22 March: from 02:00 on to 03:00.
    assert shown(plan, "2026-02-14 12:00", "2026-02-16 12:00") == ["15 01:00", "16 02:00"]
    assert shown(plan, "2026-03-21 12:00", "2026-03-23 12:00") == ["22 02:00", "23 01:00"]


def test_a_31st_waits_for_a_month_that_has_one() -> None:
    plan = Plan("monthly", "UTC", days_of_month=(31,), hours=(6,))
    found = islice(fires_after(plan, utc("2026-01-31 06:00")), 3)
    assert list(found) == [utc("2026-03-31 06:00"), utc("2026-05-31 06:00"), utc("2026-07-31 06:00")]


@pytest.mark.parametrize(
    "plan",
    [Plan("manual"), Plan("weekly", hours=(1,)), Plan("monthly", hours=(1,)), Plan("minutes", hours=(1,))],
)
def test_a_schedule_without_days_or_frequency_never_fires(plan: Plan) -> None:
    assert list(fires_after(plan, utc("2026-01-01 00:00"))) == []


def test_no_hours_means_midnight_and_to_a_minutes_schedule_every_hour() -> None:
    assert shown(Plan("daily", "Asia/Tokyo"), "2026-01-01 00:00", "2026-01-02 00:00") == ["01 15:00"]
    assert len(shown(Plan("minutes", minutes="every_hour"), "2026-01-01 00:00", "2026-01-02 00:00")) == 24


def test_the_end_of_the_calendar_ends_the_fires() -> None:
    assert list(fires_after(Plan("daily", hours=(1,)), utc("9989-12-30 02:00")))[-1] <= utc(
        "9990-01-02 00:00"
    )


def test_fires_are_later_than_asked_for_even_by_a_microsecond() -> None:
    plan = Plan("minutes", minutes="every_minute")
    noon = utc("2026-01-01 12:00")
    assert next_fire(plan, noon) == noon + timedelta(minutes=1)
    assert next_fire(plan, noon - timedelta(microseconds=1)) == noon
    assert next_fire(plan, noon + timedelta(microseconds=1)) == noon + timedelta(minutes=1)


def test_the_newest_of_many_years_are_found_without_walking_them() -> None:
    plan = Plan("minutes", "Europe/Berlin", minutes="every_minute")
    until = utc("2026-06-01 00:00")
    assert newest_between(plan, utc("1990-01-01 00:00"), until, 2) == [until - timedelta(minutes=1), until]
    yearly = Plan("monthly", "Europe/Berlin", days_of_month=(1,), hours=(0,))
    assert len(newest_between(yearly, utc("2025-12-15 00:00"), until, 100)) == 6


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"schedule_type": "yearly"}, "schedule_type: 'yearly' is not one of monthly"),
        ({"hours": (24,)}, "schedule_hours: 24 is not a whole number from 0 to 23"),
        ({"hours": (True,)}, "schedule_hours: True"),
        ({"hours": "9"}, "schedule_hours: '9' is not a list"),
        ({"schedule_type": "weekly", "days_of_week": (7,)}, "schedule_days_of_week: 7"),
        ({"schedule_type": "monthly", "days_of_month": (0,)}, "schedule_days_of_month: 0"),
        ({"schedule_type": "minutes", "minutes": "every_3_minutes"}, "schedule_minutes: 'every_3_minutes'"),
        ({"schedule_type": "minutes", "days_of_month": (1,), "days_of_week": (1,)}, "one of them, not both"),
        ({"timezone": "Mars/Phobos"}, "timezone: 'Mars/Phobos' is not a time zone"),
        ({"timezone": "../../etc/passwd"}, "timezone: '../../etc/passwd' is not a time zone"),
        ({"timezone": ""}, "timezone: '' is not a time zone"),
        ({"timezone": None}, "timezone: None is not a time zone"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_with_field_and_value(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(BadPlan, match=message.replace("(", r"\(")):
        Plan(**{"schedule_type": "daily", **fields})


def test_a_plan_survives_json_and_forgets_what_its_kind_does_not_heed() -> None:
    plan = Plan("weekly", "Asia/Tokyo", days_of_month=(99,), days_of_week=(5, 1, 1), hours=(3,), minutes="x")
    assert plan == Plan("weekly", "Asia/Tokyo", days_of_week=(1, 5), hours=(3,))
    assert Plan.from_json(plan.as_json()) == plan
    odd: object
    for odd in (None, [], {}, {"schedule_type": "daily", "cron": "* * * * *"}):
        with pytest.raises(BadPlan, match="plan: "):
            Plan.from_json(odd)


def test_plans_and_collections_know_the_same_kinds_and_frequencies() -> None:
    assert set(HEEDS) == set(ScheduleType.values)


@pytest.mark.parametrize(
    ("zone", "after", "until", "fires"),
    [
        ("Asia/Jerusalem", "1975-08-30 20:59", "1975-08-31 23:00", ["30 22:00", "30 22:25", "30 22:50", "31 22:00", "31 22:25", "31 22:50"]),
        ("Africa/Cairo", "2026-10-29 20:30", "2026-10-30 23:00", ["29 22:00", "29 22:25", "29 22:50", "30 22:00", "30 22:25", "30 22:50"]),
    ],
)  # fmt: skip
def test_a_day_that_begins_where_the_clocks_go_back_does_not_end_a_counted_schedule(
    zone: str, after: str, until: str, fires: list[str]
) -> None:
    plan = Plan("minutes", zone, minutes="every_25_minutes", hours=(0,))
    assert shown(plan, after, until) == fires
