"""Everything at once, as a seeded dice has it: processes killed and frozen, the broker gone, runs started, stopped and
deleted, requests edited. Afterwards each run has ended, and each of its requests has exactly one row, everywhere.

CHAOS_SEEDS=7,8,9 CHAOS_SECONDS=60 plays other games, and longer ones.
"""

import os
import random
import signal
import subprocess
import time
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from django.db.models import Max
from django.utils.timezone import now

from collections_app.models import Account, Batch, Collection, Result, ResultSet, Run
from collections_app.services import collections, finishing, parts, requests, result_files, retention
from collections_app.services.errors import Refused
from tests.collections_app.fire.conftest import Service, rows_of

pytestmark = pytest.mark.processes
SEEDS = [int(seed) for seed in os.environ.get("CHAOS_SEEDS", "1").split(",")]
SECONDS = float(os.environ.get("CHAOS_SECONDS", "15"))
LEASE = 2
FORMATS = {"notification_as_json": True, "notification_as_jsonlines": True, "notification_as_csv": True}


class Chaos:
    """The hands that throw the dice. Each action may meet a refusal; none may meet anything else."""

    def __init__(self, service: Service, seed: int) -> None:
        self.service = service
        self.dice = random.Random(seed)  # noqa: S311  a game, to be played again by its seed
        self.account = Account.objects.create(name="Alice")
        self.counts: Counter[str] = Counter()
        self.frozen: list[tuple[float, int]] = []
        self.pages = 0
        self.programs: dict[str, subprocess.Popen[bytes]] = {}
        for name in ("http", "control", "beat"):
            self.start_program(name)
        for _ in range(5):
            self.create()

    def start_program(self, name: str) -> None:
        start = self.service._start
        app = "tests.collections_app.fire.hasty"
        settings = {
            "batch_size": 7,
            "batch_lease": LEASE,
            "concurrency": 4,
            "batch_attempts": 20,
            "beat_lease": 2,
        }
        if name == "beat":
            self.programs[name] = self.service.beat(**settings)
            return
        self.programs[name] = start(
            *("-A", app, "worker", "-n", f"{name}@chaos", "-Q", name, "-c", "2", "-l", "INFO"), **settings
        )

    def play(self, seconds: float) -> None:
        rare = [self.kill, self.kill_child, self.freeze, self.freeze_child, self.end, self.kill_broker]
        often = [self.start, self.start, self.start, self.stop, self.add, self.remove, self.edit, self.delete]
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            action = self.dice.choice(rare if self.dice.random() < 0.2 else often)
            try:
                action()
                self.counts[action.__name__] += 1
            except Refused:
                self.counts[f"{action.__name__} refused"] += 1
            self.mended()
            time.sleep(self.dice.random() * 0.2)
        self.mended(at_once=True)
        print(dict(sorted(self.counts.items())))  # noqa: T201  shown when the test fails

    def mended(self, at_once: bool = False) -> bool:
        """What a supervisor does; and who was frozen long enough wakes."""
        for moment, pid in list(self.frozen):
            if at_once or time.monotonic() > moment:
                self.frozen.remove((moment, pid))
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
        for name, process in self.programs.items():
            if process.poll() is not None:
                self.start_program(name)
        return True

    # What users do

    def some(self) -> Collection:
        return self.dice.choice(list(Collection.objects.order_by("pk")))

    def new_requests(self, count: int) -> list[dict[str, object]]:
        self.pages += count
        names = range(self.pages - count, self.pages)
        return [
            {"type": "page", "url": self.service.pages.url(f"p{n}"), "extract": {"name": "h1"}} for n in names
        ]

    def create(self) -> None:
        settings = {"name": "Chaos", **FORMATS}
        collections.create(self.account, settings, self.new_requests(self.dice.randint(1, 60)))

    def start(self) -> None:
        collections.start(self.some(), "api")

    def stop(self) -> None:
        collections.stop(self.some())

    def add(self) -> None:
        requests.add(self.some(), self.new_requests(self.dice.randint(1, 5)))

    def remove(self) -> None:
        collection = self.some()
        ids = list(collection.requests.values_list("public_id", flat=True))
        if len(ids) > 3:
            requests.delete_many(collection, self.dice.sample(ids, 3))

    def edit(self) -> None:
        collection = self.some()
        one = self.dice.choice(list(collection.requests.values_list("public_id", flat=True)))
        requests.update_one(collection, one, {"url": self.new_requests(1)[0]["url"]})

    def delete(self) -> None:
        if self.dice.random() < 0.3:
            collections.delete(self.some())
            self.create()

    # What the world does

    def kill(self) -> None:
        self.service.kill(self.programs[self.dice.choice(list(self.programs))])

    def end(self) -> None:
        """As a deployment does."""
        self.programs[self.dice.choice(list(self.programs))].terminate()

    def freeze(self) -> None:
        self._freeze(self.programs[self.dice.choice(list(self.programs))].pid)

    def _freeze(self, pid: int) -> None:
        os.kill(pid, signal.SIGSTOP)
        self.frozen.append((time.monotonic() + LEASE + self.dice.random() * 2, pid))

    def children(self) -> list[int]:
        found: list[int] = []
        for name in ("http", "control"):
            pid = self.programs[name].pid
            with suppress(FileNotFoundError):
                found += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        return found

    def kill_child(self) -> None:
        if pids := self.children():
            with suppress(ProcessLookupError):
                os.kill(self.dice.choice(pids), signal.SIGKILL)

    def freeze_child(self) -> None:
        if pids := self.children():
            with suppress(ProcessLookupError):
                self._freeze(self.dice.choice(pids))

    def kill_broker(self) -> None:
        self.service.broker.kill()
        if self.dice.random() < 0.5:
            for written in self.service.broker.folder.glob("appendonlydir/*"):
                written.unlink()
        time.sleep(self.dice.random())
        self.service.broker.start()


def at_rest() -> bool:
    """Nothing is queued or running, and whoever was stopped with something done has his result set."""
    if Run.objects.filter(status__in=("queued", "running")).exists():
        return False
    done = Batch.objects.filter(status="done", run__status="stopped").values("run")
    return not Run.objects.filter(pk__in=done, result_set=None).exists()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.timeout(120 + SECONDS)
def test_whatever_happens_each_request_of_each_run_has_one_row(
    service: Service, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.pages.delay = 0.03
    chaos = Chaos(service, seed)
    chaos.play(SECONDS)
    service.pages.delay = 0.0
    service.wait(lambda: chaos.mended() and at_rest(), seconds=90)
    for process in chaos.programs.values():
        service.kill(process)
    assert chaos.counts["start"]
    for run in Run.objects.select_related("collection"):
        check_run(run)
    for collection in Collection.objects.all():
        check_collection(collection)
    monkeypatch.setattr(finishing, "LEFT_ALONE", timedelta(0))
    check_files()


def check_run(run: Run) -> None:
    results = list(Result.objects.filter(run=run))
    assert (run.completed_count, run.failed_count) == (len(results), 0), run
    batches = Batch.objects.filter(run=run)
    done = batches.filter(status="done")
    assert sum(done.values_list("size", flat=True)) == len(results)
    assert [r.position for r in results] == sorted({r.position for r in results})
    if run.status == "completed":
        assert not batches.exclude(status="done").exists()
        assert len(results) == run.request_count
        assert ResultSet.objects.filter(run=run).exists()
    else:
        assert run.status == "stopped" or (run.status, run.request_count) == ("failed", 0), run
    if result_set := ResultSet.objects.filter(run=run).first():
        check_result_set(result_set, results)
        assert (run.number, run.error) == (result_set.number, "")
    else:
        assert not results


def check_result_set(result_set: ResultSet, results: list[Result]) -> None:
    rows = rows_of(result_set)
    assert [row["id"] for row in rows] == [r.request_id for r in results]
    for row in rows:
        assert row["result"]["extracted"]["name"] == row["request"]["url"].rpartition("/")[2]
    assert len({row["request"]["url"] for row in rows}) == len(rows)
    assert (result_set.completed_count, result_set.failed_count) == (len(rows), 0)
    for key, entry in result_set.files.items():
        with parts.storage().open(f"{result_set.folder}/{entry['pages'][0]}") as page:
            content = page.read()
        if key == "json":
            assert orjson.loads(content) == rows
        elif key.startswith("csv"):
            assert len(content.splitlines()) == len(rows) + 1


def check_collection(collection: Collection) -> None:
    """The number before the next one is that of the last result set; the last run is the last one that began."""
    runs = Run.objects.filter(collection=collection)
    last = ResultSet.objects.filter(collection=collection).aggregate(last=Max("number"))["last"]
    assert collection.next_result_set_number - 1 == (last or 0)
    began = runs.filter(started_at__isnull=False)
    assert collection.last_run_at == began.aggregate(last=Max("ended_at"))["last"]
    assert collection.request_count == collection.requests.count()


def check_files() -> None:
    """Nothing lies about but the files of result sets."""
    finishing.sweep_leftovers()
    retention.sweep_orphans(now() + timedelta(days=2))
    assert result_files.listing(parts.ROOT)[0] == []
    for name in result_files.listing("sets")[0]:
        folder = f"sets/{name}"
        known = set(ResultSet.objects.filter(collection=int(name)).values_list("folder", flat=True))
        found = {f"{folder}/{run}" for run in result_files.listing(folder)[0]}
        assert found >= known
        assert found - known <= {f"{folder}/{run}" for run in Run.objects.values_list("pk", flat=True)}
