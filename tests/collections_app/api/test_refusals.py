"""What is refused: the field and its value are named, and nothing is changed."""

from typing import Any

import pytest

from collections_app.models import Account, Collection, Run
from collections_app.models.runs import RunStatus
from collections_app.services import collections, requests
from tests.collections_app.api.conftest import Caller, NewCollection

PAGE = {"type": "page", "url": "https://shop.example/1"}
MINUTES = {"schedule_type": "minutes", "schedule_minutes": "every_hour"}


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"name": ""}, ["name", "''"]),
        ({"name": "   "}, ["name"]),
        ({"name": None}, ["name"]),
        ({"name": "a\nb"}, ["name", "control characters"]),
        ({"name": "x" * 501}, ["name", "500"]),
        ({"name": ["a", 1]}, ["name", "['a', 1]"]),
        ({"name": True}, ["name", "True"]),
        ({"enabled": "maybe"}, ["enabled", "'maybe'", "true or false"]),
        ({"enabled": 2}, ["enabled", "2"]),
        ({"enabled": []}, ["enabled", "[]"]),
        (
            {"schedule_type": "hourly"},
            ["schedule_type", "'hourly'", "monthly, weekly, daily, minutes, manual"],
        ),
        ({"schedule_type": ["daily", 1]}, ["schedule_type"]),
        ({"priority": "urgent"}, ["priority", "'urgent'", "highest, high, normal, low, lowest"]),
        ({"priority": 1}, ["priority", "'1'"]),
        ({"schedule_type": "daily", "schedule_hours": [24]}, ["schedule_hours", "24", "0 to 23"]),
        ({"schedule_type": "daily", "schedule_hours": "9,x"}, ["schedule_hours", "'x'", "whole number"]),
        ({"schedule_type": "daily", "schedule_hours": [9.5]}, ["schedule_hours", "9.5"]),
        ({"schedule_type": "daily", "schedule_hours": [True]}, ["schedule_hours", "True"]),
        ({"schedule_type": "daily", "schedule_hours": [-1]}, ["schedule_hours", "-1"]),
        ({"schedule_type": "daily", "schedule_hours": [[9]]}, ["schedule_hours", "[9]"]),
        ({"schedule_type": "daily", "schedule_hours": {"a": 9}}, ["schedule_hours", "{'a': 9}"]),
        ({"schedule_type": "daily", "schedule_hours": "[9"}, ["schedule_hours", "'[9'"]),
        ({"schedule_type": "daily", "schedule_hours": 10**30}, ["schedule_hours"]),
        ({"schedule_hours": [99]}, ["schedule_hours", "99"]),
        ({"schedule_type": "weekly"}, ["schedule_days_of_week", "required", "weekly"]),
        ({"schedule_type": "weekly", "schedule_days_of_week": []}, ["schedule_days_of_week", "required"]),
        ({"schedule_type": "weekly", "schedule_days_of_week": [7]}, ["schedule_days_of_week", "7", "0 to 6"]),
        ({"schedule_type": "monthly"}, ["schedule_days_of_month", "required", "monthly"]),
        (
            {"schedule_type": "monthly", "schedule_days_of_month": [0]},
            ["schedule_days_of_month", "0", "1 to 31"],
        ),
        ({"schedule_type": "monthly", "schedule_days_of_month": [32]}, ["schedule_days_of_month", "32"]),
        ({"schedule_type": "minutes"}, ["schedule_minutes", "required"]),
        (
            {"schedule_minutes": "every_7_minutes"},
            ["schedule_minutes", "'every_7_minutes'", "every_25_minutes"],
        ),
        (
            {**MINUTES, "schedule_days_of_week": [1], "schedule_days_of_month": [2]},
            ["schedule_days_of_month", "[2]", "schedule_days_of_week", "[1]"],
        ),
        ({"destination_ids": ["ABCDEFG"]}, ["destination_ids", "'ABCDEFG'", "not found"]),
        ({"destination_ids": "A,B"}, ["destination_ids", "'A'"]),
        ({"notification_email": "john"}, ["notification_email", "'john'"]),
        ({"notification_email": "a@x.example,b"}, ["notification_email", "'b'"]),
        ({"notification_email": ",".join(["a@x.example"] * 21)}, ["notification_email", "20"]),
        ({"notification_webhook": "yourserver.com/hook"}, ["notification_webhook", "fully qualified"]),
        ({"notification_webhook": "ftp://x.example"}, ["notification_webhook", "'ftp://x.example'"]),
        ({"notification_webhook": "https://"}, ["notification_webhook"]),
        ({"notification_webhook": "https://x.example:99999/"}, ["notification_webhook", "99999"]),
        ({"notification_webhook": "https://x.example/a b"}, ["notification_webhook"]),
        ({"notification_webhook": "https://x.example/" + "a" * 2000}, ["notification_webhook"]),
        ({"notification_as_csv": "x"}, ["notification_as_csv", "'x'"]),
        ({"notification_csv_fields": "result.title,=cmd|x"}, ["notification_csv_fields", "'=cmd|x'"]),
        ({"notification_csv_fields": ",".join(["a"] * 501)}, ["notification_csv_fields", "500"]),
        ({"requests_type": "everything"}, ["requests_type", "'everything'", "mixed", "page"]),
        ({"requests": "page"}, ["requests", "'page'"]),
        ({"requests": {"type": "page"}}, ["requests", "array"]),
        ({"requests": [PAGE, "x"]}, ["requests[1]", "'x'", "object"]),
        ({"requests": [None]}, ["requests[0]", "None"]),
        ({"requests": [{}]}, ["requests[0].type", "None", "page"]),
        ({"requests": [{"type": "reviews_of_mine"}]}, ["requests[0].type", "'reviews_of_mine'", "page"]),
        ({"requests": [{"type": ["page"]}]}, ["requests[0].type", "['page']"]),
        ({"requests": [PAGE, {"type": "page"}]}, ["requests[1].url"]),
        ({"requests": [PAGE, PAGE, {**PAGE, "url": "no url"}]}, ["requests[2].url", "'no url'"]),
        ({"requests": [{**PAGE, "include_html": "perhaps"}]}, ["requests[0].include_html", "'perhaps'"]),
        ({"requests": [{**PAGE, "custom_id": "x" * 300}]}, ["requests[0].custom_id", "255"]),
        ({"requests": [{**PAGE, "note": "x" * 70_000}]}, ["requests[0]", "65536"]),
        ({"requests": [PAGE] * 1001}, ["1001", "1000"]),
    ],
)
def test_a_bad_setting_is_refused_by_name_and_value(
    caller: Caller, settings: dict[str, Any], says: list[str]
) -> None:
    message = caller.refused(400, "POST", "/collections", {"name": "x"} | settings)
    assert all(word in message for word in says), message
    assert len(message) < 700
    assert not Collection.objects.exists()
    if "requests" in settings:
        return
    made = caller.ok("POST", "/collections", {"name": "x"})["collection"]
    path = f"/collections/{made['id']}"
    if settings.get("name", "x") is None:
        settings = {"name": ""}
    message = caller.refused(400, "PUT", path, settings)
    assert all(word in message for word in says), message
    assert caller.ok("GET", path)["collection"] == made


def test_a_long_value_is_cut_in_the_message(caller: Caller) -> None:
    message = caller.refused(400, "POST", "/collections", {"name": "x", "priority": "y" * 100_000})
    assert "yyyy" in message
    assert len(message) < 400


def test_the_requests_type_never_changes(caller: Caller, new_collection: NewCollection) -> None:
    locked = f"/collections/{new_collection(requests_type='page')['id']}"
    message = caller.refused(400, "PUT", locked, {"requests_type": "mixed"})
    assert "requests_type has the value 'mixed'" in message
    assert "page" in message
    caller.ok("PUT", locked, {"requests_type": "page"})
    unlocked = f"/collections/{new_collection()['id']}"
    caller.refused(400, "PUT", unlocked, {"requests_type": "page"})
    caller.ok("PUT", unlocked, {"requests_type": "mixed"})


def test_a_locked_collection_takes_its_type_only(caller: Caller, new_collection: NewCollection) -> None:
    made = new_collection(requests_type="page", requests=[PAGE])
    path = f"/collections/{made['id']}"
    other = {"type": "search", "search_term": "x", "ebay_domain": "ebay.com"}
    message = caller.refused(400, "PUT", path, {"requests": [PAGE, other]})
    assert message.startswith("requests[1].type has the value 'search'")
    assert "locked" in message
    request = caller.ok("GET", f"{path}/requests/1")["requests"][0]["id"]
    assert "locked" in caller.refused(400, "PUT", f"{path}/{request}", other | {"url": None})
    assert caller.ok("GET", path)["collection"]["requests_total_count"] == 1


EDITS = [
    ("PUT", "", {"name": "y"}),
    ("PUT", "", {"requests": [PAGE]}),
    ("PUT", "/{request}", {"url": "https://shop.example/2"}),
    ("DELETE", "/{request}", None),
    ("DELETE", "/requests", ["{request}"]),
    ("DELETE", "/clear", None),
    ("DELETE", "", None),
]


@pytest.mark.parametrize(("verb", "path", "body"), EDITS)
def test_a_running_collection_is_not_changed(
    caller: Caller, new_collection: NewCollection, verb: str, path: str, body: Any
) -> None:
    made = new_collection(requests=[PAGE])
    base = f"/collections/{made['id']}"
    request = caller.ok("GET", f"{base}/requests/1")["requests"][0]["id"]
    caller.ok("GET", f"{base}/start")
    Run.objects.update(status=RunStatus.RUNNING)
    body = [request] if isinstance(body, list) else body
    assert "running" in caller.refused(400, verb, base + path.format(request=request), body)
    assert "running" in caller.refused(400, "GET", f"{base}/start")
    seen = caller.ok("GET", base)["collection"]
    assert seen == made | {"status": "running"}


