"""One request and its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import wreq

from scraping.errors import ScrapeError
from scraping.fetchers import failures
from scraping.fetchers.clients import Lane
from scraping.fetchers.redirects import REDIRECTS, Hop

if TYPE_CHECKING:
    from wreq.wreq import Request  # in the stub only

METHODS = {
    name: getattr(wreq.Method, name) for name in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
}


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` have lower-case names; of a repeated one the values are joined by ", " (set-cookie: by line breaks).
    `body` is decoded, and empty for a redirect. `set_cookies` are those of a redirect, as they came."""

    status: int
    headers: dict[str, str]
    body: bytes
    set_cookies: tuple[str, ...] = ()

    @property
    def location(self) -> str | None:
        """Where the answer sends us, None when it is the page itself."""
        return self.headers.get("location") if self.status in REDIRECTS else None


async def exchange(
    lane: Lane,
    hop: Hop,
    url: str,
    *,
    host: str,
    max_bytes: int,
    jar: wreq.Jar | None,
) -> Answer:
    """Send the hop to `url`, down a lane that leads there, and read the answer. `host` is for messages.

    Raises ScrapeError: private_ip, connection_failed, tls_failed, proxy_failed, timeout, body_too_large,
    bad_encoding, invalid_parameters.
    """
    options: Request = {}
    if hop.headers:
        options["headers"] = hop.headers
    if hop.body is not None:
        options["body"] = hop.body
    if jar is not None:
        options["cookie_provider"] = jar
    try:
        response = await lane.client.request(METHODS[hop.method], url, **options)
    except failures.RAISED as error:
        raise failures.connecting(error, host) from error
    peer = response.remote_addr
    if peer is None or not lane.reaches(str(peer)):
        await response.close()
        raise ScrapeError("private_ip", f"The connection to {host} led to an address that was not checked.")
    status = response.status.as_int()
    headers = _headers(response)
    if status in REDIRECTS and "location" in headers:
        async with response:  # lets go of the body, which nobody needs
            return Answer(status, headers, b"", tuple(headers.get("set-cookie", "").splitlines()))
    if hop.method == "HEAD":
        return Answer(status, headers, b"")
    if (response.content_length or 0) > max_bytes:
        await response.close()
        raise _too_large(host, max_bytes)
    return Answer(status, headers, await _body(response, host, max_bytes))


async def _body(response: wreq.Response, host: str, max_bytes: int) -> bytes:
    """The decoded body. Chunks are counted after decoding, so a small file that unpacks to a large one is given up
    as early as a large one."""
    chunks = []
    size = 0
    try:
        async with response.stream() as stream:
            async for chunk in stream:
                if not isinstance(chunk, memoryview):
                    continue  # trailers
                size += len(chunk)
                if size > max_bytes:
                    raise _too_large(host, max_bytes)
                chunks.append(chunk)
    except failures.RAISED as error:
        raise failures.reading(error, host) from error
    return b"".join(chunks)


def _headers(response: wreq.Response) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in response.headers:
        name, value = str(raw_name, "latin-1"), str(raw_value, "latin-1")
        if name in headers:
            value = headers[name] + ("\n" if name == "set-cookie" else ", ") + value
        headers[name] = value
    return headers


def _too_large(host: str, max_bytes: int) -> ScrapeError:
    return ScrapeError("body_too_large", f"The page of {host} is larger than {max_bytes:,} bytes.")
