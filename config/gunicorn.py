"""gunicorn's settings: `gunicorn -c python:config.gunicorn config.wsgi`."""

import os
from pathlib import Path
from typing import Any

from django.conf import settings

from config.supervisor.leash import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

_host = f"[{settings.BIND}]" if ":" in settings.BIND else settings.BIND
bind = [f"{_host}:{settings.PORT}"]
worker_class = "gthread"
workers = settings.WEB_PROCESSES
threads = settings.WEB_THREADS
preload_app = True  # loaded once, shared by the forked workers
timeout = 120  # seconds; a real-time request may wait for a slow page
graceful_timeout = 8  # seconds for answers under way when it is told to stop
keepalive = 15
loglevel = "warning" if settings.LOG_LEVEL == "INFO" else settings.LOG_LEVEL.lower()
forwarded_allow_ips = "*" if settings.TRUSTED_PROXY else ""
control_socket_disable = True  # the supervisor controls it
if Path("/dev/shm").is_dir():  # noqa: S108  the workers' heartbeat must not wait for a disk
    worker_tmp_dir = "/dev/shm"  # noqa: S108  gunicorn makes its own file in it


def post_fork(server: Any, worker: Any) -> None:
    die_with_parent(worker.ppid)
