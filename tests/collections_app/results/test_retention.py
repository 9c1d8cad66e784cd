"""What goes, what stays, and what happens when a storage does not answer."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage
from django.utils.timezone import now

from collections_app.models import Account, Batch, Collection, ErrorLog, Fire, Result, ResultSet, Run
from collections_app.services import retention
from collections_app.services.retention import expire, forget_collection_files, sweep_orphans
from tests.collections_app.results.conftest import make_run

LONG_AGO = timedelta(days=15)


def add_results(run: Run, count: int = 3) -> None:
    batch = Batch.objects.create(run=run, first_position=1, last_position=count, size=count)
    Result.objects.bulk_create(
        Result(run=run, batch=batch, request_id=f"R{n}", position=n, succeeded=True)
        for n in range(1, count + 1)
    )


def put(path: Path, days_old: float = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"{}\n")
    moment = now().timestamp() - days_old * 86400
    os.utime(path, (moment, moment))
    return path


def test_an_expired_result_set_goes_with_its_files_and_its_run(
    results_folder: Path, collection: Collection, make_result_set: Callable[..., ResultSet]
) -> None:
    moment = now()
    old = make_result_set(25, number=1, expires_at=moment)
    young = make_result_set(5, number=2, expires_at=moment + timedelta(seconds=1))
    for result_set in (old, young):
        add_results(result_set.run)
        put(results_folder / "parts" / str(result_set.run_id) / "1.jsonl")
    fire = Fire.objects.create(collection=collection, due_at=moment, outcome="ran", run=old.run)

    assert expire(moment) == 1
    assert list(ResultSet.objects.all()) == [young]
    assert list(Run.objects.all()) == [young.run]
    assert Result.objects.count() == 3
    assert Batch.objects.get().run == young.run
    assert not (results_folder / old.folder).exists()
    assert not (results_folder / "parts" / str(old.run_id)).exists()
    assert len(os.listdir(results_folder / young.folder)) == 2
    assert (results_folder / "parts" / str(young.run_id) / "1.jsonl").exists()
    fire.refresh_from_db()
    assert fire.run is None

    assert expire(moment) == 0
    assert ResultSet.objects.count() == 1


def test_the_many_results_of_a_run_go_in_bites(
    make_result_set: Callable[..., ResultSet], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "ROWS_AT_ONCE", 2)
    result_set = make_result_set(1, expires_at=now())
    add_results(result_set.run, 5)
    assert expire() == 1
    assert (Run.objects.count(), Result.objects.count(), Batch.objects.count()) == (0, 0, 0)


def test_one_call_takes_a_bounded_number_of_runs_and_the_next_goes_on(
    make_result_set: Callable[..., ResultSet], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "RUNS_AT_ONCE", 2)
    for number in (1, 2, 3):
        make_result_set(1, number=number, expires_at=now() - timedelta(hours=number))
    assert expire() == 2
    assert ResultSet.objects.get().number == 1  # the one that expired last
    assert expire() == 1
    assert expire() == 0


@pytest.mark.parametrize(
    ("status", "age", "goes"),
    [
        ("stopped", LONG_AGO, True),
        ("failed", LONG_AGO, True),
        ("completed", LONG_AGO, True),
        ("failed", timedelta(days=13), False),
    ],
)
def test_an_old_run_without_a_result_set_goes(
    results_folder: Path, collection: Collection, status: str, age: timedelta, goes: bool
) -> None:
    run = make_run(collection, status=status, ended_at=now() - age)
    part = put(results_folder / "parts" / str(run.pk) / "1.jsonl", days_old=15)
    assert expire() == int(goes)
    assert Run.objects.exists() is not goes
    assert part.exists() is not goes


@pytest.mark.parametrize("status", ["queued", "running"])
def test_an_active_run_stays_however_old(collection: Collection, status: str) -> None:
    make_run(collection, status=status, ended_at=None, started_at=now() - timedelta(days=60))
    assert expire() == 0
    assert Run.objects.count() == 1


def test_rows_stay_while_their_files_cannot_be_deleted(
    make_result_set: Callable[..., ResultSet],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    stuck = make_result_set(1, number=1, expires_at=now() - timedelta(days=2))
    make_result_set(1, number=2, expires_at=now() - timedelta(days=1))
    delete = FileSystemStorage.delete

    def refusing(self: FileSystemStorage, name: str) -> None:
        if name.startswith(stuck.folder):
            raise PermissionError("read-only folder")
        delete(self, name)

    monkeypatch.setattr(FileSystemStorage, "delete", refusing)
    assert expire() == 1
    assert list(ResultSet.objects.all()) == [stuck]
    assert f"run {stuck.run_id}: its files could not be deleted" in caplog.text


def test_old_fires_and_error_logs_go(collection: Collection, account: Account) -> None:
    for days in (89, 91):
        Fire.objects.create(collection=collection, due_at=now() - timedelta(days=days), outcome="ran")
    for days in (2, 4):
        ErrorLog.objects.create(account=account, digest=str(days), date=now() - timedelta(days=days))
    assert expire() == 2
    assert Fire.objects.get().due_at > now() - timedelta(days=90)
    assert ErrorLog.objects.get().digest == "2"


def test_folders_that_no_row_knows_go_once_they_are_a_day_old(
    results_folder: Path,
    run: Run,
    make_result_set: Callable[..., ResultSet],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept = make_result_set(1)
    gone = 10**6
    mine = results_folder / "sets" / str(run.collection_id)
    old = [
        put(results_folder / "parts" / str(gone) / "1.jsonl", 2),
        put(results_folder / "sets" / str(gone) / "5" / "page.jsonl", 2),
        put(mine / str(gone) / "page.jsonl", 2),
    ]
    young = [
        put(results_folder / "parts" / str(gone + 1) / "1.jsonl", 0.9),
        put(results_folder / "sets" / str(gone + 1) / "5" / "page.jsonl", 0.9),
        put(results_folder / "sets" / str(gone + 1) / "6" / "page.jsonl", 2),
        put(mine / str(gone + 1) / "page.jsonl", 0.9),
        put(results_folder / "parts" / str(run.pk) / "1.jsonl", 20),
        put(results_folder / "parts" / "0017" / "1.jsonl", 20),
        put(results_folder / "sets" / "lost+found" / "x", 20),
        put(results_folder / "elsewhere" / str(gone) / "x", 20),
    ]
    monkeypatch.setattr(retention, "ROUNDS", 1)
    assert sweep_orphans() == 3
    assert [path for path in old if path.parent.exists()] == []
    assert [path for path in young if not path.exists()] == []
    assert (results_folder / kept.folder).exists()
    assert sweep_orphans() == 0


def test_within_a_day_every_collections_folder_is_looked_through(
    results_folder: Path, account: Account
) -> None:
    collections = Collection.objects.bulk_create(Collection(account=account, name=str(n)) for n in range(30))
    folders = [results_folder / "sets" / str(collection.pk) / "1000000" for collection in collections]
    for folder in folders:
        put(folder / "page.jsonl", 4)
    day = now()
    assert sum(sweep_orphans(day + timedelta(hours=hour)) for hour in range(24)) == 30
    assert not any(folder.exists() for folder in folders)


def test_a_deleted_collections_files_go(
    results_folder: Path, make_result_set: Callable[..., ResultSet]
) -> None:
    result_set = make_result_set(25)
    parts = [put(results_folder / "parts" / str(run) / "1.jsonl") for run in (7, 8, 9)]
    other = put(results_folder / "sets" / "1000000" / "1" / "page.jsonl")
    for _ in range(2):  # a task may run twice
        forget_collection_files(result_set.collection_id, [7, 8])
    assert not (results_folder / "sets" / str(result_set.collection_id)).exists()
    assert [path.exists() for path in parts] == [False, False, True]
    assert other.exists()
