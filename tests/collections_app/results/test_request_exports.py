"""A collection's requests as files."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import orjson
import pytest
import time_machine
from django.test import Client
from django.utils.timezone import now

from collections_app.models import Account, Collection, CollectionRequest
from collections_app.services.accounts import create_key
from tests.collections_app.api.conftest import Caller

Fill = Callable[..., list[CollectionRequest]]


@pytest.fixture
def caller(account: Account) -> Caller:
    return Caller(account, create_key(account)[1])


@pytest.fixture
def fill(collection: Collection) -> Fill:
    def add(count: int, **params: object) -> list[CollectionRequest]:
        Collection.objects.filter(pk=collection.pk).update(request_count=count)
        return CollectionRequest.objects.bulk_create(
            CollectionRequest(
                collection=collection,
                position=n,
                type="search",
                params=orjson.dumps({"type": "search", "search_term": f"drill {n}", **params}).decode(),
            )
            for n in range(1, count + 1)
        )

    return add


def links(caller: Caller, collection: Collection, format: str = "json") -> list[str]:
    answer = caller.ok("GET", f"/collections/{collection.public_id}/requests/{format}")
    return [urlsplit(link).path for link in answer["download_links"]["pages"]]


def test_links_to_files_of_a_thousand_requests(caller: Caller, collection: Collection, fill: Fill) -> None:
    made = fill(1001)
    answer = caller.ok("GET", f"/collections/{collection.public_id}/requests/json")
    assert answer["collection_id"] == collection.public_id
    assert (answer["requests_total_count"], answer["requests_page_count"]) == (1001, 2)
    first, second = answer["download_links"]["pages"]
    assert first.startswith("http://testserver/requests/")
    assert first.endswith(f"/Collection_Requests_{collection.public_id}_Page_1.json")
    web = Client()
    response = web.get(urlsplit(first).path)
    assert response["Content-Type"] == "application/json"
    assert response["Content-Length"] == str(len(response.content))
    assert response["Content-Disposition"].startswith("attachment; filename=")
    assert response["Cache-Control"] == "private"
    rows = response.json() + web.get(urlsplit(second).path).json()
    assert [row["id"] for row in rows] == [row.public_id for row in made]
    assert rows[1000] == {"type": "search", "search_term": "drill 1001", "id": made[1000].public_id}


def test_the_csv_has_a_column_for_every_parameter(caller: Caller, collection: Collection, fill: Fill) -> None:
    made = fill(2, custom_id="=cmd()", facets=["a", "b"])
    CollectionRequest.objects.filter(pk=made[1].pk).update(
        params='{"type":"page","url":"http://shop.example/,"}'
    )
    [link] = links(caller, collection, "csv")
    response = Client().get(link)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert list(csv.reader(io.StringIO(response.content.decode(), newline=""))) == [
        ["type", "search_term", "custom_id", "facets", "id", "url"],
        ["search", "drill 1", "'=cmd()", "a, b", made[0].public_id, ""],
        ["page", "", "", "", made[1].public_id, "http://shop.example/,"],
    ]


@pytest.mark.parametrize("format", ["json", "csv"])
def test_no_requests_are_no_pages(caller: Caller, collection: Collection, format: str) -> None:
    answer = caller.ok("GET", f"/collections/{collection.public_id}/requests/{format}")
    assert (answer["requests_page_count"], answer["download_links"]) == (0, {"pages": []})


def test_a_link_ends_after_a_day(caller: Caller, collection: Collection, fill: Fill) -> None:
    fill(1)
    [link] = links(caller, collection)
    with time_machine.travel(now() + timedelta(hours=23, minutes=59)):
        assert Client().get(link).status_code == 200
    with time_machine.travel(now() + timedelta(hours=24, minutes=1)):
        response = Client().get(link)
    assert response.status_code == 410
    assert response.json()["request_info"]["message"] == "This link has expired: ask for a new one"


def test_a_link_opens_its_collection_and_no_other(caller: Caller, collection: Collection, fill: Fill) -> None:
    fill(1)
    other = Collection.objects.create(account=collection.account, name="Other", request_count=1)
    [link] = links(caller, collection)
    token = link.split("/")[2]
    name = f"Collection_Requests_{collection.public_id}"
    for path in (
        link.replace(collection.public_id, other.public_id),
        f"/requests/{token}/{name}_Page_2.json",
        f"/requests/{token}/{name}_Page_0.json",
        f"/requests/{token}/{name}_Page_1.xml",
        f"/requests/{token[:-1]}/{name}_Page_1.json",
        f"/requests/x{token}/{name}_Page_1.json",
        f"/requests/1/{name}_Page_1.json",
    ):
        response = Client().get(path)
        assert response.status_code == 404, path
        assert response.json()["request_info"]["success"] is False
    Collection.objects.filter(pk=collection.pk).delete()
    assert Client().get(link).status_code == 404


@pytest.mark.parametrize("format", ["json", "csv"])
def test_another_accounts_requests_are_not_found(collection: Collection, format: str) -> None:
    stranger = Account.objects.create(name="Stranger")
    caller = Caller(stranger, create_key(stranger)[1])
    caller.refused(404, "GET", f"/collections/{collection.public_id}/requests/{format}")
