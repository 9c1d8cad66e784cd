"""Beat by a simulated clock, with real rows: what it fires, when, and what it makes of the past."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django_celery_beat.models import PeriodicTask, PeriodicTasks
from pytest_django.fixtures import Settings

from collections_app.beat import handover
from collections_app.models import Account, Collection, Fire, Run
from collections_app.services import launching, scheduling
from tests.collections_app.schedules.conftest import Clock, SimulatedScheduler

pytestmark = pytest.mark.django_db
Collect = Callable[..., Collection]
Beat = Callable[[], SimulatedScheduler]


def fires_of(collection: Collection) -> list[tuple[str, str]]:
    return [(f"{fire.due_at:%d %H:%M}", fire.outcome) for fire in collection.fires.order_by("due_at")]


def finish_all() -> None:
    Run.objects.update(status="completed")


SCHEDULES: list[dict[str, Any]] = [
    {"type": "daily", "hours": [2, 3, 9]},
    {"type": "weekly", "days_of_week": [0, 3], "hours": [2]},
    {"type": "monthly", "days_of_month": [25, 29, 31], "hours": [0, 2]},
    {"type": "minutes", "minutes": "every_hour"},
    {"type": "minutes", "minutes": "every_25_minutes", "hours": [1, 2, 3]},
    {"type": "minutes", "minutes": "every_20_minutes", "hours": [2], "days_of_week": [0, 6]},
]
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]


@pytest.mark.parametrize("begin", ["2026-03-20", "2026-10-20"])
def test_beat_fires_exactly_when_next_fires_says(
    begin: str, beat: Beat, clock: Clock, collect: Collect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over three weeks with the changes of the clocks in it, in zones that change on different days or not."""
    clock.moment = datetime.fromisoformat(begin).replace(tzinfo=UTC)
    end = clock.moment + timedelta(weeks=3)
    owners = [Account.objects.create(name=zone, timezone=zone) for zone in ZONES]
    collections = [collect(owner, **schedule) for owner in owners for schedule in SCHEDULES]
    expected = {
        (one.pk, fire)
        for one in collections
        for fire in scheduling.next_fires(one, clock.moment, 3000)
        if fire <= end
    }
    handed: list[tuple[int, datetime]] = []
    late: set[float] = set()

    def launch_due(pairs: list[tuple[int, datetime]], outcome: str) -> dict[str, int]:
        assert outcome == "ran"
        handed.extend(pairs)
        late.update((clock.moment - due).total_seconds() for _, due in pairs)
        return {}

    monkeypatch.setattr(handover, "launch_due", launch_due)  # thousands of runs are not the matter here
    scheduler = beat()
    scheduler.look_every, scheduler.lease.length = 1800.0, timedelta(days=1)
    scheduler.run_until(end)
    assert len(handed) == len(set(handed))
    assert set(handed) == expected
    assert max(late) < 0.1
    assert len(expected) > 3000


def test_a_due_collection_gets_its_run_and_its_row_moves_on(
    beat: Beat, clock: Clock, collect: Collect
) -> None:
    collection = collect(type="minutes", minutes="every_minute")
    scheduler = beat()
    scheduler.run_until(clock.moment + timedelta(seconds=31))
    run = Run.objects.get()
    assert (run.collection, run.trigger, run.status) == (collection, "schedule", "queued")
    assert run.due_at == datetime(2026, 6, 1, 12, 1, tzinfo=UTC)
    assert fires_of(collection) == [("01 12:01", "ran")]
    row = PeriodicTask.objects.get()
    assert (row.last_run_at, row.total_run_count) == (run.due_at, 1)


def test_a_fire_while_the_last_run_is_active_is_skipped_and_written_down(
    beat: Beat, clock: Clock, collect: Collect
) -> None:
    collection = collect(type="minutes", minutes="every_minute")
    beat().run_until(clock.moment + timedelta(minutes=2))
    assert fires_of(collection) == [("01 12:01", "ran"), ("01 12:02", "skipped")]
    assert Run.objects.count() == 1


