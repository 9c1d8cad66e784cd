"""A batch is claimed by one, saved by whoever holds its token, and freed when its holder is gone."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.db import connection
from django.utils.timezone import now

from collections_app.models import Account, Batch, Collection, Result, Run
from collections_app.services import batches, parts, working
from collections_app.services.batches import Claim
from collections_app.services.dispatching import dispatch
from collections_app.services.launching import launch, stop
from collections_app.services.recovery import recover
from scraping.messages import Outcome
from tests.collections_app.pipeline.conftest import StubEngine

MakeCollection = Callable[..., Collection]


def begin(collection: Collection) -> Run:
    launch(collection, "api")
    dispatch(collection.account_id)
    return Run.objects.get(collection=collection, status="running")


def expire_leases() -> None:
    Batch.objects.filter(status="working").update(lease_until=now() - timedelta(seconds=1))


def rows_of(run: Run) -> list[bytes]:
    return [row for batch in run.batches.filter(status="done") for row in parts.lines(batch.part)]


@pytest.mark.django_db
def test_a_batch_gives_one_row_per_request_in_order(
    make_collection: MakeCollection, engine: StubEngine
) -> None:
    run = begin(make_collection(7))
    assert working.work(engine, seconds=30) == 1
    results = list(Result.objects.values_list("position", "succeeded", "http_status"))
    assert results == [(n, True, 200) for n in range(1, 8)]
    rows = rows_of(run)
    assert [b'"n":%d}' % n in row for n, row in enumerate(rows, 1)] == [True] * 7
    with parts.storage().open(run.batches.get().part) as part:
        content = part.read()
    for result, row in zip(Result.objects.all(), rows, strict=True):
        assert content[result.offset : result.offset + result.length] == row


@pytest.mark.django_db
def test_a_row_has_the_contracts_keys_and_the_request_as_it_was_stored(
    make_collection: MakeCollection, engine: StubEngine
) -> None:
    run = begin(make_collection(1))
    working.work(engine, seconds=30)
    request = run.collection.requests.get()
    (row,) = rows_of(run)
    rest = '"total_time_taken":0.01,"result":{"n":1}}'
    expected = f'{{"success":true,"id":"{request.public_id}","request":{request.params},{rest}'
    assert row.decode() == expected


@pytest.mark.django_db
def test_a_scraper_that_breaks_still_gives_the_row(
    make_collection: MakeCollection, engine: StubEngine
) -> None:
    async def behave(params: dict[str, object]) -> Outcome:
        if params["n"] == 2:
            raise RuntimeError("boom")
        return Outcome(result={"text": "\ud800 lone"} if params["n"] == 3 else {})

    engine.scraper.behave = behave
    run = begin(make_collection(3))
    working.work(engine, seconds=30)
    assert list(Result.objects.values_list("succeeded", "error")) == [
        (True, ""),
        (False, "internal_error"),
        (True, ""),
    ]
    run.refresh_from_db()
    assert (run.completed_count, run.failed_count) == (2, 1)


@pytest.mark.django_db(transaction=True)
def test_twelve_workers_claim_each_batch_once(
    make_collection: MakeCollection, settings: LazySettings
) -> None:
    settings.BATCH_SIZE = 1
    run = begin(make_collection(24))
    claims: list[Claim] = []
    gate = threading.Barrier(12)

    def claim_all() -> None:
        gate.wait()
        try:
            while claimed := batches.claim():
                claims.append(claimed)
        finally:
            connection.close()

    threads = [threading.Thread(target=claim_all) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(c.batch for c in claims) == Counter(run.batches.values_list("pk", flat=True))


@pytest.mark.django_db
def test_claims_take_turns_between_runs_of_one_priority(
    make_collection: MakeCollection, settings: LazySettings
) -> None:
    settings.BATCH_SIZE = 10
    large, small = begin(make_collection(200)), begin(make_collection(20))
    urgent = begin(make_collection(10, priority=0))
    order = [claimed.run for _ in range(6) if (claimed := batches.claim())]
    assert order == [urgent.pk, large.pk, small.pk, large.pk, small.pk, large.pk]


@pytest.mark.django_db
def test_a_lapsed_lease_frees_the_batch_and_the_old_holder_cannot_write(
    make_collection: MakeCollection, engine: StubEngine
) -> None:
    run = begin(make_collection(3))
    old = batches.claim()
    assert old is not None
    expire_leases()
    assert recover()["freed"] == 1
    assert working.work(engine, seconds=30) == 1
    assert not batches.renew(old)
    assert not working.work_off(engine, old)  # the frozen holder wakes up and goes on
    assert Result.objects.filter(run=run).count() == 3
    run.refresh_from_db()
    assert run.completed_count == 3
    assert len(rows_of(run)) == 3
    assert len(parts.storage().listdir(parts.folder(run.pk))[1]) == 1


@pytest.mark.django_db
def test_a_lease_in_force_is_left_alone(make_collection: MakeCollection) -> None:
    begin(make_collection(3))
    assert batches.claim()
    assert recover()["freed"] == 0
    assert Batch.objects.get().status == "working"


@pytest.mark.django_db
def test_a_request_that_kills_its_worker_costs_only_its_own_row(
    make_collection: MakeCollection, engine: StubEngine, settings: LazySettings
) -> None:
    run = begin(make_collection(6))

    def work_and_die_at(position: int) -> None:
        while claimed := batches.claim():
            doomed = claimed.first_position <= position <= claimed.last_position
            if doomed and not claimed.given_up:
                return  # the process is gone: nobody hands the batch back
            working.work_off(engine, claimed)

    for _ in range(10):
        work_and_die_at(4)
        expire_leases()
        recover()
    outcomes = {r.position: r.error for r in Result.objects.filter(run=run)}
    assert outcomes == {1: "", 2: "", 3: "", 4: "worker_lost", 5: "", 6: ""}
    assert "Given up after 3 attempts" in Result.objects.get(position=4).message
    assert set(run.batches.values_list("status", flat=True)) == {"done"}


@pytest.mark.django_db
def test_a_stop_during_the_batch_keeps_nothing_of_it(
    make_collection: MakeCollection, engine: StubEngine
) -> None:
    collection = make_collection(3)
    run = begin(collection)
    claimed = batches.claim()
    assert claimed is not None
    stop(collection)
    assert not batches.renew(claimed)
    assert not working.work_off(engine, claimed)
    assert Result.objects.count() == 0
    assert batches.claim() is None
    run.refresh_from_db()
    assert (run.status, run.completed_count) == ("stopped", 0)


@pytest.mark.django_db
def test_a_fault_around_the_batch_hands_it_back_without_counting_the_try(
    make_collection: MakeCollection, engine: StubEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(make_collection(3))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(parts.PartWriter, "save", full)
        patch.setattr(working, "PATIENCE", 0.0)
        for _ in range(5):
            with pytest.raises(working.CannotStore, match="No space"):
                working.work(engine, seconds=30)
    batch = Batch.objects.get()
    assert (batch.status, batch.attempts) == ("pending", 0)
    assert working.work(engine, seconds=30) == 1


@pytest.mark.django_db
def test_recover_rings_for_whatever_waits(
    make_collection: MakeCollection, account: Account, engine: StubEngine
) -> None:
    assert not recover()
    collection = make_collection(3)
    launch(collection, "api")
    assert recover() == {"dispatch": 1}
    dispatch(account.pk)
    assert recover() == {"work": 1}
    working.work(engine, seconds=30)
    assert recover() == {"finish": 1}
