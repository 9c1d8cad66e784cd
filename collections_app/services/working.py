"""A worker's part: take batch after batch until nothing waits."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from typing import Any, Protocol, TypeVar

import orjson
from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, connection

from collections_app.models import Batch, Run
from collections_app.models.runs import BatchStatus, RunStatus
from collections_app.services import batches, parts
from collections_app.services.batches import Claim
from collections_app.services.bell import ring
from collections_app.services.rows import Asked, Row, Written, failed_row, make_row
from collections_app.services.watchdog import Watchdog
from scraping.errors import ScrapeError
from scraping.messages import Outcome

logger = logging.getLogger(__name__)

HEARTBEAT = 3.0  # seconds between two looks whether the batch is still ours and the run goes on
LOOK = 1.0  # seconds between two looks whether the worker is told to stop
PATIENCE = 600.0  # seconds for which what was scraped is held while it cannot be stored
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds between two tries to store it
WIND_UP = 5.0  # seconds for requests to end that are called off

T = TypeVar("T")
DATABASE_GONE = (OperationalError, InterfaceError)


class CannotStore(Exception):
    """What was scraped could not be put down, however often it was tried."""


class Scrapes(Protocol):
    """What this module needs of scraping.Scraper."""

    async def scrape(self, params: dict[str, Any]) -> Outcome: ...


class Engine(Protocol):
    """A scraper and the event loop it lives in (see services.scraping)."""

    @property
    def scraper(self) -> Scrapes: ...

    def submit(self, coroutine: Any) -> "Future[Any]": ...


def work(engine: Engine, *, seconds: float, stopping: Callable[[], bool] = lambda: False) -> int:
    """Claim and scrape batches until nothing waits or `seconds` have passed; the number of batches saved."""
    ends = time.monotonic() + seconds
    saved = 0
    while time.monotonic() < ends and not stopping():
        claimed = batches.claim()
        if claimed is None:
            break
        saved += work_off(engine, claimed, stopping)
    return saved


def more_waits() -> bool:
    return Batch.objects.filter(status=BatchStatus.PENDING, run__status=RunStatus.RUNNING).exists()


def work_off(engine: Engine, claimed: Claim, stopping: Callable[[], bool] = lambda: False) -> bool:
    """Scrape one claimed batch and save it; False when it was lost, stopped or handed back."""
    if claimed.given_up:
        return batches.give_up(claimed)
    writer = parts.PartWriter()
    scraping = Scraping(engine, batches.requests_of(claimed), writer)
    hold = Hold(claimed, stopping)
    try:
        if not hold.during(scraping.future):
            return False
        part = _patiently(lambda: batches.store(claimed, writer), hold, Exception)
        if part is None:
            return False
        saved = _patiently(lambda: batches.save(claimed, part, scraping.written), hold, *DATABASE_GONE)
        if saved is None:
            parts.delete(part.name)
        return bool(saved)
    except (CannotStore, OSError, *DATABASE_GONE):
        # Not the batch's fault (a full disk, a database that went away): this try does not count.
        batches.release(claimed)
        raise
    finally:
        # After any other error the lease runs out, and the try counts: should it always fail, it ends at last.
        scraping.call_off()
        writer.close()


class Hold:
    """A claim that is kept alive while its work goes on."""

    def __init__(self, claimed: Claim, stopping: Callable[[], bool]) -> None:
        self.claimed = claimed
        self._stopping = stopping
        self._beat = min(settings.BATCH_LEASE / 3, HEARTBEAT)
        self._renewed = time.monotonic()

    def goes_on(self) -> bool:
        """To be asked every second. False when the claim was lost, the run stopped, or the batch handed back."""
        if self._stopping():
            if batches.release(self.claimed):
                ring("work")
            return False
        if time.monotonic() - self._renewed < self._beat:
            return True
        self._renewed = time.monotonic()
        try:
            held = batches.renew(self.claimed)
        except DATABASE_GONE as error:
            # Whether the lease outlasts it is told by the token, when the database is back.
            logger.warning("batch %s: its lease could not be renewed: %s", self.claimed.batch, error)
            _drop_dead_connection()
            return True
        if not held:
            logger.info("batch %s of run %s: lost or stopped", self.claimed.batch, self.claimed.run)
        return held

    def during(self, future: "Future[None]") -> bool:
        """Wait for the future, and raise what it raises; False when the hold was lost meanwhile."""
        while not future.done():
            wait([future], timeout=min(self._beat, LOOK))
            if not self.goes_on():
                return False
        future.result()
        return True


def _patiently(step: Callable[[], T], hold: Hold, *passing: type[Exception]) -> T | None:
    """The step's outcome; None when the hold was lost meanwhile. What was scraped is too dear to be thrown away for
    a full disk: the step is tried again while it fails with a `passing` error. Raises CannotStore after PATIENCE."""
    began, pause = time.monotonic(), FIRST_PAUSE
    while True:
        try:
            return step()
        except passing as error:
            if time.monotonic() - began >= PATIENCE:
                raise CannotStore(f"{type(error).__name__}: {error}") from error
            _say_why(hold.claimed, error)
        again = time.monotonic() + pause
        while time.monotonic() < again:
            if not hold.goes_on():
                return None
            time.sleep(min(pause, LOOK))
        pause = min(pause * 2, LONGEST_PAUSE)


def _say_why(claimed: Claim, error: Exception) -> None:
    """In the log, and in the run, where its owner looks."""
    reason = f"Its results cannot be stored at the moment: {type(error).__name__}: {error}"[:500]
    logger.error("batch %s of run %s: %s", claimed.batch, claimed.run, reason)
    _drop_dead_connection()
    try:
        Run.objects.filter(pk=claimed.run, status=RunStatus.RUNNING).update(error=reason)
    except DATABASE_GONE:
        _drop_dead_connection()


def _drop_dead_connection() -> None:
    if not connection.in_atomic_block:
        close_old_connections()


class Scraping:
    """A batch's requests under way in the engine's loop; their rows go to `writer` and, in short, to `written`."""

    def __init__(self, engine: Engine, asked: Sequence[Asked], writer: parts.PartWriter) -> None:
        self.written: list[Written] = []
        self._writer = writer
        self._ended = threading.Event()
        self._watchdog = Watchdog()
        self.future: Future[None] = engine.submit(self._run(engine.scraper, asked))

    async def _run(self, scraper: Scrapes, asked: Sequence[Asked]) -> None:
        beating = asyncio.create_task(self._watchdog.beat())
        try:
            await scrape_all(scraper, asked, self._keep)
        finally:
            beating.cancel()
            self._watchdog.stop()
            self._ended.set()

    def _keep(self, row: Row) -> None:
        self._writer.add(row.position, row.body)
        self.written.append(row.written)

    def call_off(self) -> None:
        """Returns when no more rows come."""
        if self.future.cancel():
            self._ended.wait(WIND_UP)
            self._watchdog.stop()


async def scrape_all(scraper: Scrapes, asked: Sequence[Asked], keep: Callable[[Row], None]) -> None:
    """Scrape all requests, at most CONCURRENCY at once; `keep` gets each row as it comes."""
    waiting: Iterator[Asked] = iter(asked)

    async def lane() -> None:
        for one in waiting:
            keep(await scrape_one(scraper, one))

    lanes = [asyncio.create_task(lane()) for _ in range(min(settings.CONCURRENCY, len(asked)))]
    try:
        await asyncio.gather(*lanes)
    finally:
        for task in lanes:
            task.cancel()
        await asyncio.gather(*lanes, return_exceptions=True)


async def scrape_one(scraper: Scrapes, asked: Asked) -> Row:
    """One request's row, whatever happens: each input gives exactly one row."""
    try:
        return make_row(asked, await scraper.scrape(orjson.loads(asked.params)))
    except Exception as error:
        logger.exception("request %s broke", asked.request_id)
        return failed_row(asked, ScrapeError("internal_error", f"A fault of ours: {type(error).__name__}"))
