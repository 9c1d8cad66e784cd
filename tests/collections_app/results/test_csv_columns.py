"""Which columns a CSV has when nobody named any."""

from typing import Any

import orjson
import pytest

from collections_app.models import Collection, CollectionRequest
from collections_app.services import csv_columns

SHOP = "https://shop.example/"


def add(collection: Collection, *requests: dict[str, Any]) -> None:
    for request in requests:
        CollectionRequest.objects.create(
            collection=collection,
            position=collection.next_position,
            type=request["type"],
            params=orjson.dumps(request).decode(),
        )
        collection.next_position += 1
        collection.requests_per_type[request["type"]] = 1
    collection.save()


def extracted(collection: Collection) -> list[str]:
    columns = csv_columns.default(collection)
    return [c.removeprefix("result.extracted.") for c in columns if c.startswith("result.extracted")]


@pytest.mark.django_db
def test_what_a_page_extracts_has_columns_of_its_own(collection: Collection) -> None:
    cards = {"css": ".card", "list": True, "fields": {"title": "h2", "price": {"css": ".p", "type": "price"}}}
    add(
        collection,
        {"type": "page", "url": SHOP, "extract": {"name": "h1", "price": {"css": ".p", "type": "price"}}},
        {"type": "page", "url": SHOP, "extract": {"name": "h1", "cards": cards}},
        {"type": "page", "url": SHOP},
    )
    assert extracted(collection) == [
        "name",
        "price.value",
        "price.currency",
        "price.raw",
        "cards.title",
        "cards.price.value",
        "cards.price.currency",
        "cards.price.raw",
    ]


@pytest.mark.django_db
def test_names_that_cannot_be_columns_are_left_out(collection: Collection) -> None:
    add(collection, {"type": "page", "url": SHOP, "extract": {"a,b": "h1", "fine": "h2"}})
    assert extracted(collection) == ["fine"]


@pytest.mark.django_db
def test_requests_that_extract_nothing_leave_the_types_other_columns(collection: Collection) -> None:
    add(collection, {"type": "page", "url": SHOP})
    columns = csv_columns.default(collection)
    assert "result.title" in columns
    assert extracted(collection) == []


@pytest.mark.django_db
def test_a_request_that_is_no_longer_valid_does_not_break_the_columns(collection: Collection) -> None:
    add(collection, {"type": "page", "url": "not a url", "extract": {"name": "h1"}})
    assert "result.title" in csv_columns.default(collection)
