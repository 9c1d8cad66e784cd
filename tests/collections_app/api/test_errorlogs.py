"""/errorlogs: written by failed real-time requests, listed by their account."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils.timezone import now

from collections_app.models import Account, ErrorLog
from collections_app.services import errorlogs
from tests.collections_app.api.conftest import Caller


def record(account: Account, **params: Any) -> None:
    errorlogs.record(
        account,
        {"type": "search", **params},
        api_url="http://testserver/request?type=search",
        engine_url="https://shop.example/search",
        result={"request_info": {"success": False, "error": "blocked"}},
    )


def test_a_log_is_listed_with_all_it_holds(caller: Caller) -> None:
    record(caller.account, search_term="tea")
    answer = caller.ok("GET", "/errorlogs")
    assert list(answer) == [
        "request_info",
        "logs",
        "page",
        "page_count_total",
        "results_count",
        "results_count_total",
    ]
    (log,) = answer["logs"]
    assert set(log) == {"id", "engine_url", "api_url", "date", "count", "parameters", "result"}
    assert log["parameters"] == {"type": "search", "search_term": "tea"}
    assert log["result"]["request_info"]["error"] == "blocked"
    assert log["count"] == 1
    assert log["date"].endswith("Z")


def test_the_same_request_again_is_counted_and_its_days_begin_anew(caller: Caller) -> None:
    record(caller.account, a="1", b="2")
    ErrorLog.objects.update(date=now() - timedelta(days=2))
    errorlogs.record(
        caller.account,
        {"b": "2", "a": "1", "type": "search"},
        api_url="new",
        engine_url="new",
        result={"n": 2},
    )
    log = ErrorLog.objects.get()
    assert log.count == 2
    assert log.date > now() - timedelta(minutes=1)
    assert (log.api_url, log.result) == ("new", {"n": 2})


def test_after_three_days_it_is_gone_and_begins_anew(caller: Caller) -> None:
    record(caller.account, a="1")
    record(caller.account, a="1")
    ErrorLog.objects.update(date=now() - timedelta(days=3, seconds=1))
    assert caller.ok("GET", "/errorlogs")["logs"] == []
    record(caller.account, a="1")
    assert ErrorLog.objects.get().count == 1


def test_logs_are_the_accounts_own(caller: Caller, make_caller: Callable[..., Caller]) -> None:
    other = make_caller("Others")
    record(caller.account, a="1")
    record(other.account, a="1")
    assert ErrorLog.objects.count() == 2
    assert caller.ok("GET", "/errorlogs")["results_count_total"] == 1


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("TEA", ["tea pot"]),
        ("pot tea", ["tea pot"]),
        ("café", ["café"]),
        ("tea café", []),
        ('"', ['a"b']),
        ("%", []),
        ("", None),
    ],
)
def test_logs_are_searched_in_their_parameters(caller: Caller, term: str, found: list[str] | None) -> None:
    terms = ["tea pot", "café", 'a"b']
    for each in terms:
        record(caller.account, search_term=each)
    logs = caller.ok("GET", "/errorlogs", search_term=term)["logs"]
    wanted = terms if found is None else found
    if term != '"':  # a quotation mark stands round every JSON text
        assert sorted(log["parameters"]["search_term"] for log in logs) == sorted(wanted)


def test_logs_come_in_pages_of_ten_newest_first(caller: Caller) -> None:
    for number in range(23):
        record(caller.account, n=number)
        ErrorLog.objects.filter(parameters__n=number).update(
            date=now() - timedelta(minutes=60 - number), count=number + 1
        )
    pages = [caller.ok("GET", "/errorlogs", page=page) for page in (1, 2, 3, 4)]
    assert [len(page["logs"]) for page in pages] == [10, 10, 3, 0]
    assert [page["page"] for page in pages] == [1, 2, 3, 4]
    assert {(page["page_count_total"], page["results_count_total"]) for page in pages} == {(3, 23)}
    assert [log["parameters"]["n"] for page in pages for log in page["logs"]] == list(range(22, -1, -1))


def test_logs_are_sorted_as_asked(caller: Caller) -> None:
    for number, count in enumerate([5, 9, 1]):
        record(caller.account, n=number)
        ErrorLog.objects.filter(parameters__n=number).update(
            date=now() - timedelta(minutes=number), count=count
        )

    def order(**query: str) -> list[int]:
        return [log["parameters"]["n"] for log in caller.ok("GET", "/errorlogs", **query)["logs"]]

    assert order(sort_by="count") == [1, 0, 2]
    assert order(sort_by="count", sort_direction="ascending") == [2, 0, 1]
    assert order(sort_by="date", sort_direction="ascending") == [2, 1, 0]
    assert order() == [0, 1, 2]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"page": "0"}, "page has the value 0"),
        ({"page": "x"}, "page has the value 'x'"),
        ({"sort_by": "size"}, "sort_by has the value 'size'"),
        ({"sort_direction": "up"}, "sort_direction has the value 'up'"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(caller: Caller, query: dict[str, str], says: str) -> None:
    assert says in caller.refused(400, "GET", "/errorlogs", **query)


def test_what_a_database_cannot_hold_is_left_out(caller: Caller) -> None:
    errorlogs.record(
        caller.account,
        {"a": "x\x00y"},
        api_url="",
        engine_url="",
        result={"message": "\ud800\x00", "list": ["\x00"]},
    )
    log = ErrorLog.objects.get()
    assert log.parameters == {"a": "xy"}
    assert log.result == {"message": "?", "list": [""]}
