"""Collections over the API: create, get, update, delete, start, stop, in JSON and as forms."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from collections_app.models import Collection, CollectionRequest, ResultSet, Run
from collections_app.models.runs import RunStatus, Trigger
from collections_app.services import launching
from tests.collections_app.api.conftest import Caller, NewCollection

PAGE = {"type": "page", "url": "https://shop.example/1", "custom_id": "first"}
# The services' own example of a create call.
EXAMPLE = {
    "name": "My First Collection",
    "schedule_type": "daily",
    "schedule_hours": [9, 17],
    "notification_email": "john.smith@example.com",
    "notification_as_csv": True,
    "notification_as_json": False,
}


@pytest.mark.parametrize("form", [False, True])
def test_a_collection_is_made_as_the_example_has_it(caller: Caller, form: bool) -> None:
    body = {**EXAMPLE, "schedule_hours": "9,17", "notification_as_csv": "1", "notification_as_json": ""}
    made = caller.ok("POST", "/collections", body if form else EXAMPLE, form=form)["collection"]
    assert re.fullmatch("[0-9A-F]{8}", made["id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", made["created_at"])
    assert re.fullmatch(r".*T(09|17):00:00\.000Z", made["next_run_at"])
    assert {key: made[key] for key in EXAMPLE} == EXAMPLE
    assert made["enabled"] is True
    assert made["status"] == "idle"
    assert made["priority"] == "normal"
    assert made["requests_type"] == made["request_type"] == "mixed"
    assert made["requests_type_locked"] is made["request_type_locked"] is False
    assert made["next_result_set_id"] == 1
    assert made["results_count"] == made["requests_total_count"] == made["credits_required"] == 0
    assert "last_run" not in made


def test_what_is_omitted_has_its_default(caller: Caller) -> None:
    made = caller.ok("POST", "/collections", {"name": "x"})["collection"]
    assert made["schedule_type"] == "manual"
    assert made["enabled"] is True
    assert made["next_run_at"] is None
    assert made["notification_as_json"] is True
    assert made["notification_as_jsonlines"] is made["notification_as_csv"] is False
    assert made["schedule_hours"] == made["schedule_days_of_week"] == made["destination_ids"] == []


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"schedule_type": "daily"}, {"schedule_hours": [0]}),
        ({"schedule_type": "daily", "schedule_hours": []}, {"schedule_hours": [0]}),
        (
            {"schedule_type": "weekly", "schedule_days_of_week": "1"},
            {"schedule_hours": [0], "schedule_days_of_week": [1]},
        ),
        (
            {
                "schedule_type": "monthly",
                "schedule_days_of_month": [20, 1, 20],
                "schedule_hours": ["17", 9.0],
            },
            {"schedule_days_of_month": [1, 20], "schedule_hours": [9, 17]},
        ),
        (
            {"schedule_type": "minutes", "schedule_minutes": "EVERY_MINUTE"},
            {"schedule_hours": [], "schedule_minutes": "every_minute"},
        ),
        (
            {"schedule_type": "MANUAL ", "schedule_hours": "[3, 2]"},
            {"schedule_type": "manual", "schedule_hours": [2, 3]},
        ),
        ({"enabled": "False", "priority": "Highest"}, {"enabled": False, "priority": "highest"}),
        (
            {"enabled": None, "priority": None, "schedule_type": "", "requests_type": ""},
            {"enabled": True, "priority": "normal"},
        ),
        ({"name": "  Akkugeräte 🔋 "}, {"name": "Akkugeräte 🔋"}),
        ({"name": 2024}, {"name": "2024"}),
        (
            {"notification_email": "a@x.example; b@x.example,"},
            {"notification_email": "a@x.example,b@x.example"},
        ),
        (
            {"notification_webhook": " https://x.example:8443/a?b=c "},
            {"notification_webhook": "https://x.example:8443/a?b=c"},
        ),
        (
            {"notification_csv_fields": ["result.title", "request.url "]},
            {"notification_csv_fields": "result.title,request.url"},
        ),
        ({"destination_ids": ""}, {"destination_ids": []}),
        ({"requests_type": "page"}, {"requests_type": "page", "requests_type_locked": True}),
        ({"request_type": "Mixed"}, {"requests_type": "mixed", "requests_type_locked": False}),
        ({"source": "python", "unheard_of": {"a": [1]}, "api_key": "x"}, {"name": "x"}),
    ],
)
def test_settings_are_coerced_and_completed(
    caller: Caller, settings: dict[str, Any], expected: dict[str, Any]
) -> None:
    made = caller.ok("POST", "/collections", {"name": "x"} | settings)["collection"]
    assert {key: made[key] for key in expected} == expected
    assert caller.ok("GET", f"/collections/{made['id']}")["collection"] == made


@pytest.mark.parametrize("form", [False, True])
def test_an_update_changes_what_it_names_and_nothing_else(caller: Caller, form: bool) -> None:
    made = caller.ok("POST", "/collections", EXAMPLE)["collection"]
    path = f"/collections/{made['id']}"
    # The services' own example of an update call: text for lists.
    changed = caller.ok(
        "PUT",
        path,
        {"schedule_type": "weekly", "schedule_days_of_week": "1", "schedule_hours": "8", "source": "python"},
        form=form,
    )["collection"]
    assert changed["schedule_days_of_week"] == [1]
    assert changed["schedule_hours"] == [8]
    assert changed["next_run_at"].endswith("T08:00:00.000Z")
    different = {key for key in changed if changed[key] != made[key]}
    assert different == {"schedule_type", "schedule_days_of_week", "schedule_hours", "next_run_at"}
    assert caller.ok("GET", path)["collection"] == changed


def test_a_client_may_send_back_the_whole_object(caller: Caller, new_collection: NewCollection) -> None:
    made = new_collection(requests=[PAGE], **EXAMPLE)
    again = caller.ok("PUT", f"/collections/{made['id']}", made | {"name": "Renamed"})["collection"]
    assert again == made | {"name": "Renamed"}


def test_a_new_schedule_type_empties_what_it_has_no_use_for(
    caller: Caller, new_collection: NewCollection
) -> None:
    made = new_collection(schedule_type="weekly", schedule_days_of_week=[1], schedule_hours=[8])
    path = f"/collections/{made['id']}"
    daily = caller.ok("PUT", path, {"schedule_type": "daily"})["collection"]
    assert daily["schedule_days_of_week"] == []
    assert daily["schedule_hours"] == [8]
    minutes = {"schedule_type": "minutes", "schedule_minutes": "every_hour", "schedule_days_of_month": [1]}
    assert caller.ok("PUT", path, minutes)["collection"]["schedule_days_of_month"] == [1]
    assert "schedule_days_of_month" in caller.refused(400, "PUT", path, {"schedule_days_of_week": [1]})
    swapped = {"schedule_days_of_week": [1], "schedule_days_of_month": []}
    assert caller.ok("PUT", path, swapped)["collection"]["schedule_days_of_week"] == [1]


def test_requests_may_come_with_create_and_update_all_or_nothing(caller: Caller) -> None:
    made = caller.ok("POST", "/collections", {"name": "x", "requests": [PAGE, PAGE]})["collection"]
    assert made["requests_total_count"] == made["request_total_count"] == made["credits_required"] == 2
    assert made["requests_page_count"] == made["request_page_count"] == 1
    assert made["requests_type"] == "page"
    assert made["requests_type_locked"] is False
    path = f"/collections/{made['id']}"
    bad = {"type": "page", "url": "ftp://x"}
    message = caller.refused(400, "PUT", path, {"name": "y", "requests": [PAGE, bad]})
    assert message.startswith("requests[1].url has the value 'ftp://x'")
    assert caller.ok("GET", path)["collection"] == made
    both = caller.ok("PUT", path, {"name": "y", "requests": [PAGE]})["collection"]
    assert both["name"] == "y"
    assert both["requests_total_count"] == 3
    caller.refused(400, "POST", "/collections", {"name": "z", "requests": [PAGE, bad]})
    assert Collection.objects.count() == 1


def test_a_deleted_collection_is_gone_with_all_it_had(caller: Caller, new_collection: NewCollection) -> None:
    made = new_collection(requests=[PAGE], schedule_type="daily")
    path = f"/collections/{made['id']}"
    caller.ok("GET", f"{path}/start")
    assert caller.ok("DELETE", path)["request_info"]["message"] == "collection deleted"
    assert not Collection.objects.exists()
    assert not CollectionRequest.objects.exists()
    assert not Run.objects.exists()
    assert caller.refused(404, "GET", path) == f"Collection with ID '{made['id']}' was not found"
    caller.refused(404, "DELETE", path)


def test_start_leaves_idle_at_once_and_stop_comes_back(caller: Caller, new_collection: NewCollection) -> None:
    path = f"/collections/{new_collection(requests=[PAGE])['id']}"
    started = caller.ok("GET", f"{path}/start")
    assert started["request_info"]["message"] == "Collection started"
    assert started["collection"]["status"] == "queued"
    assert caller.ok("GET", path)["collection"]["status"] == "queued"
    assert Run.objects.get().trigger == Trigger.API
    assert "queued" in caller.refused(400, "GET", f"{path}/start")
    stopped = caller.ok("GET", f"{path}/stop")
    assert stopped["request_info"]["message"] == "collection stopped"
    assert stopped["collection"]["status"] == "idle"
    assert "neither queued nor running" in caller.refused(400, "GET", f"{path}/stop")


def test_a_disabled_collection_is_started_by_hand_only(caller: Caller, new_collection: NewCollection) -> None:
    made = new_collection(requests=[PAGE], enabled=False, schedule_type="daily")
    assert made["next_run_at"] is None
    caller.ok("GET", f"/collections/{made['id']}/start")


def test_an_empty_collection_is_not_started(caller: Caller, new_collection: NewCollection) -> None:
    path = f"/collections/{new_collection()['id']}/start"
    assert "has no requests" in caller.refused(400, "GET", path)


def test_start_and_stop_race_the_pipeline(
    caller: Caller, new_collection: NewCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another start won between the look and the launch: an error, not a second run."""
    made = new_collection(requests=[PAGE])
    monkeypatch.setattr(launching, "launch", lambda *_: None)
    assert "running" in caller.refused(400, "GET", f"/collections/{made['id']}/start")


