"""A collection's requests over the API: add, list, find, update, delete, clear."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from collections_app.models import Collection, CollectionRequest
from collections_app.services import requests
from tests.collections_app.api.conftest import Caller, Json, NewCollection

SEARCH = {"type": "search", "search_term": "mugs", "ebay_domain": "ebay.de"}
PRODUCT = {
    "type": "product",
    "epid": "233599133856",
    "ebay_domain": "ebay.com",
    "custom_id": "MyCustomID_001",
}


def page(number: int, **params: Any) -> Json:
    return {"type": "page", "url": f"https://shop.example/{number}"} | params


def counters(collection_id: str) -> dict[str, Any]:
    row = Collection.objects.get(public_id=collection_id)
    return {
        "requests": row.request_count,
        "pages": row.page_count,
        "html": row.html_count,
        "types": row.requests_per_type,
        "type": row.requests_type,
    }


def test_added_requests_are_listed_as_they_were_sent(caller: Caller, new_collection: NewCollection) -> None:
    path = f"/collections/{new_collection()['id']}"
    sent = [
        PRODUCT,
        SEARCH | {"num": "60", "unheard_of": {"b": [1.5, None], "a": "ü"}},
        page(1, include_html="True"),
    ]
    added = caller.ok("PUT", path, {"requests": sent})["collection"]
    assert added["requests_total_count"] == 3
    assert added["requests_page_count"] == 1
    answer = caller.ok("GET", f"{path}/requests/1")
    assert [{key: value for key, value in row.items() if key != "id"} for row in answer["requests"]] == sent
    assert list(answer["requests"][0]) == [*PRODUCT, "id"]
    assert answer["collection_id"] == path.removeprefix("/collections/")
    assert answer["requests_page_current"] == answer["requests_page_count"] == 1
    assert answer["requests_total_count"] == 3
    assert len({row["id"] for row in answer["requests"]}) == 3


def test_ids_and_keys_among_the_parameters_are_not_stored(
    caller: Caller, new_collection: NewCollection
) -> None:
    base = f"/collections/{new_collection(requests=[page(1)])['id']}"
    listed = caller.ok("GET", f"{base}/requests/1")["requests"]
    caller.ok("PUT", base, {"requests": [listed[0] | {"api_key": caller.key}]})
    first, second = caller.ok("GET", f"{base}/requests/1")["requests"]
    assert first["id"] != second["id"]
    assert "api_key" not in second


def test_a_bare_array_adds_requests(caller: Caller, new_collection: NewCollection) -> None:
    path = f"/collections/{new_collection()['id']}"
    assert caller.ok("PUT", path, [page(1), page(2)])["collection"]["requests_total_count"] == 2


def test_adding_is_all_or_nothing_and_names_the_index(caller: Caller, new_collection: NewCollection) -> None:
    made = new_collection()
    sent = [page(number) for number in range(500)]
    sent[437] = SEARCH | {"ebay_domain": "ebay.xyz"}
    message = caller.refused(400, "PUT", f"/collections/{made['id']}", {"requests": sent})
    assert message.startswith("requests[437].ebay_domain has the value 'ebay.xyz'")
    assert "ebay.de" in message
    assert not CollectionRequest.objects.exists()
    assert counters(made["id"])["requests"] == 0


def test_a_thousand_are_added_in_few_statements(
    caller: Caller, new_collection: NewCollection, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    path = f"/collections/{new_collection()['id']}"
    with django_assert_max_num_queries(30):
        caller.ok("PUT", path, {"requests": [page(number) for number in range(1000)]})
    assert caller.ok("PUT", path, {"requests": [page(1000)]})["collection"]["requests_page_count"] == 2
    first = caller.ok("GET", f"{path}/requests/1")
    assert [row["url"] for row in first["requests"]] == [page(number)["url"] for number in range(1000)]
    second = caller.ok("GET", f"{path}/requests/2")
    assert [row["url"] for row in second["requests"]] == [page(1000)["url"]]
    beyond = caller.ok("GET", f"{path}/requests/3")
    assert beyond["requests"] == []
    assert beyond["requests_page_count"] == 2
    caller.ok("GET", f"{path}/requests/999999999")
    assert "page" in caller.refused(400, "GET", f"{path}/requests/0")
    assert "page" in caller.refused(400, "GET", f"{path}/requests/{'9' * 40}")


@pytest.mark.parametrize(
    ("q", "places"),
    [
        ("MYCUSTOMID", [1]),
        ("mug", [0]),
        ("ebay.", [0, 1]),
        ("äPF", [2]),
        ("25,5", [3]),
        ('say "hi"', [3]),
        ("deep", [3]),
        ("true", [2]),
        ("custom_id", []),
        ("  mugs ", [0]),
        ("", [0, 1, 2, 3]),
        ("page", [2, 3]),
    ],
)
def test_find_looks_into_every_value(
    caller: Caller, new_collection: NewCollection, q: str, places: list[int]
) -> None:
    odd = page(3, custom_id='€25,5 say "hi"', unheard_of={"a": [{"b": "DEEP"}]})
    sent = [SEARCH, PRODUCT, page(2, custom_id="ÄPFEL", include_html=True), odd]
    path = f"/collections/{new_collection(requests=sent)['id']}/requests/1"
    answer = caller.ok("GET", path, q=q)
    found = [{key: value for key, value in row.items() if key != "id"} for row in answer["requests"]]
    assert found == [sent[place] for place in places]
    assert answer["requests_total_count"] == len(places)
    assert answer["requests_page_count"] == min(1, len(places))


def test_found_requests_come_by_page(
    caller: Caller, new_collection: NewCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/collections/{new_collection(requests=[page(n, custom_id='it') for n in range(7)] + [page(9)])['id']}"
    monkeypatch.setattr(requests, "PAGE_ROWS", 3)
    answer = caller.ok("GET", f"{path}/requests/3", q="it")
    assert [row["url"] for row in answer["requests"]] == [page(6)["url"]]
    assert answer["requests_page_count"] == 3


@pytest.mark.parametrize("form", [False, True])
def test_one_request_is_updated(caller: Caller, new_collection: NewCollection, form: bool) -> None:
    made = new_collection(requests=[SEARCH, PRODUCT])
    base = f"/collections/{made['id']}"
    before = caller.ok("GET", f"{base}/requests/1")["requests"]
    changes = {"search_term": "Tassen & Becher", "max_page": "3"}
    answer = caller.ok("PUT", f"{base}/{before[0]['id']}", changes, form=form)
    assert answer["request"] == changes
    after = caller.ok("GET", f"{base}/requests/1")["requests"]
    assert after == [before[0] | changes, before[1]]
    assert counters(made["id"])["pages"] == 4
    caller.ok("PUT", f"{base}/{before[0]['id']}", {"max_page": None, "id": "other"})
    assert "max_page" not in caller.ok("GET", f"{base}/requests/1")["requests"][0]
    assert counters(made["id"])["pages"] == 2


def test_a_bad_update_changes_nothing(caller: Caller, new_collection: NewCollection) -> None:
    base = f"/collections/{new_collection(requests=[SEARCH])['id']}"
    (before,) = caller.ok("GET", f"{base}/requests/1")["requests"]
    message = caller.refused(400, "PUT", f"{base}/{before['id']}", {"max_page": "101"})
    assert message.startswith("request.max_page has the value 101")
    assert "search_term" in caller.refused(400, "PUT", f"{base}/{before['id']}", {"search_term": None})
    assert "array" in caller.refused(400, "PUT", f"{base}/{before['id']}", [{"search_term": "x"}])
    assert caller.ok("GET", f"{base}/requests/1")["requests"] == [before]


def test_counters_and_detected_type_follow_every_change(
    caller: Caller, new_collection: NewCollection
) -> None:
    made = new_collection(requests=[SEARCH | {"max_page": 2}, page(1, include_html="1")])
    base = f"/collections/{made['id']}"
    assert counters(made["id"]) == {
        "requests": 2,
        "pages": 3,
        "html": 1,
        "types": {"search": 1, "page": 1},
        "type": "mixed",
    }
    first, second = caller.ok("GET", f"{base}/requests/1")["requests"]
    caller.ok("DELETE", f"{base}/{first['id']}")
    assert counters(made["id"]) == {
        "requests": 1,
        "pages": 1,
        "html": 1,
        "types": {"page": 1},
        "type": "page",
    }
    caller.ok("PUT", f"{base}/{second['id']}", {"include_html": ""})
    assert counters(made["id"])["html"] == 0
    caller.ok("DELETE", f"{base}/clear")
    empty = {"requests": 0, "pages": 0, "html": 0, "types": {}, "type": "mixed"}
    assert counters(made["id"]) == empty
    caller.ok("DELETE", f"{base}/clear")
    assert counters(made["id"]) == empty


def test_positions_are_never_used_again(caller: Caller, new_collection: NewCollection) -> None:
    base = f"/collections/{new_collection(requests=[page(1), page(2)])['id']}"
    caller.ok("DELETE", f"{base}/clear")
    caller.ok("PUT", base, {"requests": [page(3)]})
    assert CollectionRequest.objects.get().position == 3


def test_one_request_is_deleted(caller: Caller, new_collection: NewCollection) -> None:
    base = f"/collections/{new_collection(requests=[page(1), page(2)])['id']}"
    first, second = caller.ok("GET", f"{base}/requests/1")["requests"]
    assert caller.ok("DELETE", f"{base}/{first['id']}")["request_info"]["message"] == "Request deleted"
    assert caller.ok("GET", f"{base}/requests/1")["requests"] == [second]
    assert caller.refused(404, "DELETE", f"{base}/{first['id']}") == (
        f"No Request with ID '{first['id']}' was found in this Collection, please check the ID and try again"
    )
    assert "was found" in caller.refused(
        404, "PUT", f"{base}/{first['id']}", {"url": "https://shop.example/"}
    )


def test_many_requests_are_deleted_at_once(caller: Caller, new_collection: NewCollection) -> None:
    made = new_collection(requests=[page(number) for number in range(1000)])
    base = f"/collections/{made['id']}"
    ids = [row["id"] for row in caller.ok("GET", f"{base}/requests/1")["requests"]]
    answer = caller.ok("DELETE", f"{base}/requests", [*ids[:700], ids[0], "NOTTHERE"])
    assert answer["request_info"]["message"] == "700 Requests deleted"
    assert answer["requests_deleted"] == 700
    assert [row["id"] for row in caller.ok("GET", f"{base}/requests/1")["requests"]] == ids[700:]
    assert counters(made["id"])["requests"] == 300
    assert ids[0] in caller.refused(404, "DELETE", f"{base}/requests", ids[:2])
    assert caller.ok("GET", base)["collection"]["requests_total_count"] == 300


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ([], "empty"),
        ([1], "[0] has the value 1"),
        (["A", None], "[1]"),
        ({}, "array"),
        ({"requests": []}, "array"),
    ],
)
def test_a_bad_list_of_ids_is_refused(
    caller: Caller, new_collection: NewCollection, body: Any, says: str
) -> None:
    path = f"/collections/{new_collection(requests=[page(1)])['id']}"
    assert says in caller.refused(400, "DELETE", f"{path}/requests", body)
    assert caller.ok("GET", path)["collection"]["requests_total_count"] == 1


def test_requests_of_another_collection_are_not_there(caller: Caller, new_collection: NewCollection) -> None:
    one = f"/collections/{new_collection(requests=[page(1)])['id']}"
    other = f"/collections/{new_collection(requests=[page(2)])['id']}"
    request = caller.ok("GET", f"{other}/requests/1")["requests"][0]["id"]
    caller.refused(404, "PUT", f"{one}/{request}", {"url": "https://shop.example/"})
    caller.refused(404, "DELETE", f"{one}/{request}")
    caller.refused(404, "DELETE", f"{one}/requests", [request])
    assert CollectionRequest.objects.count() == 2
