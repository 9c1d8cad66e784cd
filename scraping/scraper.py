"""Parameters in, outcome out: checks them, gets the pages, has the request type read them.

from scraping import scrape
outcome = scrape("page", url="https://example.com", extract={"title": "h1"})
outcome.result, outcome.error, outcome.warnings
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from scraping.errors import BadParameter, ScrapeError
from scraping.fetchers import FETCHERS, Fetcher, FetchSettings
from scraping.joining import Joined
from scraping.messages import Item, Outcome, PageRequest, PageResponse, Params
from scraping.pages.blocks import block_reason
from scraping.pages.excess import excess
from scraping.request_types import RequestType, request_type
from scraping.selecting import without_unwanted
from scraping.throttle import Throttle

logger = logging.getLogger(__name__)

MAX_STEPS = 3  # pages on the way to an item that only tell where it is
SECRET_PARAMETERS = frozenset({"api_key"})


class Scraper:
    """Scrapes any number of requests at once in one event loop, over shared connections. Use it in one loop only,
    and `close` it there."""

    def __init__(
        self,
        settings: FetchSettings | None = None,
        throttle: Throttle | None = None,
        fetchers: Mapping[str, Fetcher] | None = None,
    ) -> None:
        self._settings = settings or FetchSettings()
        self._throttle = throttle
        self._fetchers: dict[str, Fetcher] = dict(fetchers or {})

    async def scrape(self, params: Mapping[str, Any], *, real_time: bool = False) -> Outcome:
        """The outcome of one request; `params["type"]` names its type. Raises nothing but CancelledError: every
        failure is the outcome's `error`. `real_time` allows fewer pages (see Parameters.check)."""
        attempt = _Attempt(params)
        try:
            type_ = request_type(params)
            attempt.warnings = type_.parameters.warnings(params)
            clean = type_.parameters.check(params, real_time=real_time)
            await self._pages(type_, clean, attempt)
            return attempt.outcome(None)
        except BadParameter as error:
            return attempt.outcome(ScrapeError("invalid_parameters", str(error)))
        except ScrapeError as error:
            return attempt.outcome(error)
        except Exception as error:
            # The one place where any fault of a page object becomes a row of its own (one input, one result).
            logger.exception("A request failed by a fault of ours: %s", _echo(params))
            return attempt.outcome(
                ScrapeError("internal_error", f"A fault of ours: {type(error).__name__}: {error}")
            )

    async def _pages(self, type_: RequestType, params: Params, attempt: _Attempt) -> None:
        attempt.several = params.get("max_page", 1) > 1
        joined = Joined(type_.main_list, first_page=params.get("page", 1), most=params.get("max_page", 1))
        request: PageRequest | None = type_.first(params)
        steps = 0
        while request is not None:
            started = datetime.now(UTC)
            attempt.visit(type_.metadata_url, request.url, started)
            try:
                response = await self._fetch(request, params)
                attempt.answered(response, started)
                if params["include_html"]:
                    attempt.html.append(response.text)
                _refuse_unreadable(response)
                item = type_.read(params, response)
            except ScrapeError as error:
                if error.code == "not_found" and joined.pages:
                    break  # the site has fewer pages than were asked for
                if error.code == "not_found" and type_.missing:
                    attempt.payload = {"message": type_.missing}
                    break
                attempt.payload = _wanted(joined.item, params)
                raise _on_page(error, joined) from error
            if isinstance(item, PageRequest):
                steps += 1
                if steps > MAX_STEPS:
                    raise ScrapeError("unexpected_page", "The pages only point to one another.")
                request = item
                continue
            joined.add(item)
            request = None if joined.full else type_.following(params, response, item)
        if joined.pages:
            attempt.payload = _wanted(joined.item, params)
            attempt.hidden = frozenset(params.get("exclude_fields", ()))

    async def _fetch(self, request: PageRequest, params: Params) -> PageResponse:
        if request.proxy is None and "proxy" in params:
            request = replace(request, proxy=params["proxy"])
        return await self._fetcher(request.fetcher).fetch(request)

    def _fetcher(self, name: str) -> Fetcher:
        if name not in self._fetchers:
            self._fetchers[name] = FETCHERS[name](self._settings, self._throttle)
        return self._fetchers[name]

    async def close(self) -> None:
        """Closes the connections."""
        fetchers, self._fetchers = self._fetchers, {}
        for fetcher in fetchers.values():
            await fetcher.close()


