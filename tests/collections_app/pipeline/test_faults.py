"""What goes wrong around a batch (disks, databases, clocks, shutdowns) costs time and no row."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils.timezone import now

from collections_app.models import Batch, Collection, Result, Run
from collections_app.services import batches, hosts, leases, parts, working
from collections_app.services import throttle as throttling
from collections_app.services.dispatching import begin as begin_run
from collections_app.services.dispatching import dispatch
from collections_app.services.launching import launch, stop
from collections_app.services.recovery import recover
from collections_app.services.throttle import SharedThrottle
from scraping.errors import ScrapeError
from scraping.messages import Outcome
from tests.collections_app.pipeline.conftest import StubEngine

MakeCollection = Callable[..., Collection]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "LONGEST_PAUSE", 0.01)
    monkeypatch.setattr(working, "FIRST_PAUSE", 0.01)


def begin(collection: Collection) -> Run:
    launch(collection, "api")
    dispatch(collection.account_id)
    return Run.objects.get(collection=collection, status="running")


def failing(times: int, error: Exception, then: Callable[..., Any]) -> Callable[..., Any]:
    left = iter(range(times))

    def step(*args: object, **kwargs: object) -> object:
        if next(left, None) is not None:
            raise error
        return then(*args, **kwargs)

    return step


@pytest.mark.django_db
def test_a_full_disk_is_waited_out_and_nothing_is_fetched_twice(
    make_collection: MakeCollection, engine: StubEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begin(make_collection(3))
    seen: list[str] = []
    full = failing(3, OSError(28, "No space left on device"), parts.PartWriter.save)

    def save(*args: Any) -> object:
        seen.append(Run.objects.get().error)
        return full(*args)

    monkeypatch.setattr(parts.PartWriter, "save", save)
    assert working.work(engine, seconds=30) == 1
    assert len(engine.scraper.asked) == 3
    assert seen[0] == ""
    assert "cannot be stored at the moment: OSError: [Errno 28] No space left on device" in seen[-1]
    assert Result.objects.filter(run=run).count() == 3


@pytest.mark.django_db
def test_a_bucket_that_refuses_is_waited_out_as_well(
    make_collection: MakeCollection, engine: StubEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    class ClientError(Exception):
        """As bucket clients raise: no OSError."""

    begin(make_collection(3))
    refusing = failing(2, ClientError("SlowDown"), parts.PartWriter.save)
    monkeypatch.setattr(parts.PartWriter, "save", refusing)
    assert working.work(engine, seconds=30) == 1


@pytest.mark.django_db
def test_a_stop_ends_the_wait_for_the_disk(
    make_collection: MakeCollection, engine: StubEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection = make_collection(3)
    begin(collection)
    monkeypatch.setattr(working, "HEARTBEAT", 0.01)

    def full(*_: object) -> None:
        stop(collection)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(parts.PartWriter, "save", full)
    assert working.work(engine, seconds=30) == 0
    assert Result.objects.count() == 0


@pytest.mark.django_db
def test_a_batch_goes_back_at_once_when_the_worker_is_told_to_stop(
    make_collection: MakeCollection, engine: StubEngine
) -> None:
    async def endless(params: dict[str, object]) -> Outcome:
        await asyncio.sleep(3600)
        return Outcome(result={})

    engine.scraper.behave = endless
    begin(make_collection(3))
    assert working.work(engine, seconds=30, stopping=lambda: bool(engine.scraper.asked)) == 0
    batch = Batch.objects.get()
    assert (batch.status, batch.attempts, batch.token) == ("pending", 0, None)


@pytest.mark.django_db
def test_an_outcome_whose_answer_got_lost_is_not_undone_by_the_second_try(
    make_collection: MakeCollection, engine: StubEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begin(make_collection(3))
    save = batches.save
    calls: list[bool] = []

    def lose_the_answer(*args: Any) -> bool:
        calls.append(save(*args))
        if len(calls) == 1:
            raise OperationalError("server closed the connection unexpectedly")
        return calls[-1]

    monkeypatch.setattr(batches, "save", lose_the_answer)
    assert working.work(engine, seconds=30) == 1
    assert calls == [True, True]
    assert parts.storage().exists(run.batches.get().part)
    run.refresh_from_db()
    assert (run.completed_count, Result.objects.count()) == (3, 3)


@pytest.mark.django_db
def test_a_lease_that_cannot_be_renewed_for_a_while_ends_nothing(
    make_collection: MakeCollection, engine: StubEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(params: dict[str, object]) -> Outcome:
        await asyncio.sleep(0.1)
        return Outcome(result={"n": params["n"]})

    engine.scraper.behave = slow
    begin(make_collection(3))
    renewals: list[object] = []

    def locked(claimed: batches.Claim) -> bool:
        renewals.append(claimed)
        raise OperationalError("database is locked")

    monkeypatch.setattr(working, "HEARTBEAT", 0.01)
    monkeypatch.setattr(batches, "renew", locked)
    assert working.work(engine, seconds=30) == 1
    assert renewals


@pytest.mark.django_db
def test_a_fault_in_the_batch_itself_counts_so_that_it_ends_at_last(
    make_collection: MakeCollection, engine: StubEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(make_collection(3))

    def broken(*_: object) -> bool:
        raise ValueError("a string cannot contain NUL")

    monkeypatch.setattr(batches, "save", broken)
    with pytest.raises(ValueError, match="NUL"):
        working.work(engine, seconds=30)
    batch = Batch.objects.get()
    assert (batch.status, batch.attempts) == ("working", 1)


@pytest.mark.django_db
def test_messages_that_no_database_takes_are_mended(
    make_collection: MakeCollection, engine: StubEngine
) -> None:
    async def odd(params: dict[str, object]) -> Outcome:
        error = ScrapeError("unexpected_page", "It said \x00 and \ud800.")
        return Outcome(result={}, error=error, status=70_000)

    engine.scraper.behave = odd
    begin(make_collection(1))
    assert working.work(engine, seconds=30) == 1
    result = Result.objects.get()
    assert (result.message, result.http_status) == ("It said ? and ?.", None)


@pytest.mark.django_db
def test_a_clock_that_is_put_back_holds_nobody_up(
    make_collection: MakeCollection, engine: StubEngine
) -> None:
    run = begin(make_collection(3))
    assert batches.claim()
    Batch.objects.update(lease_until=now() + timedelta(hours=1))
    assert recover()["freed"] == 1
    assert working.work(engine, seconds=30) == 1
    Run.objects.filter(pk=run.pk).update(finish_lease_until=now() + timedelta(hours=1))
    assert recover()["finish"] == 1


@pytest.mark.django_db
def test_a_worker_whose_clock_is_wrong_keeps_its_batch(
    make_collection: MakeCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(make_collection(3))
    monkeypatch.setattr(batches, "now", lambda: now() - timedelta(hours=1))
    claimed = batches.claim()
    assert claimed is not None
    assert batches.renew(claimed)
    assert recover()["freed"] == 0
    assert not Batch.objects.filter(leases.over("lease_until", 30)).exists()


@pytest.mark.django_db
def test_a_run_whose_collection_has_gone_meanwhile_is_not_begun(make_collection: MakeCollection) -> None:
    collection = make_collection(3)
    run = launch(collection, "api")
    assert run is not None
    collection.delete()
    assert begin_run(run) is False
    assert dispatch(collection.account_id) == []


def test_a_database_that_is_away_keeps_requests_waiting_and_fails_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Sequence[object]] = []

    def ask(*args: object) -> hosts.Share:
        asked.append(args)
        if len(asked) < 3:
            raise OperationalError("database is locked")
        return hosts.Share(4, 1, None)

    monkeypatch.setattr(hosts, "ask", ask)
    monkeypatch.setattr(hosts, "slow_down", failing(1, OperationalError("database is locked"), print))
    monkeypatch.setattr(hosts, "give_back", lambda *_: None)
    monkeypatch.setattr(throttling, "STARVED", 0.01)

    async def fetch() -> str:
        throttle = SharedThrottle()
        async with throttle.slot("shop.test"):
            await throttle.slow_down("shop.test", 0.0)
        await throttle.close()
        return "fetched"

    assert asyncio.run(fetch()) == "fetched"
    assert len(asked) == 3
