"""GET /account."""

from datetime import UTC, datetime, timedelta

import time_machine
from django.utils.timezone import now

from collections_app.models import Collection, Run, SchedulerLease
from collections_app.models.runs import RunStatus, Trigger
from tests.collections_app.api.conftest import Caller, MakeCaller


def add_run(caller: Caller, ended: datetime | None, completed: int, failed: int) -> None:
    collection = Collection.objects.filter(account=caller.account).first() or Collection.objects.create(
        account=caller.account, name="x"
    )
    Run.objects.create(
        collection=collection,
        account=caller.account,
        status=RunStatus.COMPLETED,
        trigger=Trigger.API,
        ended_at=ended,
        completed_count=completed,
        failed_count=failed,
    )


@time_machine.travel(datetime(2026, 12, 5, 12, tzinfo=UTC), tick=False)
def test_usage_is_counted_by_day_and_month_of_the_accounts_time_zone(make_caller: MakeCaller) -> None:
    caller, other = make_caller("A", timezone="Asia/Tokyo", email="a@x.example"), make_caller("B")
    add_run(caller, datetime(2026, 12, 1, 3, tzinfo=UTC), 10, 1)
    add_run(caller, datetime(2026, 12, 1, 4, tzinfo=UTC), 5, 0)
    add_run(caller, datetime(2026, 11, 30, 16, tzinfo=UTC), 2, 0)  # 1 December in Tokyo
    add_run(caller, datetime(2026, 11, 30, 14, tzinfo=UTC), 7, 0)
    add_run(other, datetime(2026, 12, 1, 3, tzinfo=UTC), 100, 0)
    info = caller.ok("GET", "/account")["account_info"]
    assert info["api_key"] == caller.key
    assert info["email"] == "a@x.example"
    assert info["timezone"] == "Asia/Tokyo"
    assert info["credits_used"] == 18
    assert info["credits_remaining"] + info["credits_used"] == info["credits_limit"]
    assert info["credits_reset_at"] == "2026-12-31T15:00:00.000Z"
    december, november = info["usage_history"]
    assert december["month"] == "December"
    assert december["month_number"] == 12
    assert december["is_current_month"] is True
    assert december["credits_total_per_day"]["1"] == 18
    assert sum(december["credits_total_per_day"].values()) == december["credits_total_for_month"] == 18
    assert november["credits_total_per_day"]["30"] == 7
    assert november["is_current_month"] is False
    assert len(november["credits_total_per_day"]) == 30


def test_collections_are_counted(caller: Caller) -> None:
    for name in "abc":
        caller.ok("POST", "/collections", {"name": name})
    info = caller.ok("GET", "/account")["account_info"]
    assert (info["collections_used"], info["collections_limit"], info["collections_available"]) == (
        3,
        10_000,
        9_997,
    )
    assert (info["destinations_used"], info["destinations_available"]) == (0, 50)


def test_the_status_tells_whether_beat_holds_its_lease(caller: Caller) -> None:
    assert caller.ok("GET", "/account")["account_info"]["status"] == [
        {"component": "scheduler", "status": "down"}
    ]
    SchedulerLease.objects.create(name="beat", holder="x", expires_at=now() + timedelta(seconds=30))
    assert caller.ok("GET", "/account")["account_info"]["status"][0]["status"] == "operational"
