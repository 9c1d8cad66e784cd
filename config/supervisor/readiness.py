"""Whether the service answers: its broker, its web server, its workers and its beat."""

import contextlib
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from celery import current_app

PAUSE = 0.2  # seconds between two looks


def broker_answers(path: Path) -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        client.connect(str(path))
        client.sendall(b"PING\r\n")
        return client.recv(64).startswith(b"+PONG")
    return False


def web_answers(url: str) -> bool:
    """Any answer below 500 is one."""
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=5):  # noqa: S310  our own http URL
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


def missing_nodes(nodes: list[str]) -> list[str]:
    """Which of the Celery nodes do not answer."""
    try:
        replies = current_app.control.ping(destination=nodes, timeout=1.0, limit=len(nodes))
    except Exception:  # any broker's own kind of error: it is not up yet
        return nodes
    there = {name for reply in replies or [] for name in reply}
    return [name for name in nodes if name not in there]


class Readiness(threading.Thread):
    """Looks until web server and nodes all answer; then `ready` is set. `waits_for` says what is missing."""

    def __init__(self, url: str, nodes: list[str], wake: Callable[[], None]) -> None:
        super().__init__(name="readiness", daemon=True)
        self.ready = threading.Event()
        self.waits_for: list[str] = []
        self._url, self._nodes, self._wake = url, nodes, wake

    def run(self) -> None:
        missing = self._nodes
        web = False
        while True:
            web = web or web_answers(self._url)
            missing = missing_nodes(missing) if missing else []
            self.waits_for = [name.split("@")[0] for name in missing] + ([] if web else ["web"])
            if not self.waits_for:
                self.ready.set()
                self._wake()
                return
            time.sleep(PAUSE)
