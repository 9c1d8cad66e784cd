"""GET /collections: filters, sorting, pages, and a number of queries that does not grow."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from collections_app.models import Collection, ResultSet, Run
from collections_app.models.collections import Priority
from collections_app.models.runs import RunStatus, Trigger
from tests.collections_app.api.conftest import Caller

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAMES = ["Shoes, red", "shoes blue (EU)", "Akkugeräte", "100% wool_socks", "ÄPFEL & birnen"]


@pytest.fixture
def listed(caller: Caller, a_result_set: Callable[[str], ResultSet]) -> list[Collection]:
    """One collection a name, a day apart; statuses idle, queued, running, idle, idle; the fourth has results."""
    rows = []
    for day, name in enumerate(NAMES):
        made = caller.ok("POST", "/collections", {"name": name})["collection"]["id"]
        Collection.objects.filter(public_id=made).update(
            public_id=f"ABC0000{day}",
            created_at=START + timedelta(days=day),
            priority=[Priority.LOW, Priority.HIGHEST, Priority.NORMAL, Priority.LOW, Priority.HIGH][day],
        )
        rows.append(Collection.objects.get(public_id=f"ABC0000{day}"))
    for row, status in (
        (rows[1], RunStatus.QUEUED),
        (rows[2], RunStatus.RUNNING),
        (rows[0], RunStatus.STOPPED),
    ):
        Run.objects.create(collection=row, account=caller.account, status=status, trigger=Trigger.API)
    a_result_set(rows[3].public_id)
    Collection.objects.filter(pk=rows[3].pk).update(last_run_at=START + timedelta(days=10))
    Collection.objects.filter(pk=rows[0].pk).update(last_run_at=START + timedelta(days=11))
    Collection.objects.filter(pk=rows[4].pk).update(destination_ids=["371D9C46"])
    return rows


def found(caller: Caller, **query: Any) -> list[int]:
    """The places in NAMES of the collections listed, in their order."""
    answer = caller.ok("GET", "/collections", **query)
    assert answer["count_this_page"] == len(answer["collections"])
    return [NAMES.index(row["name"]) for row in answer["collections"]]


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ({}, {0, 1, 2, 3, 4}),
        ({"search_term": "SHOES"}, {0, 1}),
        ({"search_term": "blue shoes"}, {1}),
        ({"search_term": "shoes-red!"}, {0}),
        ({"search_term": "wool socks"}, {3}),
        ({"search_term": "äpfel"}, {4}),
        ({"search_term": "AKKUGERÄTE"}, {2}),
        ({"search_term": "abc00002"}, {2}),
        ({"search_term": "akku abc00002"}, {2}),
        ({"search_term": "abc00002 shoes"}, set()),
        ({"search_term": "%"}, {0, 1, 2, 3, 4}),
        ({"search_term": "   "}, {0, 1, 2, 3, 4}),
        ({"search_term": "shoes", "search_type": "contains"}, {0, 1}),
        ({"search_term": "SHOES,", "search_type": "starts_with"}, {0}),
        ({"search_term": "red", "search_type": "starts_with"}, set()),
        ({"search_term": "100%", "search_type": "starts_with"}, {3}),
        ({"search_term": "(eu)", "search_type": "ends_with"}, {1}),
        ({"search_term": "GERÄTE", "search_type": "ends_with"}, {2}),
        ({"search_term": ".", "search_type": "ends_with"}, set()),
        ({"search_term": "Shoes, red", "search_type": "exact"}, {0}),
        ({"search_term": "shoes, red", "search_type": "exact"}, set()),
        ({"search_term": "ABC00002", "search_type": "exact"}, set()),
        ({"status": "all"}, {0, 1, 2, 3, 4}),
        ({"status": "idle"}, {0, 3, 4}),
        ({"status": "queued"}, {1}),
        ({"status": "running"}, {2}),
        ({"only_with_results": "true"}, {3}),
        ({"only_with_results": "0"}, {0, 1, 2, 3, 4}),
        ({"only_without_results": "1"}, {0, 1, 2, 4}),
        ({"created_after": "2026-03-03T12:00:00.000Z"}, {3, 4}),
        ({"created_before": "2026-03-03T12:00:00.000Z"}, {0, 1}),
        ({"created_after": "2026-03-02", "created_before": "2026-03-04"}, {1, 2}),
        ({"created_after": "2026-03-05T12:00:00+02:00"}, {4}),
        ({"created_after": "2026-03-05T12:00:00 02:00"}, {4}),
        ({"search_term": "ä" * 500, "search_type": "starts_with"}, set()),
        ({"search_term": "a.b(" * 125, "search_type": "ends_with"}, set()),
        ({"search_term": "ö " * 250}, set()),
        ({"last_run_after": "2026-03-11T13:00:00Z"}, {0}),
        ({"last_run_before": "2026-03-11T13:00:00Z"}, {3}),
        ({"destination_id": "371D9C46"}, {4}),
        ({"destination_id": "371D"}, set()),
        ({"page": "", "status": "", "search_type": "", "source": "python"}, {0, 1, 2, 3, 4}),
        ({"search_term": "shoes", "status": "idle", "created_before": "2027-01-01"}, {0}),
    ],
)
def test_filters(caller: Caller, listed: list[Collection], query: dict[str, Any], places: set[int]) -> None:
    assert set(found(caller, **query)) == places
    assert caller.ok("GET", "/collections", **query)["total_count"] == len(places)


@pytest.mark.parametrize(
    ("sort_by", "places"),
    [
        ("created_at", [0, 1, 2, 3, 4]),
        ("last_run", [1, 2, 4, 3, 0]),
        ("priority", [1, 4, 2, 0, 3]),
        ("status", [0, 3, 4, 1, 2]),
    ],
)
def test_sorting(caller: Caller, listed: list[Collection], sort_by: str, places: list[int]) -> None:
    assert found(caller, sort_by=sort_by) == places
    assert found(caller, sort_by=sort_by, sort_direction="ascending") == places
    assert found(caller, sort_by=sort_by, sort_direction="descending") == places[::-1]


def test_by_default_names_are_sorted(caller: Caller) -> None:
    for name in ("beta", "alpha", "gamma"):
        caller.ok("POST", "/collections", {"name": name})
    names = [row["name"] for row in caller.ok("GET", "/collections")["collections"]]
    assert names == ["alpha", "beta", "gamma"]
    down = caller.ok("GET", "/collections", sort_direction="descending", sort_by="name")
    assert [row["name"] for row in down["collections"]] == names[::-1]


def test_pages(caller: Caller) -> None:
    for number in range(27):
        caller.ok("POST", "/collections", {"name": f"{number:02}"})
    first = caller.ok("GET", "/collections")
    assert [row["name"] for row in first["collections"]] == [f"{number:02}" for number in range(25)]
    assert {key: first[key] for key in ("total_count", "total_pages", "current_page", "count_this_page")} == {
        "total_count": 27,
        "total_pages": 2,
        "current_page": 1,
        "count_this_page": 25,
    }
    second = caller.ok("GET", "/collections", page=2)
    assert [row["name"] for row in second["collections"]] == ["25", "26"]
    beyond = caller.ok("GET", "/collections", page=3)
    assert beyond["collections"] == []
    assert beyond["total_pages"] == 2
    assert caller.ok("GET", "/collections", page_size=1000)["total_pages"] == 1
    assert caller.ok("GET", "/collections", page_size=10, page=3)["count_this_page"] == 7
    assert caller.ok("GET", "/collections", search_term="nothing")["total_pages"] == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("page", "0"),
        ("page", "x"),
        ("page", "9" * 30),
        ("page_size", "0"),
        ("page_size", "1001"),
        ("sort_by", "size"),
        ("sort_direction", "up"),
        ("status", "failed"),
        ("search_type", "regex"),
        ("only_with_results", "maybe"),
        ("created_before", "yesterday"),
        ("created_after", "2026-13-01T00:00:00Z"),
        ("created_after", "0001-01-01T00:00:00+14:00"),
        ("last_run_before", "9999-12-31T23:59:59-14:00"),
    ],
)
def test_a_bad_filter_is_refused_with_its_value(caller: Caller, name: str, value: str) -> None:
    message = caller.refused(400, "GET", "/collections", search_term="x", **{name: value})
    assert message.startswith((f"{name} has the value '{value}'", f"{name} has the value {value}"))


def test_a_term_without_end_is_refused(caller: Caller) -> None:
    assert "500" in caller.refused(400, "GET", "/collections", search_term="x" * 501)


def test_a_contradiction_is_refused(caller: Caller) -> None:
    query = {"only_with_results": 1, "only_without_results": 1}
    assert "only_without_results" in caller.refused(400, "GET", "/collections", **query)


def test_the_number_of_queries_does_not_grow(
    caller: Caller,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    a_result_set: Callable[[str], ResultSet],
) -> None:
    page = {"type": "page", "url": "https://shop.example/"}
    for number in range(30):
        settings = {"name": str(number), "schedule_type": "daily", "requests": [page]}
        made = caller.ok("POST", "/collections", settings)["collection"]["id"]
        a_result_set(made)
        caller.ok("GET", f"/collections/{made}/start")
    caller.ok("GET", "/collections")  # notes the key's use
    # the key, the count, the page
    with django_assert_max_num_queries(3):
        rows = caller.ok("GET", "/collections", page_size=1000, sort_by="status")["collections"]
    assert len(rows) == 30
    assert {row["status"] for row in rows} == {"queued"}
    assert {row["results_count"] for row in rows} == {1}
    # the key, the collection, the collection as it is seen
    with django_assert_max_num_queries(3):
        caller.ok("GET", f"/collections/{rows[0]['id']}")


def test_an_expired_result_set_is_none(
    caller: Caller, listed: list[Collection], a_result_set: Callable[[str], ResultSet]
) -> None:
    assert found(caller, only_with_results=1) == [3]
    ResultSet.objects.update(expires_at=START)
    assert found(caller, only_with_results=1) == []
    assert caller.ok("GET", f"/collections/{listed[3].public_id}")["collection"]["results_count"] == 0
