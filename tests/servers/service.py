"""The service itself, as `manage.py up` starts it, in a scratch home."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from config.supervisor.leash import leashed

ROOT = Path(__file__).resolve().parent.parent.parent
STARTS = 120.0  # seconds it may take on a busy machine


class Service:
    """`start()` returns when it is ready. Its processes are told by their ROUNDSMAN_HOME, orphans too."""

    def __init__(self, home: Path, **settings: str) -> None:
        """`settings` without their prefix: `Service(home, BATCH_SIZE="10")`."""
        self.home = home
        self.output: list[str] = []
        self.process: subprocess.Popen[str] | None = None
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("ROUNDSMAN_")}
        wanted = {"HOME": str(home), "PORT": "0", "WORKERS": "1", "WEB_PROCESSES": "1", **settings}
        self.environment = {
            **inherited,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            **{f"ROUNDSMAN_{name}": value for name, value in wanted.items()},
        }

    def spawn(self) -> "subprocess.Popen[str]":
        """Start it, and do not wait."""
        self.process = subprocess.Popen(
            leashed([sys.executable, "manage.py", "up"]),
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        threading.Thread(target=self._read, args=(self.process,), daemon=True).start()
        return self.process

    def _read(self, process: "subprocess.Popen[str]") -> None:
        for line in process.stdout or ():
            self.output.append(line.rstrip("\n"))

    def start(self) -> "Service":
        process = self.spawn()
        wait_for(lambda: self.ready or process.poll() is not None, STARTS)
        if not self.ready:
            self.kill_all()
            raise RuntimeError("The service did not start:\n" + "\n".join(self.output))
        return self

    @property
    def ready(self) -> dict[str, Any]:
        """What run/ready.json says; empty as long as it is not there (or an earlier one's)."""
        with contextlib.suppress(OSError, ValueError):
            found: dict[str, Any] = json.loads((self.home / "run" / "ready.json").read_text())
            if self.process and found["pid"] == self.process.pid:
                return found
        return {}

    @property
    def url(self) -> str:
        return str(self.ready["url"])

    @property
    def api_key(self) -> str:
        """The key that the first start printed."""
        return next(line.split()[-1] for line in self.output if line.strip().startswith("API key"))

    def processes(self, *words: str) -> dict[int, str]:
        """Its living processes whose command line has all the words: {pid: command line}."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if f"ROUNDSMAN_HOME={self.home}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                    command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    if command and all(word in command for word in words):
                        found[int(folder.name)] = command
        return found

    def main_process(self, *words: str) -> int:
        """The pid of the one process with the words whose parent is the supervisor."""
        assert self.process is not None
        (pid,) = [pid for pid in self.processes(*words) if _parent(pid) == self.process.pid]
        return pid

    def stop(self) -> int:
        """SIGTERM, and its exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(90)

    def kill_all(self) -> None:
        """Whatever is left of it."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self.process is not None:
            self.process.wait()


def _parent(pid: int) -> int:
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return -1


def wait_for(condition: Callable[[], object], seconds: float = 60.0) -> bool:
    """Whether the condition (called) came true in time. For waiting, not for measuring."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if condition():
            return True
        time.sleep(0.05)
    return False