@pytest.mark.parametrize(("verb", "path", "body"), EDITS)
def test_a_queued_collection_is_changed(
    caller: Caller, new_collection: NewCollection, verb: str, path: str, body: Any
) -> None:
    base = f"/collections/{new_collection(requests=[PAGE])['id']}"
    request = caller.ok("GET", f"{base}/requests/1")["requests"][0]["id"]
    caller.ok("GET", f"{base}/start")
    caller.ok(verb, base + path.format(request=request), [request] if isinstance(body, list) else body)


def test_an_added_request_counts_for_the_queued_run(caller: Caller, new_collection: NewCollection) -> None:
    base = f"/collections/{new_collection(requests=[PAGE])['id']}"
    caller.ok("GET", f"{base}/start")
    caller.ok("PUT", base, {"requests": [PAGE, PAGE]})
    assert Run.objects.get().request_count == 3


@pytest.mark.parametrize("status", [RunStatus.QUEUED, RunStatus.RUNNING])
def test_the_priority_stays_while_queued_or_running(
    caller: Caller, new_collection: NewCollection, status: str
) -> None:
    path = f"/collections/{new_collection(requests=[PAGE])['id']}"
    caller.ok("PUT", path, {"priority": "high"})
    caller.ok("GET", f"{path}/start")
    Run.objects.update(status=status)
    assert "running" in caller.refused(400, "PUT", path, {"priority": "low"})
    assert caller.ok("GET", path)["collection"]["priority"] == "high"
    if status == RunStatus.QUEUED:
        caller.ok("PUT", path, {"priority": "high", "name": "y"})
    Run.objects.update(status=RunStatus.STOPPED)
    assert caller.ok("PUT", path, {"priority": "low"})["collection"]["priority"] == "low"


def test_there_are_at_most_15000_requests_and_pages_count(
    caller: Caller, new_collection: NewCollection
) -> None:
    path = f"/collections/{new_collection()['id']}"
    search = {"type": "search", "search_term": "x", "ebay_domain": "ebay.com", "max_page": 100}
    made = caller.ok("PUT", path, {"requests": [search] * 149})["collection"]
    assert made["credits_required"] == 14_900
    assert made["requests_total_count"] == 149
    made = caller.ok("PUT", path, {"requests": [PAGE] * 100})["collection"]
    assert made["credits_required"] == 15_000
    message = caller.refused(400, "PUT", path, {"requests": [PAGE]})
    assert "15001" in message
    assert "15000" in message
    request = caller.ok("GET", f"{path}/requests/1")["requests"][0]["id"]
    caller.ok("PUT", f"{path}/{request}", {"max_page": "99"})
    caller.ok("PUT", path, {"requests": [PAGE]})
    assert "15001" in caller.refused(400, "PUT", f"{path}/{request}", {"max_page": "100"})


def test_there_are_at_most_100_requests_with_html(caller: Caller, new_collection: NewCollection) -> None:
    html = PAGE | {"include_html": "true"}
    path = f"/collections/{new_collection(requests=[html] + [PAGE] * 99)['id']}"
    assert "include_html" in caller.refused(400, "PUT", path, {"requests": [PAGE]})
    request = caller.ok("GET", f"{path}/requests/1")["requests"][0]["id"]
    caller.ok("PUT", f"{path}/{request}", {"include_html": "false"})
    caller.ok("PUT", path, {"requests": [PAGE]})
    assert "100" in caller.refused(400, "PUT", f"{path}/{request}", {"include_html": True})
    assert "100" in caller.refused(400, "POST", "/collections", {"name": "x", "requests": [html] * 101})


def test_an_account_has_at_most_10000_collections(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    assert collections.MAX_COLLECTIONS == 10_000
    assert requests.MAX_REQUESTS == 15_000
    monkeypatch.setattr(collections, "MAX_COLLECTIONS", 2)
    other = Account.objects.create(name="Other")
    collections.create(other, {"name": "x"})
    for name in "ab":
        caller.ok("POST", "/collections", {"name": name})
    assert "limit" in caller.refused(400, "POST", "/collections", {"name": "c"})


def test_a_meeting_of_ids_is_no_error(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    first = caller.ok("POST", "/collections", {"name": "a"})["collection"]["id"]
    ids = iter([first, first, "00000001"])
    monkeypatch.setattr(collections, "new_collection_id", lambda: next(ids))
    assert caller.ok("POST", "/collections", {"name": "b"})["collection"]["id"] == "00000001"
