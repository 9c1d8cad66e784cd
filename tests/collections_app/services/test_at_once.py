"""Several callers change one collection, or fill one account, at the same moment: the counters stay true."""

from collections.abc import Callable
from threading import Barrier, Thread

import pytest
from django.db import connection

from collections_app.models import Account, ApiKey, Collection, CollectionRequest
from collections_app.services import collections, requests
from collections_app.services.accounts import create_key
from collections_app.services.errors import Refused

pytestmark = pytest.mark.django_db(transaction=True)
CALLERS = 6


def together(act: Callable[[int], object]) -> list[Exception]:
    """Let CALLERS threads act at once; the errors they met."""
    barrier, errors = Barrier(CALLERS), []

    def one(number: int) -> None:
        try:
            barrier.wait()
            act(number)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [Thread(target=one, args=(number,)) for number in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def page(number: int) -> dict[str, object]:
    return {"type": "page", "url": f"https://shop.example/{number}"}


@pytest.fixture
def collection() -> Collection:
    return collections.create(Account.objects.create(name="A"), {"name": "x"})


def test_added_at_once_all_are_there_and_counted(collection: Collection) -> None:
    def add(number: int) -> None:
        for part in range(5):
            requests.add(collection, [page(100 * number + part) for _ in range(20)])

    assert together(add) == []
    collection.refresh_from_db()
    positions = list(CollectionRequest.objects.values_list("position", flat=True))
    assert sorted(positions) == list(range(1, CALLERS * 100 + 1))
    assert collection.request_count == collection.page_count == CALLERS * 100
    assert collection.next_position == CALLERS * 100 + 1


def test_added_and_deleted_at_once_the_counters_agree_with_the_rows(collection: Collection) -> None:
    def act(number: int) -> None:
        for _ in range(4):
            rows = requests.add(collection, [page(number)] * 10)
            requests.delete_many(collection, [row.public_id for row in rows[:5]])

    assert together(act) == []
    collection.refresh_from_db()
    assert collection.request_count == CollectionRequest.objects.count() == CALLERS * 20


def test_the_limit_of_requests_holds_when_all_come_at_once(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "MAX_REQUESTS", 45)
    errors = together(lambda number: requests.add(collection, [page(number)] * 10))
    assert len(errors) == CALLERS - 4
    assert all(isinstance(error, Refused) for error in errors)
    collection.refresh_from_db()
    assert collection.request_count == CollectionRequest.objects.count() == 40


def test_the_last_free_place_of_an_account_is_taken_once(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account.objects.create(name="A")
    monkeypatch.setattr(collections, "MAX_COLLECTIONS", 2)
    errors = together(lambda number: collections.create(account, {"name": str(number)}))
    assert len(errors) == CALLERS - 2
    assert all(isinstance(error, Refused) for error in errors)
    assert Collection.objects.count() == 2


def test_a_collection_is_deleted_once_and_the_others_hear_that_it_is_gone(collection: Collection) -> None:
    requests.add(collection, [page(1)])
    errors = together(lambda _: collections.delete(collection))
    assert [error.status for error in errors if isinstance(error, Refused)] == [404] * (CALLERS - 1)
    assert not Collection.objects.exists()


def test_the_same_preset_key_is_made_once() -> None:
    account = Account.objects.create(name="A")
    assert together(lambda _: create_key(account, key="preset")) == []
    assert ApiKey.objects.count() == 1
