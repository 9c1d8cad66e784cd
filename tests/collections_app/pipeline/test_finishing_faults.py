"""Finishing while the world moves: collections go, runs overlap, writers freeze; numbers and files stay true."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings

from collections_app.models import Collection, Result, ResultSet, Run
from collections_app.services import batches, collections, finishing, parts, result_files, working
from collections_app.services.dispatching import dispatch
from collections_app.services.finishing import finish
from collections_app.services.launching import launch, stop
from collections_app.services.results import write_result_set
from tests.collections_app.pipeline.conftest import StubEngine

MakeCollection = Callable[..., Collection]


def begin(collection: Collection) -> Run:
    launch(collection, "api")
    dispatch(collection.account_id)
    return Run.objects.get(collection=collection, status="running")


def stop_half_way(collection: Collection, engine: StubEngine) -> Run:
    """A run that was stopped with some of its batches done."""
    run = begin(collection)
    results = Result.objects.filter(run=run)
    working.work(engine, seconds=30, stopping=results.exists)
    stop(collection)
    return run


def before_writing(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], Any]) -> None:
    """`happens` once, in the middle of the next finish."""
    left = iter([happens])

    def write(*args: Any, **kwargs: Any) -> object:
        if event := next(left, None):
            event()
        return write_result_set(*args, **kwargs)

    monkeypatch.setattr(finishing, "write_result_set", write)


def last_number(collection: Collection) -> int:
    collection.refresh_from_db()
    return collection.next_result_set_number - 1


@pytest.mark.django_db
def test_the_number_before_the_next_always_leads_to_a_result_set(
    make_collection: MakeCollection,
    engine: StubEngine,
    settings: LazySettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.BATCH_SIZE = 2
    collection = make_collection(4)
    stopped = stop_half_way(collection, engine)
    seen: list[tuple[int, list[int]]] = []

    def look() -> None:
        seen.append((last_number(collection), sorted(ResultSet.objects.values_list("number", flat=True))))

    def the_next_run_overtakes() -> None:
        look()  # the stopped run's number is given, its set not there
        after = begin(collection)
        working.work(engine, seconds=30)
        assert finish(after.pk) is not None
        look()

    before_writing(monkeypatch, the_next_run_overtakes)
    assert finish(stopped.pk) is not None
    look()
    assert seen == [(0, []), (2, [2]), (2, [1, 2])]
    collection.refresh_from_db()
    assert collection.last_run_at == ResultSet.objects.get(number=2).ended_at


@pytest.mark.django_db
def test_a_set_that_is_never_written_leaves_no_number_that_leads_nowhere(
    make_collection: MakeCollection,
    engine: StubEngine,
    settings: LazySettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.BATCH_SIZE = 2
    collection = make_collection(4)
    stopped = stop_half_way(collection, engine)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(finishing, "write_result_set", full)
        with pytest.raises(OSError, match="No space"):
            finish(stopped.pk)
    assert last_number(collection) == 0


@pytest.mark.django_db(transaction=True)
def test_a_collection_deleted_while_its_set_is_written_leaves_nothing(
    make_collection: MakeCollection,
    engine: StubEngine,
    settings: LazySettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.BATCH_SIZE = 2
    collection = make_collection(4)
    run = stop_half_way(collection, engine)
    before_writing(monkeypatch, lambda: collections.delete(collection))
    assert finish(run.pk) is None
    assert result_files.listing(parts.ROOT)[0] == []
    # At most the collection's empty folder, which is swept up in a day.
    assert all(result_files.listing(f"sets/{name}") == ([], []) for name in result_files.listing("sets")[0])


@pytest.mark.django_db
def test_a_fault_of_someone_who_was_overtaken_is_none(
    make_collection: MakeCollection, engine: StubEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begin(make_collection(3))
    working.work(engine, seconds=30)
    taken_over: list[ResultSet | None] = []

    def freeze() -> None:
        Run.objects.update(finish_lease_until="2000-01-01T00:00Z")
        taken_over.append(finish(run.pk))  # sweeps the parts, so that the frozen one finds none

    before_writing(monkeypatch, freeze)
    assert finish(run.pk) is None
    assert taken_over == [ResultSet.objects.get()]
    run.refresh_from_db()
    assert (run.status, run.error) == ("completed", "")


@pytest.mark.django_db
def test_parts_of_a_stopped_run_that_leaves_no_set_are_swept(
    make_collection: MakeCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection = make_collection(3)
    run = begin(collection)
    claimed = batches.claim()
    assert claimed is not None
    writer = parts.PartWriter()
    writer.add(1, b"{}")
    batches.store(claimed, writer)  # and its worker is killed
    writer.close()
    stop(collection)
    assert finishing.sweep_leftovers() == 0  # not yet: the worker may still be at it
    monkeypatch.setattr(finishing, "LEFT_ALONE", timedelta(0))
    assert finishing.sweep_leftovers() == 1
    assert not parts.storage().exists(parts.folder(run.pk))


@pytest.mark.django_db
def test_a_part_that_cannot_be_written_leaves_no_half_of_it(make_collection: MakeCollection) -> None:
    begin(make_collection(3))
    claimed = batches.claim()
    assert claimed is not None
    writer = parts.PartWriter()
    writer.add(1, b"{}")
    writer.close()
    with pytest.raises(ValueError, match="closed"):
        batches.store(claimed, writer)
    assert result_files.listing(parts.folder(claimed.run)) == ([], [])
