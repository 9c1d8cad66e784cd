"""Which request follows a redirect: the rules browsers have (WHATWG Fetch, "HTTP-redirect fetch")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from scraping.urls import read_url

REDIRECTS = frozenset({301, 302, 303, 307, 308})
SECRETS = frozenset({"authorization", "cookie"})  # for the origin they were meant for, and no other
ABOUT_BODY = frozenset({"content-type", "content-encoding", "content-language", "content-location"})


@dataclass(frozen=True, slots=True)
class Hop:
    """One request on the way to a page. `url` is the URL as the user knows it."""

    url: str
    method: str
    headers: Mapping[str, str]
    body: bytes | None


def next_hop(hop: Hop, status: int, url: str) -> Hop:
    """The request for the redirect's target."""
    dropped: frozenset[str] = frozenset()
    following = replace(hop, url=url)
    becomes_get = (status in (301, 302) and hop.method == "POST") or (
        status == 303 and hop.method not in ("GET", "HEAD")
    )
    if becomes_get:
        following = replace(following, method="GET", body=None)
        dropped |= ABOUT_BODY
    if read_url(url)[0].origin != read_url(hop.url)[0].origin:
        dropped |= SECRETS
    if dropped:
        kept = {name: value for name, value in hop.headers.items() if name.lower() not in dropped}
        following = replace(following, headers=kept)
    return following