def test_what_is_due_together_is_handed_over_together(
    beat: Beat, clock: Clock, collect: Collect, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(20):
        collect(type="minutes", minutes="every_5_minutes")
    calls: list[int] = []
    launch_due = launching.launch_due

    def counted(pairs: list[tuple[int, datetime]], outcome: str) -> object:
        calls.append(len(pairs))
        return launch_due(pairs, outcome)

    monkeypatch.setattr(handover, "launch_due", counted)
    beat().run_until(clock.moment + timedelta(minutes=5))
    assert calls == [20]
    assert Run.objects.count() == 20


def test_a_short_lateness_is_an_ordinary_run(beat: Beat, clock: Clock, collect: Collect) -> None:
    collection = collect(type="minutes", minutes="every_5_minutes")
    scheduler = beat()
    scheduler.tick()
    clock.moment = datetime(2026, 6, 1, 12, 5, 59, tzinfo=UTC)
    scheduler.tick()
    assert fires_of(collection) == [("01 12:05", "ran")]


@pytest.mark.parametrize("restarted", [True, False], ids=["after a restart", "after a long pause"])
def test_of_missed_fires_the_newest_is_caught_up_once_and_the_others_recorded(
    restarted: bool, beat: Beat, clock: Clock, collect: Collect
) -> None:
    collection = collect(type="minutes", minutes="every_10_minutes")
    scheduler = beat()
    scheduler.tick()
    clock.pass_(minutes=44)
    if restarted:
        scheduler = beat()
    scheduler.tick()
    scheduler.tick()
    assert fires_of(collection) == [
        ("01 12:10", "missed"),
        ("01 12:20", "missed"),
        ("01 12:30", "missed"),
        ("01 12:40", "caught_up"),
    ]
    assert Run.objects.get().due_at == datetime(2026, 6, 1, 12, 40, tzinfo=UTC)


def test_a_miss_older_than_the_grace_is_not_caught_up(
    beat: Beat, clock: Clock, collect: Collect, settings: Settings
) -> None:
    settings.CATCH_UP_GRACE = 3600
    collection = collect(type="daily", hours=[15])
    clock.moment = datetime(2026, 6, 1, 14, 0, 1, tzinfo=UTC)
    beat().tick()
    assert fires_of(collection) == [("01 13:00", "missed")]
    assert "no scheduler" in collection.fires.get().reason
    assert not Run.objects.exists()
    assert PeriodicTask.objects.get().total_run_count == 0


def test_nothing_is_caught_up_when_the_policy_is_skip(
    beat: Beat, clock: Clock, collect: Collect, settings: Settings
) -> None:
    settings.CATCH_UP = "skip"
    collection = collect(type="daily", hours=[15])
    clock.moment = datetime(2026, 6, 1, 13, 5, tzinfo=UTC)
    beat().tick()
    assert fires_of(collection) == [("01 13:00", "missed")]


def test_of_a_long_outage_the_newest_hundred_are_written_down(
    beat: Beat, clock: Clock, collect: Collect
) -> None:
    collection = collect(type="minutes", minutes="every_minute")
    clock.pass_(days=400)
    beat().tick()
    assert collection.fires.filter(outcome="missed").count() == 100
    assert collection.fires.filter(outcome="ran").count() == 1
    oldest = collection.fires.earliest("due_at").due_at
    assert clock.moment - oldest < timedelta(minutes=102)


def test_an_edit_never_replays_the_past(beat: Beat, clock: Clock, collect: Collect, account: Account) -> None:
    collection = collect(type="daily", hours=[23])
    scheduler = beat()
    scheduler.tick()
    clock.pass_(hours=3)
    collection.schedule_hours = list(range(24))
    scheduling.sync_schedule(collection)
    account.timezone = "Asia/Tokyo"
    account.save()
    scheduling.sync_account(account)
    scheduler.tick()
    beat().tick()
    assert not Fire.objects.exists()


def test_enabling_a_row_by_hand_does_not_replay_the_past(beat: Beat, clock: Clock, collect: Collect) -> None:
    collect(type="minutes", minutes="every_10_minutes")
    scheduler = beat()
    scheduler.tick()
    PeriodicTask.objects.update(enabled=False)
    PeriodicTasks.update_changed()
    scheduler.run_until(clock.moment + timedelta(minutes=45))
    PeriodicTask.objects.update(enabled=True)  # as the admin's action does it
    PeriodicTasks.update_changed()
    clock.pass_(seconds=2)
    scheduler.tick()
    assert not Fire.objects.exists()


def test_a_switched_off_collection_is_not_fired_though_beat_has_not_looked_yet(
    beat: Beat, clock: Clock, collect: Collect
) -> None:
    collection = collect(type="minutes", minutes="every_minute")
    other = collect(type="minutes", minutes="every_minute")
    scheduler = beat()
    scheduler.tick()
    scheduler.look_every = 3600.0
    collection.schedule_minutes = "every_hour"
    scheduling.sync_schedule(collection)
    scheduler.run_until(clock.moment + timedelta(seconds=30))
    assert fires_of(collection) == []
    assert fires_of(other) == [("01 12:01", "ran")]


def test_an_edit_reads_only_what_changed(beat: Beat, clock: Clock, account: Account) -> None:
    Collection.objects.bulk_create(
        Collection(account=account, name=str(one), schedule_type="daily", schedule_hours=[one % 24])
        for one in range(3000)
    )
    scheduling.resync_all()
    scheduler = beat()
    scheduler.tick()
    untouched = dict(scheduler.timetable.entries)
    collection = Collection.objects.first()
    assert collection is not None
    collection.schedule_hours = [14]
    clock.pass_(seconds=2)
    scheduling.sync_schedule(collection)
    scheduler.tick()
    entries = scheduler.timetable.entries
    fresh = [key for key, entry in entries.items() if untouched.get(key) is not entry]
    assert [entries[key].collection for key in fresh] == [collection.pk]
    assert entries[fresh[0]].plan.hours == (14,)


def test_no_table_is_read_again_when_nothing_changed(beat: Beat, clock: Clock, collect: Collect) -> None:
    collect(type="daily", hours=[3])
    scheduler = beat()
    scheduler.tick()
    with CaptureQueriesContext(connection) as queries:
        scheduler.run_until(clock.moment + timedelta(seconds=2.9))
    assert [query["sql"] for query in queries if 'django_celery_beat_periodictask"' in query["sql"]] == []
    looks = [query["sql"] for query in queries if "django_celery_beat_periodictasks" in query["sql"]]
    assert 2 <= len(looks) <= 3
    assert len(queries) == len(looks)


@pytest.mark.parametrize(
    "kwargs",
    [
        "{not json",
        "[]",
        "{}",
        json.dumps({"collection": "7", "plan": {"schedule_type": "daily"}}),
        json.dumps({"collection": 7, "plan": {"schedule_type": "daily", "timezone": "Mars/Phobos"}}),
        json.dumps({"collection": 7, "plan": {"schedule_type": "daily", "hours": [77]}}),
        json.dumps({"collection": 7, "plan": {"schedule_type": "minutes", "minutes": ["every_minute"]}}),
        json.dumps({"collection": 7, "plan": None}),
        json.dumps({"collection": 10**30, "plan": {"schedule_type": "minutes", "minutes": "every_minute"}}),
        json.dumps({"collection": 987654, "plan": {"schedule_type": "minutes", "minutes": "every_minute"}}),
    ],
)
def test_a_broken_row_is_set_aside_and_the_others_run(
    kwargs: str, beat: Beat, clock: Clock, collect: Collect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collections_app.beat.scheduler.resync_all", dict)  # which would put it right
    broken, sound = (collect(type="minutes", minutes="every_minute") for _ in range(2))
    PeriodicTask.objects.filter(name__contains=broken.public_id).update(kwargs=kwargs)
    scheduler = beat()
    scheduler.run_until(clock.moment + timedelta(minutes=1))
    assert fires_of(sound) == [("01 12:01", "ran")]
    assert fires_of(broken) == []


def test_a_row_somebody_bent_is_put_right_by_the_safety_net(
    beat: Beat, clock: Clock, collect: Collect
) -> None:
    collection = collect(type="minutes", minutes="every_minute")
    PeriodicTask.objects.update(kwargs="{}")
    beat().run_until(clock.moment + timedelta(minutes=1))
    assert fires_of(collection) == [("01 12:01", "ran")]


def test_an_error_of_the_database_delays_but_loses_nothing(
    beat: Beat, clock: Clock, collect: Collect, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection = collect(type="minutes", minutes="every_minute")
    scheduler = beat()
    scheduler.tick()
    launch_due = launching.launch_due

    def fails(*args: object) -> None:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(handover, "launch_due", fails)
    scheduler.run_until(clock.moment + timedelta(seconds=35))
    assert fires_of(collection) == []
    monkeypatch.setattr(handover, "launch_due", launch_due)
    scheduler.run_until(clock.moment + timedelta(seconds=5))
    assert fires_of(collection) == [("01 12:01", "ran")]
    assert PeriodicTask.objects.get().total_run_count == 1


def test_one_collection_that_cannot_be_launched_does_not_stop_the_others(
    beat: Beat, clock: Clock, collect: Collect, monkeypatch: pytest.MonkeyPatch
) -> None:
    collections = [collect(type="minutes", minutes="every_minute") for _ in range(9)]
    launch_due = launching.launch_due

    def chokes(pairs: list[tuple[int, datetime]], outcome: str) -> object:
        if any(key == collections[4].pk for key, _ in pairs):
            raise ValueError("odd data")
        return launch_due(pairs, outcome)

    monkeypatch.setattr(handover, "launch_due", chokes)
    beat().run_until(clock.moment + timedelta(seconds=31))
    assert [bool(fires_of(one)) for one in collections] == [True] * 4 + [False] + [True] * 4


def test_a_clock_that_is_put_back_does_not_fire_twice(beat: Beat, clock: Clock, collect: Collect) -> None:
    collection = collect(type="minutes", minutes="every_minute")
    scheduler = beat()
    scheduler.run_until(clock.moment + timedelta(seconds=35))
    finish_all()
    clock.pass_(minutes=-10)
    scheduler.run_until(clock.moment + timedelta(minutes=10, seconds=30))
    assert fires_of(collection) == [("01 12:01", "ran")]
    assert scheduler.lease.hold()
