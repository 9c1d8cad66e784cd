"""Beat's rows follow the collections."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_celery_beat.models import CrontabSchedule, PeriodicTask, PeriodicTasks

from collections_app.models import Account, Collection, Fire
from collections_app.services import scheduling
from collections_app.services.schedules import BadPlan, Plan
from tests.collections_app.schedules.conftest import Clock

pytestmark = pytest.mark.django_db
Collect = Callable[..., Collection]


def row_of(collection: Collection) -> PeriodicTask:
    return PeriodicTask.objects.get(name=f"collection {collection.public_id}")


def test_a_scheduled_collection_has_one_row_with_plan_and_readable_crontab(
    collect: Collect, clock: Clock
) -> None:
    collection = collect(type="weekly", days_of_week=[5, 1], hours=[17, 9], name="Prices")
    row = row_of(collection)
    assert (row.task, row.enabled, row.description) == ("collections.fire", True, "Prices")
    assert str(row.crontab) == "0 9,17 * * 1,5 (m/h/dM/MY/d) Europe/Berlin"
    assert (row.start_time, row.last_run_at) == (clock.moment, None)
    told = json.loads(row.kwargs)
    assert told["collection"] == collection.pk
    assert Plan.from_json(told["plan"]) == scheduling.plan_of(collection)


@pytest.mark.parametrize(
    ("fields", "cron"),
    [
        ({"type": "monthly", "days_of_month": [1, 15], "hours": [3]}, "0 3 1,15 * *"),
        ({"type": "daily"}, "0 0 * * *"),
        ({"type": "minutes", "minutes": "every_minute"}, "* * * * *"),
        ({"type": "minutes", "minutes": "every_25_minutes", "hours": [8]}, "*/25 8 * * *"),
        ({"type": "minutes", "minutes": "every_hour", "days_of_month": [2]}, "0 * 2 * *"),
        ({"type": "minutes", "minutes": "every_5_minutes", "days_of_week": [0]}, "*/5 * * * 0"),
    ],
)
def test_the_crontab_is_the_nearest_expression(collect: Collect, fields: dict[str, Any], cron: str) -> None:
    row = row_of(collect(**fields))
    assert str(row.crontab) == f"{cron} (m/h/dM/MY/d) Europe/Berlin"
    row.crontab.full_clean()


def test_crontabs_are_shared(collect: Collect) -> None:
    for _ in range(3):
        collect(type="daily", hours=[9])
    assert CrontabSchedule.objects.count() == 1


def test_an_edit_of_the_schedule_counts_from_now(collect: Collect, clock: Clock) -> None:
    collection = collect(type="daily", hours=[9])
    PeriodicTask.objects.update(last_run_at=clock.moment, total_run_count=4)
    clock.pass_(hours=7)
    collection.schedule_hours = [1]
    scheduling.sync_schedule(collection)
    row = row_of(collection)
    assert (row.start_time, row.last_run_at, row.total_run_count) == (clock.moment, None, 4)
    assert row.crontab.hour == "1"


def test_another_name_leaves_the_schedule_running(collect: Collect, clock: Clock) -> None:
    collection = collect(type="daily", hours=[9])
    began, last = clock.moment, clock.moment + timedelta(hours=1)
    PeriodicTask.objects.update(last_run_at=last)
    clock.pass_(hours=7)
    collection.name = "Other"
    scheduling.sync_schedule(collection)
    row = row_of(collection)
    assert (row.description, row.start_time, row.last_run_at) == ("Other", began, last)


def test_saving_without_a_change_does_not_wake_beat(collect: Collect, clock: Clock) -> None:
    collection = collect(type="daily", hours=[9])
    told = PeriodicTasks.last_change()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        scheduling.sync_schedule(collection)
    assert PeriodicTasks.last_change() == told
    assert not [query for query in queries if not query["sql"].startswith(("SELECT", "SAVEPOINT", "RELEASE"))]


def test_a_disabled_collection_keeps_its_row_and_counts_anew_when_enabled(
    collect: Collect, clock: Clock
) -> None:
    collection = collect(type="daily", hours=[9])
    collection.enabled = False
    scheduling.sync_schedule(collection)
    assert not row_of(collection).enabled
    clock.pass_(days=30)
    collection.enabled = True
    scheduling.sync_schedule(collection)
    row = row_of(collection)
    assert (row.enabled, row.start_time) == (True, clock.moment)


@pytest.mark.parametrize("change", [{"schedule_type": "manual"}, {"schedule_type": "monthly"}])
def test_what_never_fires_has_no_row(collect: Collect, change: dict[str, str]) -> None:
    collection = collect(type="daily", hours=[9])
    for name, value in change.items():
        setattr(collection, name, value)
    told = PeriodicTasks.last_change()
    scheduling.sync_schedule(collection)
    assert not PeriodicTask.objects.exists()
    assert PeriodicTasks.last_change() != told


def test_a_deleted_collection_has_no_row(collect: Collect) -> None:
    gone, stays = collect(type="daily"), collect(type="daily")
    gone.delete()
    scheduling.sync_schedule(gone)
    assert [row.pk for row in PeriodicTask.objects.all()] == [row_of(stays).pk]
    scheduling.forget_schedules([stays.public_id, "FFFFFFFF"])
    assert not PeriodicTask.objects.exists()
    assert CrontabSchedule.objects.exists()


def test_an_impossible_schedule_is_refused(collect: Collect) -> None:
    collection = collect(type="daily")
    collection.schedule_hours = [24]
    with pytest.raises(BadPlan, match="schedule_hours: 24"):
        scheduling.sync_schedule(collection)


def test_another_time_zone_moves_all_of_the_accounts_rows(
    collect: Collect, account: Account, clock: Clock
) -> None:
    mine = [collect(type="daily", hours=[hour]) for hour in (1, 2, 3)]
    other = collect(Account.objects.create(name="Other", timezone="UTC"), type="daily", hours=[9])
    clock.pass_(hours=1)
    account.timezone = "Asia/Tokyo"
    account.save()
    assert scheduling.sync_account(account) == {"changed": 3}
    assert {json.loads(row_of(one).kwargs)["plan"]["timezone"] for one in mine} == {"Asia/Tokyo"}
    assert {row_of(one).start_time for one in mine} == {clock.moment}
    assert row_of(other).start_time != clock.moment


def test_resync_puts_right_whatever_was_done_to_the_rows(collect: Collect, clock: Clock) -> None:
    kept, edited, lost, disabled, bent = (collect(type="daily", hours=[hour]) for hour in range(5))
    orphan, manual = collect(type="daily"), collect()
    broken = collect(type="daily")
    Collection.objects.filter(pk=orphan.pk).delete()
    Collection.objects.filter(pk=broken.pk).update(schedule_hours=[99])
    before = row_of(kept).date_changed
    PeriodicTask.objects.filter(pk=row_of(edited).pk).update(kwargs="{}")
    row_of(lost).delete()
    PeriodicTask.objects.filter(pk=row_of(disabled).pk).update(enabled=False)
    CrontabSchedule.objects.filter(pk=row_of(bent).crontab_id).update(hour="23")
    clock.pass_(hours=1)
    assert scheduling.resync_all() == {"created": 1, "changed": 3, "removed": 2}
    assert row_of(kept).date_changed == before
    assert json.loads(row_of(edited).kwargs)["collection"] == edited.pk
    assert row_of(lost).start_time == clock.moment
    assert row_of(disabled).enabled
    assert row_of(bent).crontab.hour == "4"
    assert not PeriodicTask.objects.filter(name__contains=manual.public_id).exists()
    assert scheduling.resync_all() == {}


def test_rows_of_others_are_left_alone(collect: Collect) -> None:
    crontab = CrontabSchedule.objects.create(minute="5", hour="4")
    PeriodicTask.objects.create(name="an admin's own", task="some.task", crontab=crontab)
    collect(type="daily")
    scheduling.resync_all()
    assert PeriodicTask.objects.filter(name="an admin's own").exists()


def test_thousands_of_collections_take_a_handful_of_statements(account: Account) -> None:
    Collection.objects.bulk_create(
        Collection(account=account, name=str(one), schedule_type="minutes", schedule_minutes="every_hour",
                   schedule_hours=[one % 24], schedule_days_of_week=[one % 7])
        for one in range(2000)
    )  # fmt: skip
    with CaptureQueriesContext(connection) as queries:
        assert scheduling.resync_all() == {"created": 2000}
    assert len(queries) < 120
    assert CrontabSchedule.objects.count() == 168


def test_every_time_zone_an_account_may_have_can_be_written(account: Account, collect: Collect) -> None:
    for zone in ("America/Argentina/ComodRivadavia", "Etc/GMT+12", "Pacific/Apia", "GB"):
        account.timezone = zone
        assert str(row_of(collect(type="daily")).crontab.timezone) == zone


def test_next_fires_are_those_of_the_plan_and_none_while_disabled(collect: Collect) -> None:
    collection = collect(type="daily", hours=[9])
    noon = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert scheduling.next_fires(collection, noon, 2) == [
        datetime(2026, 3, 29, 7, tzinfo=UTC),
        datetime(2026, 3, 30, 7, tzinfo=UTC),
    ]
    collection.enabled = False
    assert scheduling.next_fires(collection, noon, 2) == []


def test_last_fires_are_newest_first_and_missed_ones_are_written_once(collect: Collect) -> None:
    collection = collect(type="daily")
    hours = [datetime(2026, 6, 1, hour, tzinfo=UTC) for hour in range(4)]
    Fire.objects.create(collection=collection, due_at=hours[1], outcome="ran")
    scheduling.record_missed([(collection.pk, hour) for hour in hours[:3]] + [(987654, hours[0])], "because")
    assert [(fire.due_at, fire.outcome, fire.reason) for fire in scheduling.last_fires(collection, 2)] == [
        (hours[2], "missed", "because"),
        (hours[1], "ran", ""),
    ]
    assert Fire.objects.count() == 3
