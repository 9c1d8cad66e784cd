"""Pages over HTTP, with a browser's TLS and HTTP/2 manners."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from scraping.fetchers.contract import FetchSettings
from scraping.messages import PageRequest, PageResponse
from scraping.throttle import LocalThrottle, Throttle


class HttpFetcher:
    """Fetches with wreq; redirects, retries and the guard are ours. Belongs to one event loop."""

    def __init__(
        self,
        settings: FetchSettings | None = None,
        throttle: Throttle | None = None,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._settings = settings or FetchSettings()
        self._throttle = throttle or LocalThrottle(self._settings.host_concurrency, self._settings.host_delay)
        self._sleep = sleep

    async def fetch(self, request: PageRequest) -> PageResponse:
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError
