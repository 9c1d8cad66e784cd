"""One program under the supervisor: started, watched, started again, stopped."""

import contextlib
import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from logging.handlers import RotatingFileHandler
from pathlib import Path

from config.supervisor.leash import leashed

AT_ONCE = 10.0  # seconds: who dies sooner than this after its start has died at once
DEATHS = 5  # deaths at once in a row, then nobody tries any more
FIRST_WAIT, LONGEST_WAIT = 0.2, 10.0  # seconds before it is started again
LOG_BYTES, LOG_FILES = 10_000_000, 5
LONGEST_LINE = 1_000_000  # bytes; a longer one is cut


class ChildLog(RotatingFileHandler):
    """A child's lines in a file, as they are."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  the name is the handler's
        """A full disk must not stop the supervisor, and it has the terminal yet."""


@dataclass(frozen=True)
class Program:
    """What to run. `grace` is the seconds it has to end after SIGTERM. `remedy` is tried when it keeps dying at its
    start: it mends what it can and says what it did. What a `quiet` program says is in its log only."""

    name: str
    command: list[str]
    grace: float
    environment: dict[str, str] = field(default_factory=dict)
    inherit: tuple[int, ...] = ()  # file descriptors
    remedy: Callable[[], str] | None = None
    quiet: bool = False


class Child:
    """A Program as a process in a session of its own: Ctrl-C in the terminal reaches the supervisor alone."""

    def __init__(self, program: Program, folder: Path, log_folder: Path) -> None:
        self.program = program
        self.process: subprocess.Popen[bytes] | None = None
        self.deaths = 0
        self.start_at = 0.0  # monotonic; when it is to be started (again)
        self._folder = folder
        self._started = 0.0
        self._rest = b""
        self._output = -1
        self._log = ChildLog(
            log_folder / f"{program.name}.log",
            maxBytes=LOG_BYTES,
            backupCount=LOG_FILES - 1,
            encoding="utf-8",
        )

    @property
    def name(self) -> str:
        return self.program.name

    def start(self) -> int:
        """Start it; returns the descriptor of its output (not blocking). Call it from the main thread only: on
        Linux the leash is held by the thread."""
        self._output, writing = os.pipe()
        try:
            self.process = subprocess.Popen(  # noqa: S603  our own programs, see config.supervisor.programs
                leashed(self.program.command),
                cwd=self._folder,
                env={**os.environ, **self.program.environment},
                stdin=subprocess.DEVNULL,
                stdout=writing,
                stderr=subprocess.STDOUT,
                pass_fds=self.program.inherit,
                start_new_session=True,
            )
        finally:
            os.close(writing)
        self._started = time.monotonic()
        os.set_blocking(self._output, False)
        return self._output

    def read(self) -> tuple[list[str], bool]:
        """The whole lines it has written since, noted in its log; and whether its output has ended."""
        try:
            data = os.read(self._output, 65536)
        except BlockingIOError:
            return [], False
        *whole, self._rest = (self._rest + data).split(b"\n")
        if self._rest and (not data or len(self._rest) > LONGEST_LINE):
            whole, self._rest = [*whole, self._rest], b""
        lines = [line.decode("utf-8", "replace").rstrip("\r") for line in whole]
        for line in lines:
            self._log.emit(logging.makeLogRecord({"msg": line}))
        return lines, not data

    def ended(self) -> int | None:
        """Its exit code once it has ended (None: it runs, or nobody started it). What it left behind of its own
        processes is killed."""
        if self.process is None or (code := self.process.poll()) is None:
            return None
        self._close(self.process)
        if time.monotonic() - self._started >= AT_ONCE:
            self.deaths = 0
        self.deaths += 1
        self.start_at = time.monotonic() + min(LONGEST_WAIT, FIRST_WAIT * 2 ** (self.deaths - 1))
        return code

    def kill(self) -> None:
        """Kill it and its own processes."""
        if self.process is not None:
            self._close(self.process)

    def _close(self, process: "subprocess.Popen[bytes]") -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(self._output)
        self.process = None
        self._rest = b""
