"""A worker's part: take batch after batch until nothing waits."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from typing import Any, Protocol

import orjson
from django.conf import settings

from collections_app.models import Batch
from collections_app.models.runs import BatchStatus, RunStatus
from collections_app.services import batches, parts
from collections_app.services.batches import Claim
from collections_app.services.rows import Asked, Row, Written, failed_row, make_row
from scraping.errors import ScrapeError
from scraping.messages import Outcome

logger = logging.getLogger(__name__)

HEARTBEAT = 3.0  # seconds between two looks whether the batch is still ours and the run goes on


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
    try:
        written: list[Written] = []

        def keep(row: Row) -> None:
            writer.add(row.position, row.body)
            written.append(row.written)

        future = engine.submit(scrape_all(engine.scraper, batches.requests_of(claimed), keep))
        if not _await(future, claimed, stopping):
            return False
        return batches.save(claimed, writer, written)
    except Exception:
        # Not the batch's fault (a full disk, a database that went away): this try does not count.
        batches.release(claimed)
        raise
    finally:
        writer.close()


def _await(future: "Future[None]", claimed: Claim, stopping: Callable[[], bool]) -> bool:
    """Wait for the scraping while renewing the lease; False when the claim was lost meanwhile."""
    beat = min(settings.BATCH_LEASE / 3, HEARTBEAT)
    renewed = time.monotonic()
    while not future.done():
        wait([future], timeout=min(beat, 1.0))
        if stopping():
            future.cancel()
            batches.release(claimed)
            return False
        if time.monotonic() - renewed >= beat:
            renewed = time.monotonic()
            if not batches.renew(claimed):
                logger.info("batch %s of run %s: lost or stopped", claimed.batch, claimed.run)
                future.cancel()
                return False
    future.result()
    return True


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


async def scrape_one(scraper: Scrapes, asked: Asked) -> Row:
    """One request's row, whatever happens: each input gives exactly one row."""
    try:
        return make_row(asked, await scraper.scrape(orjson.loads(asked.params)))
    except Exception as error:
        logger.exception("request %s broke", asked.request_id)
        return failed_row(asked, ScrapeError("internal_error", f"A fault of ours: {type(error).__name__}"))
