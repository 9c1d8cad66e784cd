"""GET /collections/{id}/schedule: what comes, and what became of what was due."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils.timezone import now

from collections_app.models import Collection, Fire, Run
from collections_app.models.runs import RunStatus, Trigger
from collections_app.models.schedules import FireOutcome
from tests.collections_app.api.conftest import Caller, MakeCaller, NewCollection


def test_the_next_fires_are_in_the_accounts_time_zone(make_caller: MakeCaller) -> None:
    caller = make_caller("Berlin", timezone="Europe/Berlin")
    body = {"name": "x", "schedule_type": "daily", "schedule_hours": [9, 17]}
    made = caller.ok("POST", "/collections", body)["collection"]
    answer = caller.ok("GET", f"/collections/{made['id']}/schedule", count=400)
    assert answer["timezone"] == "Europe/Berlin"
    fires = [datetime.fromisoformat(fire) for fire in answer["next_fires"]]
    assert len(fires) == 400
    assert fires == sorted(fires)
    assert {fire.utcoffset() for fire in fires} == {timedelta(0)}
    assert {fire.hour for fire in fires} == {7, 8, 15, 16}  # summer and winter
    assert made["next_run_at"] == answer["next_fires"][0]
    assert len(caller.ok("GET", f"/collections/{made['id']}/schedule")["next_fires"]) == 10


@pytest.mark.parametrize("settings", [{}, {"schedule_type": "daily", "enabled": False}])
def test_what_never_fires_has_no_next_fires(
    caller: Caller, new_collection: NewCollection, settings: dict[str, Any]
) -> None:
    made = new_collection(**settings)
    assert made["next_run_at"] is None
    assert caller.ok("GET", f"/collections/{made['id']}/schedule")["next_fires"] == []


def test_the_last_fires_tell_what_became_of_them(caller: Caller, new_collection: NewCollection) -> None:
    made = new_collection(schedule_type="daily")
    row = Collection.objects.get()
    due = datetime(2026, 3, 1, tzinfo=UTC)
    ran = Run.objects.create(
        collection=row,
        account=caller.account,
        status=RunStatus.COMPLETED,
        trigger=Trigger.SCHEDULE,
        number=4,
        ended_at=now(),
    )
    going = Run.objects.create(
        collection=row, account=caller.account, status=RunStatus.RUNNING, trigger=Trigger.SCHEDULE
    )
    for day, (outcome, run, reason) in enumerate(
        [
            (FireOutcome.RAN, ran, ""),
            (FireOutcome.SKIPPED, None, "the last run was still active"),
            (FireOutcome.MISSED, None, "beat was down"),
            (FireOutcome.CAUGHT_UP, going, ""),
        ]
    ):
        Fire.objects.create(
            collection=row, due_at=due + timedelta(days=day), outcome=outcome, run=run, reason=reason
        )
    path = f"/collections/{made['id']}/schedule"
    newest, missed, skipped, oldest = caller.ok("GET", path)["last_fires"]
    assert newest == {
        "due_at": "2026-03-04T00:00:00.000Z",
        "outcome": "caught_up",
        "reason": None,
        "run_id": going.pk,
        "run_status": "running",
        "result_set_id": None,
    }
    assert missed["outcome"] == "missed"
    assert skipped["reason"] == "the last run was still active"
    assert oldest["outcome"] == "ran"
    assert oldest["result_set_id"] == 4
    assert len(caller.ok("GET", path, count=2)["last_fires"]) == 2


@pytest.mark.parametrize("count", ["0", "-1", "1001", "x", "1.5"])
def test_a_bad_count_is_refused(caller: Caller, new_collection: NewCollection, count: str) -> None:
    path = f"/collections/{new_collection()['id']}/schedule"
    assert "count has the value" in caller.refused(400, "GET", path, count=count)
