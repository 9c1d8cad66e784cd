"""Ends this process when a page makes it run on for ever; the batch is tried again, and the one request given up.

Whoever holds the interpreter's lock (a pattern that backtracks without end) stops every thread: no lease is renewed,
and a transaction that stands open in another thread stays open, which on SQLite locks everybody out.
"""

import asyncio
import faulthandler
import os
import sys
import threading
import time

HELD = 15.0  # seconds for which one thread may hold the interpreter's lock; SQLite's writers wait 20
STUCK = 60.0  # seconds for which the event loop may stand still while other threads go on
LOOK = 1.0


class Watchdog:
    """Watches from its making until `stop`; `beat` is to run in the event loop that is watched."""

    def __init__(self) -> None:
        self._pulse = time.monotonic()
        self._over = threading.Event()
        self._arm()
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    async def beat(self) -> None:
        while True:
            self._pulse = time.monotonic()
            await asyncio.sleep(LOOK)

    def stop(self) -> None:
        self._over.set()

    def _watch(self) -> None:
        while not self._over.wait(LOOK):
            self._arm()
            if time.monotonic() - self._pulse > STUCK:
                faulthandler.dump_traceback(file=_log())
                os._exit(1)
        faulthandler.cancel_dump_traceback_later()

    @staticmethod
    def _arm() -> None:
        """From now on HELD seconds, counted where no lock is needed."""
        faulthandler.dump_traceback_later(HELD, exit=True, file=_log())


def _log() -> int:
    return (sys.__stderr__ or sys.stderr).fileno() if sys.__stderr__ or sys.stderr else 2
