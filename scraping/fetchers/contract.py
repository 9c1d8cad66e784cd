"""What a fetcher is and how it is set up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from scraping.messages import PageRequest, PageResponse


class Fetcher(Protocol):
    """Gets pages, many at a time, inside one event loop."""

    async def fetch(self, request: PageRequest) -> PageResponse:
        """The answer, whatever its status. Raises ScrapeError, nothing else (and CancelledError)."""
        ...

    async def close(self) -> None:
        """Give back connections and threads; the fetcher is of no use afterwards."""
        ...


@dataclass(frozen=True)
class FetchSettings:
    """How pages are fetched. Times are seconds, sizes bytes.

    `total_timeout` holds for a page with its redirects, retries and name lookups; waiting for the host's turn
    (the throttle) does not count. `read_timeout` is the longest silence while an answer is awaited or read.
    `max_bytes` is for the decoded body. `retries` are attempts after the first, over all hops of one page.
    `allowed_private_hosts` are "host" or "host:port"; they pass every check of the guard.
    `origin_overrides` send requests for an origin elsewhere: {"https://shop.example": "http://127.0.0.1:9001/shop"};
    whoever sets them vouches for their targets, which need not stand in `allowed_private_hosts` too.
    `proxy` is trusted in the same way; a proxy named by a single request is checked like any other target.
    `ca_file` is a PEM file of roots to trust instead of the built-in ones.
    `host_concurrency` and `host_delay` set up the LocalThrottle a fetcher makes when it is given none.
    """

    total_timeout: float = 60.0
    connect_timeout: float = 10.0
    read_timeout: float = 30.0
    max_bytes: int = 20_000_000
    max_redirects: int = 10
    retries: int = 2
    allowed_private_hosts: frozenset[str] = frozenset()
    origin_overrides: Mapping[str, str] = field(default_factory=dict)
    proxy: str | None = None
    concurrency: int = 64
    host_concurrency: int = 32
    host_delay: float = 0.0
    ca_file: str | None = None
