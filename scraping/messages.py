"""What goes out and what comes back: PageRequest, PageResponse, Outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from scraping.errors import ScrapeError

Item = dict[str, Any]
Params = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PageRequest:
    """One page to get. Times are seconds."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    proxy: str | None = None
    timeout: float | None = None
    fetcher: str = "http"


@dataclass(frozen=True)
class PageResponse:
    """What came back. `url` is the final URL as the user knows it (origin overrides undone), `headers` have
    lower-case names, `elapsed` is seconds, `redirects` the URLs passed on the way (without the final one)."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    elapsed: float = 0.0
    redirects: tuple[str, ...] = ()

    @cached_property
    def text(self) -> str:
        """The body decoded: byte-order mark, header, meta tag, then UTF-8."""
        from scraping.charset import decode

        return decode(self.body, self.headers.get("content-type", ""))

    @property
    def markup(self) -> bytes | str:
        """What to give to a parser: the body itself where it is UTF-8, else its text."""
        from scraping.charset import as_utf8

        own = as_utf8(self.body, self.headers.get("content-type", ""))
        return own if own is not None else self.text


@dataclass(slots=True)
class Outcome:
    """How one request went. `result` is the answer's body; only a failure's has `request_info` (why it failed).
    `pages` were answered, `status` is the last page's, `elapsed` is seconds; `warnings` are sentences about
    parameters that had no effect."""

    result: Item
    error: ScrapeError | None = None
    pages: int = 0
    status: int | None = None
    elapsed: float = 0.0
    warnings: tuple[str, ...] = ()

    @property
    def success(self) -> bool:
        return self.error is None
