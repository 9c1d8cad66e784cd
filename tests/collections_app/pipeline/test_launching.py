"""Runs come into being once, and stop at once."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from collections_app.models import Account, Collection, Fire, Run
from collections_app.services.dispatching import dispatch
from collections_app.services.launching import launch, launch_due, stop, stop_all

MakeCollection = Callable[..., Collection]
Rings = list[tuple[str, tuple[object, ...], int]]
NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.django_db(transaction=True)
def test_a_launch_queues_a_run_and_rings_after_commit(make_collection: MakeCollection, rings: Rings) -> None:
    collection = make_collection(3, priority=1)
    run = launch(collection, "api")
    assert run is not None
    assert (run.status, run.priority, run.request_count) == ("queued", 1, 3)
    assert rings == [("dispatch", (collection.account_id,), 1)]


@pytest.mark.django_db
def test_a_second_launch_finds_the_collection_busy(make_collection: MakeCollection) -> None:
    collection = make_collection()
    assert launch(collection, "api") is not None
    assert launch(collection, "api") is None
    assert Run.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_starts_at_once_exactly_one_wins(make_collection: MakeCollection) -> None:
    collection = make_collection()
    won: list[Run | None] = []
    gate = threading.Barrier(8)

    def start() -> None:
        gate.wait()
        try:
            won.append(launch(collection, "api"))
        finally:
            connection.close()

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 8
    assert sum(run is not None for run in won) == 1
    assert Run.objects.count() == 1


@pytest.mark.django_db
def test_what_is_due_is_launched_together_and_written_down(make_collection: MakeCollection) -> None:
    one, two, empty, off = (
        make_collection(2),
        make_collection(2),
        make_collection(0),
        make_collection(2, enabled=False),
    )
    launch(two, "api")
    counts = launch_due([(c.pk, NINE) for c in (one, two, empty, off)] + [(0, NINE)])
    assert counts == {"ran": 1, "skipped": 2}
    outcomes = {fire.collection_id: (fire.outcome, fire.reason) for fire in Fire.objects.all()}
    assert outcomes == {
        one.pk: ("ran", ""),
        two.pk: ("skipped", "the last run was still active"),
        empty.pk: ("skipped", "the collection has no requests"),
    }
    fire = Fire.objects.get(collection=one)
    assert fire.run is not None
    assert (fire.run.due_at, fire.run.trigger) == (NINE, "schedule")


@pytest.mark.django_db
def test_the_same_moment_handed_over_twice_runs_once(make_collection: MakeCollection) -> None:
    collection = make_collection()
    assert launch_due([(collection.pk, NINE)]) == {"ran": 1}
    stop(collection)
    assert launch_due([(collection.pk, NINE)]) == {}
    assert Run.objects.count() == Fire.objects.count() == 1


@pytest.mark.django_db
def test_two_moments_of_one_collection_run_one_and_skip_one(make_collection: MakeCollection) -> None:
    collection = make_collection()
    counts = launch_due([(collection.pk, NINE + timedelta(minutes=1)), (collection.pk, NINE)])
    assert counts == {"ran": 1, "skipped": 1}
    assert Run.objects.get().due_at == NINE


@pytest.mark.django_db
def test_stopping_a_queued_run_ends_it_and_frees_the_collection(make_collection: MakeCollection) -> None:
    collection = make_collection()
    launch(collection, "api")
    stopped = stop(collection)
    assert stopped is not None
    assert (stopped.status, Run.objects.get().status) == ("stopped", "stopped")
    assert stop(collection) is None
    assert launch(collection, "api") is not None


@pytest.mark.django_db
def test_stop_all_stops_only_the_accounts_own(make_collection: MakeCollection, account: Account) -> None:
    other = Account.objects.create(name="Bob")
    for owner in (account, account, other):
        launch(make_collection(account=owner), "api")
    dispatch(account.pk)
    assert stop_all(account) == (2, 0)
    assert Run.objects.get(account=other).status == "queued"


@pytest.mark.django_db
def test_slots_hold_for_small_and_large_runs(make_collection: MakeCollection, account: Account) -> None:
    large = [make_collection(251) for _ in range(2)]
    small = [make_collection(1) for _ in range(7)]
    for collection in large + small:
        launch(collection, "api")
    started = {run.collection_id for run in dispatch(account.pk)}
    assert started == {large[0].pk, *(c.pk for c in small[:5])}
    assert dispatch(account.pk) == []
    stop(small[0])
    assert [run.collection_id for run in dispatch(account.pk)] == [small[5].pk]


@pytest.mark.django_db
def test_the_queue_goes_by_priority_then_age(make_collection: MakeCollection, account: Account) -> None:
    low, normal, high = (make_collection(1, priority=p) for p in (3, 2, 0))
    for _ in range(3):
        launch(make_collection(1, priority=0), "api")
    dispatch(account.pk)  # three of five slots are taken
    for collection in (low, normal, high):
        launch(collection, "api")
    assert [run.collection_id for run in dispatch(account.pk)] == [high.pk, normal.pk]


@pytest.mark.django_db
def test_a_run_is_cut_into_batches_that_cover_each_request_once(
    make_collection: MakeCollection, account: Account
) -> None:
    collection = make_collection(250)
    collection.requests.filter(position__in=[1, 100, 101, 250]).delete()
    launch(collection, "api")
    (run,) = dispatch(account.pk)
    spans = list(run.batches.values_list("first_position", "last_position", "size"))
    assert spans == [(2, 103, 100), (104, 203, 100), (204, 249, 46)]
    assert run.request_count == 246
