"""Rows of beat that are no collection's: they run as django-celery-beat has it, without what breaks there."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from celery import Celery
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask, PeriodicTasks

from collections_app.beat import RoundsmanScheduler
from collections_app.models import Collection
from tests.collections_app.schedules.conftest import Clock, SimulatedScheduler

pytestmark = pytest.mark.django_db
Collect = Callable[..., Collection]


@pytest.fixture
def sent(app: Celery, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the tasks that were sent."""
    names: list[str] = []
    monkeypatch.setattr(app, "send_task", lambda name, *args, **options: names.append(name))
    return names


@pytest.fixture
def scheduler(app: Celery) -> RoundsmanScheduler:
    return RoundsmanScheduler(app=app)


def tick_for(scheduler: RoundsmanScheduler, traveller: time_machine.Traveller, time: timedelta) -> None:
    end = datetime.now(UTC) + time
    while datetime.now(UTC) < end:
        traveller.shift(max(scheduler.tick(), 0.001))


def test_tasks_of_the_configuration_run_by_their_interval(
    app: Celery, scheduler: RoundsmanScheduler, sent: list[str]
) -> None:
    app.conf.beat_schedule = {
        "recover": {"task": "collections.recover", "schedule": 10.0},
        "quick": {"task": "quick", "schedule": 0.5},
        "odd": {"task": "odd", "schedule": "every now and then"},
    }
    with time_machine.travel(datetime(2026, 6, 1, 12, tzinfo=UTC), tick=False) as traveller:
        tick_for(scheduler, traveller, timedelta(seconds=61))
    assert sent.count("collections.recover") == 6
    assert 100 <= sent.count("quick") <= 125
    row = PeriodicTask.objects.get(name="recover")
    assert row.total_run_count == 6  # stored at once, not every three minutes
    assert row.last_run_at == datetime(2026, 6, 1, 12, 1, tzinfo=UTC) or row.last_run_at.second in (0, 59)


def test_a_crontab_is_known_all_day_and_runs_once_at_its_time(
    scheduler: RoundsmanScheduler, sent: list[str]
) -> None:
    """Stock beat reads a crontab only within two hours of its hour, and then runs it early and twice."""
    with time_machine.travel(datetime(2026, 6, 1, 9, tzinfo=UTC), tick=False) as traveller:
        crontab = CrontabSchedule.objects.create(minute="0", hour="3")
        PeriodicTask.objects.create(name="nightly", task="nightly", crontab=crontab)
        scheduler.tick()
        assert set(scheduler.schedule) == {"nightly"}
        scheduler.look_every, scheduler.max_interval = 600.0, 600.0
        scheduler.lease.length = timedelta(days=1)
        tick_for(scheduler, traveller, timedelta(hours=17, minutes=59))
        assert sent == []
        tick_for(scheduler, traveller, timedelta(hours=4))
    assert sent == ["nightly"]


def test_more_crontabs_than_sqlite_can_compare_at_once(scheduler: RoundsmanScheduler) -> None:
    crontabs = CrontabSchedule.objects.bulk_create(
        CrontabSchedule(minute=str(one % 60), hour=str(one % 24), day_of_month=str(one % 28 + 1), month_of_year=str(one % 12 + 1))
        for one in range(1500)
    )  # fmt: skip
    PeriodicTask.objects.bulk_create(
        PeriodicTask(name=str(crontab.pk), task="some.task", crontab=crontab) for crontab in crontabs
    )
    with CaptureQueriesContext(connection) as queries:
        scheduler.tick()
    assert len(scheduler.schedule) == 1500
    assert len([query for query in queries if "crontab" in query["sql"]]) < 5


def test_a_row_that_cannot_be_read_is_set_aside(scheduler: RoundsmanScheduler, sent: list[str]) -> None:
    interval = IntervalSchedule.objects.create(every=1, period="seconds")
    sound = CrontabSchedule.objects.create(minute="*")
    odd_zone, odd_minute = (
        CrontabSchedule.objects.create(minute="1"),
        CrontabSchedule.objects.create(minute="2"),
    )
    PeriodicTask.objects.bulk_create(
        [
            PeriodicTask(name="sound", task="sound", interval=interval),
            PeriodicTask(name="sound too", task="sound too", crontab=sound),
            PeriodicTask(name="odd zone", task="odd", crontab=odd_zone),
            PeriodicTask(name="odd minute", task="odd", crontab=odd_minute),
            PeriodicTask(name="odd arguments", task="odd", interval=interval, headers="{"),
            PeriodicTask(name="no schedule", task="odd"),
        ]
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE django_celery_beat_crontabschedule SET timezone = 'Mars/Phobos' WHERE id = %s",
            [odd_zone.pk],
        )
    CrontabSchedule.objects.filter(pk=odd_minute.pk).update(minute="77")
    scheduler.tick()
    assert set(scheduler.schedule) == {"sound", "sound too"}


def test_an_edit_of_an_ordinary_row_is_taken_in(app: Celery, clock: Clock, sent: list[str]) -> None:
    scheduler = SimulatedScheduler(app, clock)
    interval = IntervalSchedule.objects.create(every=1, period="hours")
    PeriodicTask.objects.create(name="own", task="own", interval=interval)
    scheduler.tick()
    interval.every = 2
    interval.save()
    clock.pass_(seconds=2)
    scheduler.tick()
    assert scheduler.schedule["own"].schedule.run_every == timedelta(hours=2)
    PeriodicTask.objects.update(enabled=False)
    PeriodicTasks.update_changed()
    clock.pass_(seconds=2)
    scheduler.tick()
    assert scheduler.schedule == {}


def test_a_broker_that_is_down_does_not_hold_up_collections(
    clock: Clock, collect: Collect, caplog: pytest.LogCaptureFixture
) -> None:
    app = Celery("test-of-beat", broker="redis://127.0.0.1:1/0", set_as_current=False)
    app.conf.beat_schedule = {"recover": {"task": "collections.recover", "schedule": 0.5}}
    collection = collect(type="minutes", minutes="every_minute")
    scheduler = SimulatedScheduler(app, clock)
    scheduler.tick()
    PeriodicTask.objects.filter(name="recover").update(last_run_at=datetime(2020, 1, 1, tzinfo=UTC))
    PeriodicTasks.update_changed()
    scheduler.run_until(clock.moment + timedelta(seconds=35))
    assert [fire.outcome for fire in collection.fires.all()] == ["ran"]
    assert "the broker does not answer" in caplog.text
    assert scheduler.schedule["recover"].total_run_count == 0
