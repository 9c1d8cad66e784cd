"""The scraper of this process: one event loop in a thread of its own, so that connections are used again."""

import asyncio
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from functools import cached_property
from typing import Any, TypeVar

from django.conf import settings

from collections_app.services.throttle import SharedThrottle
from scraping.fetchers import FetchSettings
from scraping.scraper import Scraper
from scraping.throttle import Throttle

T = TypeVar("T")


def fetch_settings() -> FetchSettings:
    """How pages are fetched, from ROUNDSMAN_*."""
    return FetchSettings(
        total_timeout=settings.FETCH_TIMEOUT,
        connect_timeout=settings.FETCH_CONNECT_TIMEOUT,
        read_timeout=settings.FETCH_READ_TIMEOUT,
        max_bytes=settings.FETCH_MAX_BYTES,
        max_redirects=settings.FETCH_MAX_REDIRECTS,
        retries=settings.FETCH_RETRIES,
        allowed_private_hosts=frozenset(settings.ALLOWED_PRIVATE_HOSTS),
        origin_overrides=settings.ORIGIN_OVERRIDES,
        proxy=settings.FETCH_PROXY or None,
        concurrency=settings.CONCURRENCY,
        host_concurrency=settings.HOST_CONCURRENCY,
        host_delay=settings.HOST_DELAY,
    )


class Engine:
    """A scraper and its event loop. `submit` may be called from any thread."""

    def __init__(self, throttle: Throttle | None = None) -> None:
        self._throttle = throttle
        self._shared: SharedThrottle | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="scraping", daemon=True)
        self._thread.start()

    @cached_property
    def scraper(self) -> Scraper:
        if self._throttle is None:
            self._throttle = self._shared = SharedThrottle()
        return Scraper(fetch_settings(), self._throttle)

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> "Future[T]":
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def close(self) -> None:
        self.submit(self._wind_up()).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)

    async def _wind_up(self) -> None:
        if "scraper" in self.__dict__:
            await self.scraper.close()
        if self._shared is not None:
            await self._shared.close()  # or the next worker waits for the shares to lapse
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        # Its threads hold database connections, which end with them.
        await self._loop.shutdown_default_executor()


_engines: dict[int, Engine] = {}
_lock = threading.Lock()


def engine() -> Engine:
    """The engine of this process; a fork gets its own."""
    with _lock:
        if (pid := os.getpid()) not in _engines:
            _engines.clear()
            _engines[pid] = Engine()
        return _engines[pid]


def wind_up() -> None:
    """Close this process's engine, when it has one: its hosts are free for others."""
    with _lock:
        if (mine := _engines.pop(os.getpid(), None)) is not None:
            mine.close()
