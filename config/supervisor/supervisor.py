"""The loop that keeps the programs running: it reads what they write, starts again who died, stops all in order."""

import contextlib
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from config.supervisor.child import DEATHS, Child, Program

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
LOOK = 0.5  # seconds between two looks at children that say nothing
DRAIN = 200  # reads of what a child wrote last


class GivenUp(Exception):
    """A program keeps dying; the sentence says which."""


class Supervisor:
    """Programs are started in the order given, and stopped in `stop_order`: stages of names, one after the other."""

    def __init__(self, folder: Path, home: Path, stop_order: tuple[tuple[str, ...], ...]) -> None:
        self.children: list[Child] = []
        self.stopping = 0  # how often we were asked to stop
        self._quiet = False  # what they say when they end is in their logs
        self._folder, self._home, self._stop_order = folder, home, stop_order
        self._selector = selectors.DefaultSelector()
        self._outputs: dict[Child, int] = {}  # those we listen to
        self._bell, self._waker = socket.socketpair()
        for end in (self._bell, self._waker):
            end.setblocking(False)
        self._selector.register(self._bell, selectors.EVENT_READ)

    def catch_signals(self) -> None:
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        for number in STOP_SIGNALS:
            # Who started us with a signal ignored (nohup) means it.
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._asked_to_stop)

    def _asked_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping += 1

    def wake(self) -> None:
        """Let the loop turn at once; may be called from any thread."""
        with contextlib.suppress(OSError):
            self._waker.send(b"!")

    def start(self, program: Program) -> None:
        child = Child(program, self._folder, self._home / "log")
        self.children.append(child)
        self._start(child)

    def run_until(self, done: Callable[[], bool]) -> bool:
        """Keep everything running until `done()` (True), or until we are asked to stop (False). Raises GivenUp."""
        while not self.stopping:
            if done():
                return True
            self._turn()
            self._mend()
        return False

    def stop_all(self) -> None:
        """Stop the programs, stage by stage, each with its grace; a second request to stop kills what is left."""
        self._quiet = True
        asked = max(self.stopping, 1)
        for stage in self._stop_order:
            processes = {
                child: child.process for child in self.children if child.name in stage and child.process
            }
            for process in processes.values():
                process.terminate()
            began = time.monotonic()
            for child, process in processes.items():
                ends = began + child.program.grace
                while process.poll() is None and time.monotonic() < ends and self.stopping <= asked:
                    self._turn()
                if process.poll() is None:
                    say(f"{child.name} does not stop and is killed.")
                self._let_go(child)
                child.kill()

    def _turn(self) -> None:
        """Wait for something to happen, and read what children wrote."""
        for key, _ in self._selector.select(LOOK):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    self._bell.recv(4096)
            else:
                self._read(key.data)

    def _mend(self) -> None:
        for child in self.children:
            if child.process is None:
                if time.monotonic() >= child.start_at:
                    self._start(child)
            elif child.process.poll() is not None:
                self._let_go(child)
                self._died(child, child.ended() or 0)

    def _died(self, child: Child, code: int) -> None:
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        if child.deaths >= DEATHS:
            raise GivenUp(
                f"{child.name} died {child.deaths} times in a row ({how}); see {self._home / 'log' / child.name}.log"
            )
        mended = ""
        if child.deaths == DEATHS - 2 and child.program.remedy:
            mended = f"; {child.program.remedy()}"
        say(f"{child.name} died ({how}) and is started again{mended}.")

    def _start(self, child: Child) -> None:
        output = child.start()
        self._outputs[child] = output
        self._selector.register(output, selectors.EVENT_READ, child)

    def _read(self, child: Child) -> bool:
        lines, ended = child.read()
        for line in lines:
            if line and not (self._quiet or child.program.quiet):
                say(f"{child.name:<8}| {line}")
        if ended:
            self._unregister(child)
        return bool(lines)

    def _let_go(self, child: Child) -> None:
        """Read what it wrote last, and listen to it no more."""
        for _ in range(DRAIN):
            if child not in self._outputs or not self._read(child):
                break
        self._unregister(child)

    def _unregister(self, child: Child) -> None:
        if (output := self._outputs.pop(child, None)) is not None:
            self._selector.unregister(output)


def say(line: str) -> None:
    """A line to the terminal; a terminal that is gone stops nothing."""
    try:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    except (OSError, ValueError):
        # From now on nowhere: the interpreter would fail again when it flushes at its end.
        with contextlib.suppress(OSError):
            sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  open as long as we run