@pytest.mark.parametrize("path", ["/collections/stopall", "/collections/stop_all", "/collections/stopall/"])
def test_stopall_stops_everything_of_the_account(
    caller: Caller, stranger: Caller, new_collection: NewCollection, path: str
) -> None:
    for name in "abc":
        made = new_collection(name=name, requests=[PAGE])
        caller.ok("GET", f"/collections/{made['id']}/start")
    other = stranger.ok("POST", "/collections", {"name": "x", "requests": [PAGE]})["collection"]["id"]
    stranger.ok("GET", f"/collections/{other}/start")
    Run.objects.filter(collection__name="a").update(status=RunStatus.RUNNING)
    answer = caller.ok("GET", path)
    assert answer["request_info"]["message"] == "3 Collections stopped"
    assert answer["collections_stopped"] == 3
    assert answer["collections_failed_to_stop"] == 0
    assert stranger.ok("GET", f"/collections/{other}")["collection"]["status"] == "queued"
    assert caller.ok("GET", path)["collections_stopped"] == 0


def test_the_object_tells_of_the_last_run(
    caller: Caller, new_collection: NewCollection, a_result_set: Callable[[str], ResultSet]
) -> None:
    made = new_collection(requests=[PAGE])
    sets = [a_result_set(made["id"]) for _ in range(2)]
    seen = caller.ok("GET", f"/collections/{made['id']}")["collection"]
    assert seen["results_count"] == 2
    assert seen["next_result_set_id"] == 3
    assert seen["last_run"] == sets[-1].ended_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
