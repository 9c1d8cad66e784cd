"""Real `celery beat` processes on a real broker and both databases: they fire, take over, and stop."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from config.supervisor.leash import leashed
from tests.servers.broker import Broker

pytestmark = pytest.mark.processes
ROOT = Path(__file__).resolve().parents[3]

SET_UP = """
from datetime import timedelta
from django.utils.timezone import now
from django_celery_beat.models import PeriodicTask
from collections_app.models import Account, Collection
from collections_app.services.scheduling import sync_schedule
account = Account.objects.create(name="Shop", timezone="Europe/Berlin")
collection = Collection.objects.create(
    account=account, name="c", request_count=1, schedule_type="minutes", schedule_minutes="every_minute")
sync_schedule(collection)
PeriodicTask.objects.update(start_time=now() - timedelta(minutes=3))  # beat was down for three minutes
"""


class Service:
    """A database with one collection, and the beats that are started on it."""

    def __init__(self, home: Path, database: str, broker: Broker) -> None:
        self.home = home
        self.broker = redis.Redis(unix_socket_path=str(broker.socket))
        self.environment = {
            **os.environ,
            "ROUNDSMAN_HOME": str(home),
            "ROUNDSMAN_DATABASE_URL": database,
            "ROUNDSMAN_BROKER_URL": broker.url,
            "ROUNDSMAN_BEAT_LEASE": "3",
            "ROUNDSMAN_RECOVER_EVERY": "1",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        self.beats: list[subprocess.Popen[bytes]] = []
        self.manage("migrate", "-v", "0")
        self.manage("shell", "-c", SET_UP)

    def manage(self, *command: str) -> str:
        program = [sys.executable, "manage.py", *command]
        return subprocess.run(
            program, cwd=ROOT, env=self.environment, check=True, capture_output=True, text=True
        ).stdout

    def beat(self) -> subprocess.Popen[bytes]:
        program = [sys.executable, "-m", "celery", "-A", "config", "beat", "-l", "info"]
        program += ["-S", "collections_app.beat:RoundsmanScheduler"]
        with open(self.home / f"beat{len(self.beats)}.log", "wb") as log:
            process = subprocess.Popen(
                leashed(program), cwd=ROOT, env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )
        self.beats.append(process)
        return process

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        database = self.environment["ROUNDSMAN_DATABASE_URL"]
        connection: Any = (
            sqlite3.connect(database.removeprefix("sqlite:///"), timeout=20)
            if database.startswith("sqlite")
            else psycopg.connect(database)
        )
        with contextlib.closing(connection):
            return [tuple(row) for row in connection.execute(statement).fetchall()]

    def outcomes(self) -> set[str]:
        return {outcome for (outcome,) in self.rows("SELECT outcome FROM collections_fire")}

    def holder(self) -> int:
        """The process that has the lease."""
        ((holder,),) = self.rows("SELECT holder FROM collections_schedulerlease")
        return int(holder.split(":")[1])

    def wait_for(self, condition: Callable[[], bool]) -> None:
        ends = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < ends, "\n".join(log.read_text() for log in self.home.glob("beat*.log"))
            time.sleep(0.2)


@pytest.fixture(params=["sqlite", "postgresql"])
def service(request: pytest.FixtureRequest, tmp_path: Path, broker: Broker) -> Iterator[Service]:
    database = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    if request.param == "postgresql":
        database = request.getfixturevalue("new_postgres_database")()
    service = Service(tmp_path, database, broker)
    yield service
    for process in service.beats:
        if process.poll() is None:
            process.kill()
            process.wait()
    service.broker.close()


def test_beats_fire_once_take_over_from_the_dead_and_stop_cleanly(service: Service) -> None:
    beats = {process.pid: process for process in (service.beat(), service.beat())}
    service.wait_for(lambda: bool(service.outcomes() & {"ran", "caught_up"}))
    assert "missed" in service.outcomes()
    # The bell was rung for the dispatcher, and tasks of the configuration go out too.
    service.wait_for(lambda: {b"collections.dispatch", b"collections.recover"} <= rung(service.broker))

    beats.pop(service.holder()).kill()
    (survivor,) = beats
    service.wait_for(lambda: service.holder() == survivor)

    beats[survivor].send_signal(signal.SIGTERM)
    assert beats[survivor].wait(20) == 0
    ((ends,),) = service.rows("SELECT expires_at FROM collections_schedulerlease")
    assert str(ends).startswith("1970")  # given back, not run out
    assert service.rows("SELECT COUNT(*) FROM collections_run") == [(1,)]


def rung(broker: redis.Redis) -> set[bytes]:
    """Names of the tasks that wait in the queue of the clock and the dispatcher."""
    names = (b"collections.dispatch", b"collections.recover")
    return {name for message in broker.lrange("control", 0, -1) for name in names if name in message}