class _Attempt:
    """What is known of a request while it goes: enough to tell its outcome at any moment."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw = raw
        self.created = datetime.now(UTC)
        self.begun = time.monotonic()
        self.warnings: list[str] = []
        self.pages: list[dict[str, Any]] = []  # one a page that was asked for
        self.url_key = "url"
        self.several = False  # more than one page was asked for, however many there were
        self.answers = 0
        self.status: int | None = None
        self.html: list[str] = []
        self.payload: Item = {}
        self.hidden: frozenset[str] = frozenset()

    def visit(self, url_key: str, url: str, started: datetime) -> None:
        self.url_key = url_key
        self.pages.append({"page": len(self.pages) + 1, url_key: url, "created_at": iso(started)})

    def answered(self, response: PageResponse, started: datetime) -> None:
        self.answers += 1
        self.status = response.status
        ended = datetime.now(UTC)
        seconds = round((ended - started).total_seconds(), 2)
        self.pages[-1] |= {"processed_at": iso(ended), "total_time_taken": seconds}

    def outcome(self, error: ScrapeError | None) -> Outcome:
        elapsed = time.monotonic() - self.begun
        result: Item = {"request_parameters": _echo(self.raw), "request_metadata": self._metadata(elapsed)}
        if error is not None:
            status = error.status or self.status
            result["request_info"] = {"success": False, "message": error.message, "error": error.code}
            if status is not None:
                result["request_info"]["status"] = status
        for key in self.hidden & result.keys():
            del result[key]
        result |= self.payload
        if self.html:
            result["html"] = self.html if self._lists_pages else self.html[0]
        return Outcome(
            result=result,
            error=error,
            pages=self.answers,
            status=self.status,
            elapsed=elapsed,
            warnings=tuple(self.warnings),
        )

    def _metadata(self, elapsed: float) -> Item:
        metadata: Item = {
            "created_at": iso(self.created),
            "processed_at": iso(datetime.now(UTC)),
            "total_time_taken": round(elapsed, 2),
        }
        if self._lists_pages:
            metadata["pages"] = self.pages
        elif self.pages:
            metadata[self.url_key] = self.pages[0][self.url_key]
        return metadata

    @property
    def _lists_pages(self) -> bool:
        return bool(self.pages) and (self.several or len(self.pages) > 1)


def scrape(type: str, **params: Any) -> Outcome:
    """One request from a shell: `scrape("page", url="https://example.com").result`. Blocks till it is done; works
    in a notebook, too, where an event loop runs already."""

    async def once() -> Outcome:
        scraper = Scraper()
        try:
            return await scraper.scrape({"type": type, **params})
        finally:
            await scraper.close()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, once()).result()


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and Z, as the APIs write times."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _echo(raw: Mapping[str, Any]) -> Item:
    return {name: value for name, value in raw.items() if name not in SECRET_PARAMETERS}


def _wanted(item: Item, params: Params) -> Item:
    return without_unwanted(item, params.get("include_fields", ()), params.get("exclude_fields", ()))


def _refuse_unreadable(response: PageResponse) -> None:
    """Raises ScrapeError for a page that no page object need see: a block page, or an error status."""
    if reason := block_reason(response):
        message = f"The site turned the request away: {reason}."
        raise ScrapeError("blocked", message, retryable=True, status=response.status)
    if response.status in (404, 410):
        raise ScrapeError(
            "not_found", f"The site answered with HTTP {response.status}.", status=response.status
        )
    if response.status >= 400:
        raise ScrapeError(
            "http_error",
            f"The site answered with HTTP {response.status}.",
            retryable=response.status == 429 or response.status >= 500,
            status=response.status,
        )
    if reason := excess(response.body):
        raise ScrapeError("unexpected_page", f"The page cannot be read. {reason}", status=response.status)


def _on_page(error: ScrapeError, joined: Joined) -> ScrapeError:
    """The error, saying on which page it came when earlier pages are there."""
    if not joined.pages:
        return error
    message = f"Page {joined.pages + 1}: {error.message}"
    return ScrapeError(
        error.code, message, retryable=error.retryable, status=error.status, retry_after=error.retry_after
    )
