"""A run that is worked off becomes a result set once, with one row per request, whatever happens on the way."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import orjson
import pytest
from django.conf import LazySettings
from django.utils.timezone import now

from collections_app.models import Collection, Result, ResultSet, Run
from collections_app.services import finishing, parts, working
from collections_app.services.dispatching import dispatch
from collections_app.services.finishing import finish
from collections_app.services.launching import launch, stop
from collections_app.services.recovery import recover
from collections_app.services.results import write_result_set
from tests.collections_app.pipeline.conftest import StubEngine

MakeCollection = Callable[..., Collection]


def begin(collection: Collection) -> Run:
    launch(collection, "api")
    dispatch(collection.account_id)
    return Run.objects.get(collection=collection, status="running")


def stored_rows(result_set: ResultSet) -> list[dict[str, object]]:
    rows = []
    for name in result_set.files["jsonlines"]["pages"]:
        with parts.storage().open(f"{result_set.folder}/{name}") as page:
            rows += [orjson.loads(line) for line in page.read().splitlines()]
    return rows


@pytest.mark.django_db
def test_a_finished_run_has_a_result_set_with_all_rows_in_order(
    make_collection: MakeCollection, engine: StubEngine, settings: LazySettings
) -> None:
    settings.BATCH_SIZE, settings.RESULT_PAGE_ROWS = 4, 10
    collection = make_collection(25)
    run = begin(collection)
    assert finish(run.pk) is None  # not yet
    working.work(engine, seconds=30)
    result_set = finish(run.pk)
    assert result_set is not None
    assert [row["result"] for row in stored_rows(result_set)] == [{"n": n} for n in range(1, 26)]
    assert (result_set.number, result_set.page_count, result_set.request_count) == (1, 3, 25)
    assert (result_set.completed_count, result_set.failed_count) == (25, 0)
    run.refresh_from_db()
    collection.refresh_from_db()
    assert (run.status, run.number, run.ended_at) == ("completed", 1, result_set.ended_at)
    assert (collection.next_result_set_number, collection.last_run_at) == (2, result_set.ended_at)
    assert result_set.expires_at - result_set.ended_at == timedelta(days=14)


@pytest.mark.django_db
def test_finishing_twice_gives_one_result_set_and_no_part_file_stays(
    make_collection: MakeCollection, engine: StubEngine
) -> None:
    run = begin(make_collection(3))
    working.work(engine, seconds=30)
    assert finish(run.pk) is not None
    assert finish(run.pk) is None
    assert ResultSet.objects.count() == 1
    assert not parts.storage().exists(parts.folder(run.pk))


@pytest.mark.django_db
def test_result_sets_are_numbered_from_one_in_each_collection(
    make_collection: MakeCollection, engine: StubEngine
) -> None:
    one, two = make_collection(1), make_collection(1)
    for collection in (one, one, two):
        run = begin(collection)
        working.work(engine, seconds=30)
        finish(run.pk)
    numbers = sorted(ResultSet.objects.values_list("collection_id", "number"))
    assert numbers == [(one.pk, 1), (one.pk, 2), (two.pk, 1)]


@pytest.mark.django_db
def test_while_one_writes_nobody_else_does(
    make_collection: MakeCollection, engine: StubEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begin(make_collection(3))
    working.work(engine, seconds=30)
    write = write_result_set
    second: list[ResultSet | None] = []

    def meanwhile(*args: object, **kwargs: object) -> object:
        second.append(finish(run.pk))
        return write(*args, **kwargs)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(finishing, "write_result_set", meanwhile)
    assert finish(run.pk) is not None
    assert second == [None]


@pytest.mark.django_db
def test_a_full_disk_puts_the_finish_off_and_says_so(
    make_collection: MakeCollection, engine: StubEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begin(make_collection(3))
    working.work(engine, seconds=30)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(finishing, "write_result_set", full)
        with pytest.raises(OSError, match="No space"):
            finish(run.pk)
    run.refresh_from_db()
    assert run.status == "running"
    assert "No space left on device" in run.error
    assert recover()["finish"] == 0  # a pause first
    Run.objects.update(finish_lease_until=now() - timedelta(seconds=1))
    assert recover()["finish"] == 1
    assert finish(run.pk) is not None
    run.refresh_from_db()
    assert (run.status, run.error, run.number) == ("completed", "", 1)


@pytest.mark.django_db
def test_a_writer_that_froze_past_its_lease_does_not_complete_the_run(
    make_collection: MakeCollection, engine: StubEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begin(make_collection(3))
    working.work(engine, seconds=30)
    write = write_result_set
    taken_over: list[ResultSet | None] = []

    def freeze(*args: object, **kwargs: object) -> object:
        if not taken_over:
            taken_over.append(None)
            Run.objects.update(finish_lease_until=now() - timedelta(seconds=1))
            taken_over[0] = finish(run.pk)
        return write(*args, **kwargs)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(finishing, "write_result_set", freeze)
    # The one who took over swept the parts: the frozen one finds none, or loses its token; either way no second set.
    late = finish(run.pk)
    assert (late, taken_over[0]) == (None, ResultSet.objects.get())
    run.refresh_from_db()
    assert (run.status, run.error) == ("completed", "")


@pytest.mark.django_db
def test_a_missing_row_is_never_called_done(make_collection: MakeCollection, engine: StubEngine) -> None:
    run = begin(make_collection(3))
    working.work(engine, seconds=30)
    path = parts.storage().path(run.batches.get().part)
    with open(path, "rb+") as part:
        lines = part.readlines()
        part.seek(0)
        part.writelines(lines[:-1])
        part.truncate()
    with pytest.raises(finishing.RowsMissing, match="2 rows for 3 requests"):
        finish(run.pk)
    run.refresh_from_db()
    assert run.status == "running"


@pytest.mark.django_db
def test_what_a_stopped_run_had_finished_remains_readable(
    make_collection: MakeCollection, engine: StubEngine, settings: LazySettings
) -> None:
    settings.BATCH_SIZE = 2
    collection = make_collection(6)
    run = begin(collection)
    working.work(engine, seconds=30, stopping=Result.objects.exists)
    assert Result.objects.count() == 2
    stop(collection)
    result_set = finish(run.pk)
    assert result_set is not None
    assert [row["result"] for row in stored_rows(result_set)] == [{"n": 1}, {"n": 2}]
    assert (result_set.request_count, result_set.completed_count) == (6, 2)
    run.refresh_from_db()
    assert (run.status, run.number) == ("stopped", 1)


@pytest.mark.django_db
def test_a_run_stopped_before_its_first_batch_leaves_no_result_set(make_collection: MakeCollection) -> None:
    collection = make_collection(2)
    run = begin(collection)
    stop(collection)
    assert finish(run.pk) is None
    collection.refresh_from_db()
    assert collection.next_result_set_number == 1


@pytest.mark.django_db
def test_a_stop_while_the_files_are_written_makes_the_set_a_stopped_one(
    make_collection: MakeCollection, engine: StubEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection = make_collection(3)
    run = begin(collection)
    working.work(engine, seconds=30)
    write = write_result_set
    calls: Iterator[bool] = iter([True, False])

    def and_stop(*args: object, **kwargs: object) -> object:
        if next(calls):
            stop(collection)
        return write(*args, **kwargs)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(finishing, "write_result_set", and_stop)
    assert finish(run.pk) is None
    assert recover()["finish"] == 1
    assert finish(run.pk) is not None
    run.refresh_from_db()
    assert run.status == "stopped"
    assert ResultSet.objects.get().completed_count == 3


@pytest.mark.django_db
def test_part_files_that_a_dead_finisher_left_are_swept(
    make_collection: MakeCollection, engine: StubEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, going = begin(make_collection(1)), begin(make_collection(1))
    working.work(engine, seconds=30)
    with monkeypatch.context() as patch:
        patch.setattr(parts, "sweep", lambda run: None)
        finish(done.pk)
    assert finishing.sweep_leftovers() == 1
    assert not parts.storage().exists(parts.folder(done.pk))
    assert parts.storage().exists(parts.folder(going.pk))
