"""What the fetcher's tests share: a throttle that writes down, a sleep that does not sleep, ways to run a scenario."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import Any, TypeVar

import pytest

from scraping.addresses import IPAddress
from scraping.errors import ScrapeError
from scraping.fetchers import FetchSettings, HttpFetcher
from scraping.messages import PageRequest, PageResponse
from scraping.throttle import Throttle
from tests.scraping.site import Site

T = TypeVar("T")

# Tests never wait for one of these; where a timeout is what is tested, the test sets a short one.
PATIENT = {"total_timeout": 60.0, "connect_timeout": 30.0, "read_timeout": 30.0}


class Diary:
    """A throttle and a sleep in one, that write down what they are asked, and wait for nothing."""

    def __init__(self) -> None:
        self.slots: list[str] = []
        self.held = 0
        self.slowed: list[tuple[str, float]] = []
        self.slept: list[float] = []
        self.held_while_sleeping = 0

    @asynccontextmanager
    async def slot(self, host: str) -> AsyncIterator[None]:
        self.slots.append(host)
        self.held += 1
        try:
            yield
        finally:
            self.held -= 1

    async def slow_down(self, host: str, seconds: float) -> None:
        self.slowed.append((host, seconds))

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.held_while_sleeping = max(self.held_while_sleeping, self.held)


@asynccontextmanager
async def fetching(
    *sites: Site,
    diary: Diary | None = None,
    throttle: Throttle | None = None,
    names: Mapping[str, str] | None = None,
    others: Mapping[str, str] | None = None,
    **settings: Any,
) -> AsyncIterator[HttpFetcher]:
    """A fetcher that may reach the sites. `names` are host names and the address each of them has; they are allowed
    with the ports of the sites. `others` have addresses too, but are not allowed; no other name exists."""
    names = names or {}
    allowed = {site.address for site in sites} | {f"{name}:{site.port}" for name in names for site in sites}
    diary = diary or Diary()

    known = {**names, **(others or {})}

    def lookup(host: str) -> list[IPAddress]:
        if host not in known:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [ip_address(known[host])]

    fetcher = HttpFetcher(
        FetchSettings(**{**PATIENT, "allowed_private_hosts": frozenset(allowed), **settings}),
        throttle or diary,
        sleep=diary.sleep,
        lookup=lookup,
    )
    try:
        yield fetcher
    finally:
        await fetcher.close()


async def get(fetcher: HttpFetcher, url: str, **options: Any) -> PageResponse:
    return await fetcher.fetch(PageRequest(url, **options))


async def failure(fetcher: HttpFetcher, url: str, **options: Any) -> ScrapeError:
    with pytest.raises(ScrapeError) as caught:
        await fetcher.fetch(PageRequest(url, **options))
    return caught.value


def run(scenario: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(scenario)
