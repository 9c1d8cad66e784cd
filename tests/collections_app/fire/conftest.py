"""A service of real processes around the test's own database: broker, workers, beat."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from celery import Celery
from django.conf import LazySettings
from django.db import connection

from collections_app.models import Account, Collection, CollectionRequest, ResultSet, Run
from collections_app.services import bell, parts
from config.celery import configuration
from tests.servers.broker import Broker
from tests.servers.pages import Pages

ROOT = Path(__file__).resolve().parents[3]


def database_url() -> str:
    """The test database, as another process has to be told it."""
    entry = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{entry['NAME']}"
    user = quote(entry["USER"]) + (f":{quote(entry['PASSWORD'])}" if entry["PASSWORD"] else "")
    host, port = entry["HOST"], f":{entry['PORT']}" if entry["PORT"] else ""
    if host.startswith("/"):
        return f"postgresql://{user}@/{entry['NAME']}?host={host}"
    return f"postgresql://{user}@{host}{port}/{entry['NAME']}"


class Service:
    """Starts the service's processes; each is the leader of a group, so that `kill` takes its children along."""

    def __init__(self, home: Path, broker: Broker, pages: Pages) -> None:
        self.pages = pages
        self.broker = broker
        self.home = home
        self.processes: list[subprocess.Popen[bytes]] = []
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("ROUNDSMAN_")},
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "ROUNDSMAN_HOME": str(home),
            "ROUNDSMAN_SECRET_KEY": "of-the-tests",
            "ROUNDSMAN_DATABASE_URL": database_url(),
            "ROUNDSMAN_BROKER_URL": broker.url,
            "ROUNDSMAN_ALLOWED_PRIVATE_HOSTS": pages.address,
            "ROUNDSMAN_BATCH_LEASE": "2",
            "ROUNDSMAN_RECOVER_EVERY": "1",
            "PYTHONPATH": str(ROOT),
        }

    def worker(
        self, processes: int = 1, *, app: str = "config", **settings: object
    ) -> subprocess.Popen[bytes]:
        return self._start("-A", app, "worker", "-c", str(processes), "-l", "INFO", **settings)

    def beat(self, **settings: object) -> subprocess.Popen[bytes]:
        scheduler = ["-S", "collections_app.beat:RoundsmanScheduler", "--pidfile="]
        return self._start("-A", "config", "beat", "-l", "INFO", *scheduler, **settings)

    def _start(self, *arguments: str, **settings: object) -> subprocess.Popen[bytes]:
        extra = {f"ROUNDSMAN_{name.upper()}": str(value) for name, value in settings.items()}
        log = open(self.home / f"process-{len(self.processes)}.log", "wb")  # noqa: SIM115  closed with the process
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", *arguments],
            cwd=ROOT,
            env={**self.environment, **extra},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        log.close()
        self.processes.append(process)
        return process

    @staticmethod
    def kill(process: subprocess.Popen[bytes]) -> None:
        """kill -9 of the process and its children."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                self.kill(process)

    def logs(self) -> str:
        return "\n".join(f"--- {p.name}\n{p.read_text()[-6000:]}" for p in sorted(self.home.glob("*.log")))

    def wait(self, condition: Callable[[], Any], seconds: float = 30) -> Any:
        """The condition's first true answer; fails with the processes' logs when there is none in time."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            if answer := condition():
                return answer
            time.sleep(0.05)
        pytest.fail(f"waited {seconds} s in vain\n{self.logs()}")

    def collection(self, count: int, *, paths: list[str] | None = None, **settings: Any) -> Collection:
        account, _ = Account.objects.get_or_create(name="Alice")
        collection = Collection.objects.create(
            account=account, name="Pages", request_count=count, next_position=count + 1, **settings
        )
        CollectionRequest.objects.bulk_create(
            CollectionRequest(
                collection=collection,
                position=n,
                type="page",
                params=orjson.dumps(
                    {"type": "page", "url": self.pages.url(path), "extract": {"name": "h1"}}
                ).decode(),
            )
            for n, path in enumerate(paths or [str(n) for n in range(1, count + 1)], 1)
        )
        return collection

    def ended(self, run: Run) -> Run | None:
        run.refresh_from_db()
        return run if run.status not in ("queued", "running") else None


@pytest.fixture
def service(
    transactional_db: None,
    tmp_path: Path,
    broker: Broker,
    settings: LazySettings,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Service]:
    """The service; this process rings the same broker and reads the same results storage."""
    backend = "django.core.files.storage.FileSystemStorage"
    results = {"BACKEND": backend, "OPTIONS": {"location": tmp_path / "results"}}
    settings.STORAGES = {**settings.STORAGES, "results": results}
    settings.BATCH_LEASE = 2
    pages = Pages()
    ringer = Celery("ringer", broker=broker.url, set_as_current=False)
    ringer.add_defaults(lambda: {**configuration(), "broker_url": broker.url})
    monkeypatch.setattr(bell, "current_app", ringer)
    running = Service(tmp_path, broker, pages)
    try:
        yield running
    finally:
        running.stop()
        pages.stop()
        ringer.close()


def rows_of(result_set: ResultSet) -> list[dict[str, Any]]:
    """The rows of its JSON Lines files."""
    rows = []
    for name in result_set.files["jsonlines"]["pages"]:
        with parts.storage().open(f"{result_set.folder}/{name}") as page:
            rows += [orjson.loads(line) for line in page.read().splitlines()]
    return rows
