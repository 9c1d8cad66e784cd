"""What real clients do and rely on (contract: compatibility checklist), one test each."""

import json
import re
from collections.abc import Callable
from urllib.parse import urlencode

import pytest

from collections_app.models import Collection, ResultSet
from tests.collections_app.api.conftest import Caller, NewCollection

PAGE = {"type": "page", "url": "https://shop.example/1"}


def test_the_key_is_taken_from_the_query_with_every_verb(caller: Caller) -> None:
    made = caller.ok("POST", "/collections", {"name": "x", "requests": [PAGE]})["collection"]["id"]
    caller.ok("GET", f"/collections/{made}")
    caller.ok("PUT", f"/collections/{made}", {"name": "y"})
    caller.ok("DELETE", f"/collections/{made}")


def test_python_posts_json_without_content_type_and_adds_its_source(caller: Caller) -> None:
    """The official Python client: requests.post(url, json.dumps(body)), with "source" in body and query."""
    url = f"/collections?{urlencode({'api_key': caller.key, 'source': 'python'})}"
    body = json.dumps({"name": "x", "enabled": "True", "source": "python"})
    answer = caller.client.generic("POST", url, body, content_type="")
    assert answer.status_code == 200
    assert answer.json()["collection"]["enabled"] is True


def test_php_posts_booleans_as_1_and_nothing(caller: Caller) -> None:
    """http_build_query(["enabled" => false, "notification_as_csv" => true, "schedule_hours" => [9, 17]])"""
    body = b"name=x&enabled=&notification_as_csv=1&schedule_type=daily&schedule_hours%5B0%5D=9&schedule_hours%5B1%5D=17"
    made = caller.ok("POST", "/collections", body, kind="application/x-www-form-urlencoded")["collection"]
    assert made["enabled"] is False
    assert made["notification_as_csv"] is True
    assert made["schedule_hours"] == [9, 17]


@pytest.mark.parametrize("word", ["True", "true", "TRUE", "1", 1, True])
def test_booleans_come_in_every_spelling(caller: Caller, word: object) -> None:
    made = caller.ok("POST", "/collections", {"name": "x", "notification_as_jsonlines": word})["collection"]
    assert made["notification_as_jsonlines"] is True


def test_trailing_slashes_are_accepted(caller: Caller) -> None:
    made = caller.ok("POST", "/collections/", {"name": "x", "requests": [PAGE]})["collection"]["id"]
    for path in ("/", "/start/", "/stop/", "/requests/1/", "/schedule/"):
        caller.ok("GET", f"/collections/{made}{path}")
    caller.ok("PUT", f"/collections/{made}/", {"name": "y"})
    caller.ok("DELETE", f"/collections/{made}/clear/")
    caller.ok("DELETE", f"/collections/{made}/")
    caller.ok("GET", "/collections/")
    caller.ok("GET", "/account/")


def test_counts_and_type_are_there_in_both_spellings(caller: Caller, new_collection: NewCollection) -> None:
    made = new_collection(requests=[PAGE])
    listed = caller.ok("GET", "/collections")["collections"][0]
    for seen in (made, listed, caller.ok("GET", f"/collections/{made['id']}")["collection"]):
        assert seen["requests_total_count"] == seen["request_total_count"] == 1
        assert seen["requests_page_count"] == seen["request_page_count"] == 1
        assert seen["requests_type"] == seen["request_type"] == "page"
        assert seen["requests_type_locked"] is seen["request_type_locked"] is False
        assert seen["requests_per_type_count"] == {"page": 1}


def test_an_update_answers_the_new_page_count_at_once(caller: Caller, new_collection: NewCollection) -> None:
    path = f"/collections/{new_collection(requests=[PAGE] * 1000)['id']}"
    assert caller.ok("PUT", path, {"requests": [PAGE]})["collection"]["requests_page_count"] == 2


def test_a_client_that_waits_while_idle_does_not_wait_for_ever(
    caller: Caller, new_collection: NewCollection
) -> None:
    path = f"/collections/{new_collection(requests=[PAGE])['id']}"
    caller.ok("GET", f"{path}/start")
    assert caller.ok("GET", path)["collection"]["status"] != "idle"


def test_the_last_run_changes_with_the_end_of_the_run(
    caller: Caller, new_collection: NewCollection, a_result_set: Callable[[str], ResultSet]
) -> None:
    made = new_collection(requests=[PAGE])["id"]
    assert "last_run" not in caller.ok("GET", f"/collections/{made}")["collection"]
    a_result_set(made)
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
        caller.ok("GET", f"/collections/{made}")["collection"]["last_run"],
    )


def test_the_newest_result_set_is_the_one_before_the_next(
    caller: Caller, new_collection: NewCollection, a_result_set: Callable[[str], ResultSet]
) -> None:
    made = new_collection(requests=[PAGE])["id"]
    numbers = [a_result_set(made).number for _ in range(3)]
    assert caller.ok("GET", f"/collections/{made}")["collection"]["next_result_set_id"] - 1 == numbers[-1]


def test_requests_are_deleted_with_a_json_array(caller: Caller, new_collection: NewCollection) -> None:
    path = f"/collections/{new_collection(requests=[PAGE])['id']}"
    ids = [row["id"] for row in caller.ok("GET", f"{path}/requests/1")["requests"]]
    for kind in ("application/json", ""):
        caller.ok("PUT", path, {"requests": [PAGE]})
        ids = [row["id"] for row in caller.ok("GET", f"{path}/requests/1")["requests"]]
        caller.ok("DELETE", f"{path}/requests", json.dumps(ids).encode(), kind=kind)


def test_a_page_beyond_the_end_is_empty_and_no_error(caller: Caller, new_collection: NewCollection) -> None:
    path = f"/collections/{new_collection()['id']}"
    assert caller.ok("GET", f"{path}/requests/1")["requests"] == []
    assert caller.ok("GET", f"{path}/requests/7")["requests"] == []


def test_a_busy_collection_says_running(caller: Caller, new_collection: NewCollection) -> None:
    path = f"/collections/{new_collection(requests=[PAGE])['id']}"
    caller.ok("GET", f"{path}/start")
    assert "running" in caller.refused(400, "GET", f"{path}/start")


def test_errors_are_json_too(caller: Caller) -> None:
    """Python and Go decode whatever the status; Node and PHP throw request_info.message."""
    for verb, path in (("GET", "/nowhere"), ("PATCH", "/collections"), ("GET", "/collections/NONE")):
        assert caller.refused(404, verb, path)


def test_only_a_name_is_enough(caller: Caller) -> None:
    caller.ok("POST", "/collections", {"name": "x"})
    caller.ok("POST", "/collections", {"name": "y", "schedule_type": "manual"})
    assert Collection.objects.count() == 2
