"""Pages over HTTP, with a browser's TLS and HTTP/2 manners.

The way of a page: its URL (or the override's) is checked by the guard, its host's turn is awaited, a client that can
connect only to the checked addresses asks, the connected address is compared once more, the body is read up to the
limit. A redirect makes the next hop and begins again; a failure that may pass is asked for again after a wait.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import wreq

from scraping.errors import ScrapeError
from scraping.fetchers.clients import Clients
from scraping.fetchers.contract import FetchSettings
from scraping.fetchers.exchange import METHODS, Answer, exchange
from scraping.fetchers.proxies import Proxy, checked_proxy
from scraping.fetchers.redirects import Hop, next_hop
from scraping.fetchers.retries import REPEATABLE, RETRY_STATUSES, SLOW_DOWN_STATUSES, backoff, retry_after
from scraping.guard import Guard
from scraping.messages import PageRequest, PageResponse
from scraping.origins import Origins
from scraping.resolver import Lookup, system_lookup
from scraping.throttle import LocalThrottle, Throttle
from scraping.urls import join, read_url, shown

# Set by the client itself; a caller's own would let one request reach another host or be read as two.
CLIENTS_HEADERS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer", "upgrade"}
    | {"proxy-authorization", "proxy-connection", "accept-encoding"}
)


@dataclass(slots=True)
class _Journey:
    """One page's way: what was passed, what is left. Times are seconds of time.monotonic."""

    limit: float
    retries: int
    proxy: str | None
    started: float = field(default_factory=time.monotonic)
    waited: float = 0.0  # for the host's turn: does not count
    passed: list[str] = field(default_factory=list)
    asked: set[tuple[str, str, int]] = field(default_factory=set)  # method, URL, sets of cookies by then
    jar: wreq.Jar | None = None
    cookies: int = 0
    attempts: int = 0

    def elapsed(self) -> float:
        return time.monotonic() - self.started - self.waited

    def left(self) -> float:
        """Until the total timeout."""
        return self.limit - self.elapsed()


class HttpFetcher:
    """Fetches with wreq; redirects, retries and the guard are ours. Belongs to one event loop, and to
    one process: wreq has threads that do not survive a fork.

    `sleep` waits between attempts, `lookup` gives a name's addresses.
    """

    def __init__(
        self,
        settings: FetchSettings | None = None,
        throttle: Throttle | None = None,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        lookup: Lookup = system_lookup,
    ) -> None:
        self._settings = settings = settings or FetchSettings()
        self._throttle = throttle or LocalThrottle(settings.host_concurrency, settings.host_delay)
        self._sleep = sleep
        self._origins = Origins(settings.origin_overrides)
        self._guard = Guard(settings.allowed_private_hosts, lookup=lookup, timeout=settings.connect_timeout)
        self._clients = Clients(settings)
        self._places = asyncio.Semaphore(settings.concurrency)

    async def fetch(self, request: PageRequest) -> PageResponse:
        """The answer, whatever its status; after the last attempt also a 429 or a 5xx. Raises ScrapeError.

        `elapsed` is without the time spent waiting for the host's turn.
        """
        hop = _first_hop(request)
        limit = self._settings.total_timeout if request.timeout is None else request.timeout
        async with self._places:
            journey = _Journey(limit, self._settings.retries, request.proxy or self._settings.proxy)
            try:
                url, answer = await self._travel(hop, journey)
            except TimeoutError as error:
                raise ScrapeError(
                    "timeout", f"{shown(request.url)} was not there within {limit:g} s."
                ) from error
            return PageResponse(
                url, answer.status, answer.headers, answer.body, journey.elapsed(), tuple(journey.passed)
            )

    async def close(self) -> None:
        """Requests under way end with CancelledError."""
        self._clients.close()
        await self._guard.close()

    async def _travel(self, hop: Hop, journey: _Journey) -> tuple[str, Answer]:
        """From hop to hop until an answer is no redirect: the URL as the user knows it, and the answer."""
        while True:
            try:
                sent, known, answer = await self._ask(hop, journey)
                if not answer.location:
                    return known, answer
                journey.passed.append(known)
                hop = self._redirected(hop, sent, known, answer, journey)
            except ScrapeError as error:
                if not journey.passed or error.code == "too_many_redirects":
                    raise
                raise _on_the_way(error, journey.passed[0]) from error

    def _redirected(self, hop: Hop, sent: str, known: str, answer: Answer, journey: _Journey) -> Hop:
        """The next hop. `sent` is the URL that was asked, `known` the same as the user knows it."""
        if len(journey.passed) > self._settings.max_redirects:
            raise _endless(journey, f"more than {self._settings.max_redirects} times")
        journey.asked.add((hop.method, known, journey.cookies))
        location = _as_text(answer.location or "").strip(" ")
        # A reference without a scheme means the site's own, which an override may have changed.
        url = join(known if location.startswith("//") else sent, location)
        url = self._origins.original(read_url(known)[0].origin, url)
        if answer.set_cookies:
            hop = _remember_cookies(hop, sent, answer, journey)
        following = next_hop(hop, answer.status, url)
        if (following.method, url, journey.cookies) in journey.asked:
            raise _endless(journey, "in a circle")
        return following

    async def _ask(self, hop: Hop, journey: _Journey) -> tuple[str, str, Answer]:
        """One hop with its retries: the URL that was sent, the one the user knows, the answer."""
        while True:
            failure: ScrapeError | None = None
            journey.attempts += 1
            wait = backoff(journey.attempts)
            may_retry = journey.retries > 0 and hop.method in REPEATABLE
            try:
                sent, known, answer = await self._attempt(hop, journey)
            except ScrapeError as error:
                if not (error.retryable and may_retry):
                    raise
                failure = error
            else:
                if answer.status not in RETRY_STATUSES:
                    return sent, known, answer
                wait = await self._heed(read_url(known)[0].host, answer, wait)
                if not may_retry:
                    return sent, known, answer
            if wait >= journey.left():
                # Waiting would end in a timeout, which says less than what is already known.
                if failure is not None:
                    raise failure
                return sent, known, answer
            journey.retries -= 1
            await self._sleep(wait)

    async def _heed(self, host: str, answer: Answer, wait: float) -> float:
        """Seconds to wait after an answer that asks for patience; everyone else who asks the host waits too."""
        asked = retry_after(answer.headers.get("retry-after"))
        wait = wait if asked is None else asked
        if answer.status in SLOW_DOWN_STATUSES:
            await self._throttle.slow_down(host, wait)
        return wait

    async def _attempt(self, hop: Hop, journey: _Journey) -> tuple[str, str, Answer]:
        place, path = read_url(hop.url)
        override = self._origins.sent(place, path)
        target = await self._guard.check_place(
            *(read_url(override) if override else (place, path)),
            trusted=bool(override),
            within=journey.left(),
        )
        # An override names the very place to go to, so the proxy is left out.
        proxy = await self._proxy(journey) if journey.proxy and not override else None
        arrived = time.monotonic()
        async with self._throttle.slot(place.host):
            journey.waited += time.monotonic() - arrived
            async with asyncio.timeout(journey.left()):
                answer = await exchange(
                    self._clients.get(target, proxy),
                    hop,
                    target.url,
                    host=place.host,
                    max_bytes=self._settings.max_bytes,
                    jar=journey.jar,
                )
        if proxy is not None and answer.status == 407:
            raise ScrapeError("proxy_failed", "The proxy asks for other credentials.", status=answer.status)
        return target.url, place.origin + path, answer

    async def _proxy(self, journey: _Journey) -> Proxy:
        text = journey.proxy or ""
        return await checked_proxy(
            text, self._guard, trusted=text == self._settings.proxy, within=journey.left()
        )


def _first_hop(request: PageRequest) -> Hop:
    method = request.method.upper()
    if method not in METHODS:
        raise ScrapeError(
            "invalid_parameters", f"method {request.method!r}: use one of {', '.join(METHODS)}."
        )
    headers = {name: value for name, value in request.headers.items() if name.lower() not in CLIENTS_HEADERS}
    return Hop(request.url, method, headers, request.body)


def _remember_cookies(hop: Hop, sent: str, answer: Answer, journey: _Journey) -> Hop:
    """Cookies of a redirect go with the hops that follow, as in a browser, and no further than this page.

    The caller's own join them in the jar, since the client takes cookies from the jar or from the header, not both.
    """
    journey.cookies += 1
    if journey.jar is None:
        journey.jar = wreq.Jar()
        for name, value in hop.headers.items():
            if name.lower() == "cookie":
                for pair in value.split(";"):
                    journey.jar.add(f"{pair.strip()}; Path=/", sent)
        hop = Hop(
            hop.url, hop.method, {n: v for n, v in hop.headers.items() if n.lower() != "cookie"}, hop.body
        )
    for cookie in answer.set_cookies:
        journey.jar.add(cookie, sent)
    return hop


def _as_text(location: str) -> str:
    """A Location header's bytes are UTF-8 in practice; headers are kept as Latin-1."""
    try:
        return location.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return location


def _endless(journey: _Journey, how: str) -> ScrapeError:
    return ScrapeError("too_many_redirects", f"{shown(journey.passed[0])} redirects {how}.")


def _on_the_way(error: ScrapeError, first: str) -> ScrapeError:
    return ScrapeError(
        error.code,
        f"{shown(first)} redirects further: {error.message}",
        retryable=error.retryable,
        status=error.status,
        retry_after=error.retry_after,
    )
