"""Requests for an origin sent elsewhere: to a mirror, a staging copy, recorded pages. Results keep the original URL."""

from __future__ import annotations

from collections.abc import Mapping

from scraping.errors import ScrapeError
from scraping.urls import Place, read_url


class Origins:
    """Overrides: {"https://www.shop.example": "http://127.0.0.1:9001/shop"}. The key is an origin (scheme, host,
    port if not the usual one), the value a base URL that paths and queries are appended to.

    Raises ValueError naming the entry that is neither.
    """

    def __init__(self, overrides: Mapping[str, str]) -> None:
        self._base: dict[str, str] = {}
        for origin, base in overrides.items():
            self._base[_read_origin(origin)] = _read_base(origin, base)

    def __bool__(self) -> bool:
        return bool(self._base)

    def sent(self, place: Place, path: str) -> str | None:
        """The URL to send instead of the place and path, None when there is no override for the place."""
        base = self._base.get(place.origin) if self._base else None
        return None if base is None else base + path

    def original(self, origin: str, sent: str) -> str:
        """The URL as the user knows it, for one that a page fetched through an override of `origin` points to.

        Below a base it is that base's original. Elsewhere on the same server it is a path of the site itself,
        which does not know that it stands below a base. On any other server it is what it says.
        """
        place, path = read_url(sent)
        whole = place.origin + path
        below = [
            (len(base), original == origin, original)
            for original, base in self._base.items()
            if whole == base or whole.startswith((f"{base}/", f"{base}?"))
        ]
        if below:
            # Bases may lie inside each other, and two origins may share one: then the page's own origin.
            length, _, original = max(below)
            rest = whole[length:]
            return original + (rest if rest.startswith("/") else f"/{rest}")
        if origin in self._base and read_url(self._base[origin])[0].origin == place.origin:
            return origin + path
        return whole


def _read_origin(origin: str) -> str:
    try:
        place, path = read_url(origin)
    except ScrapeError as error:
        raise ValueError(f"origin override {origin!r}: {error.message}") from error
    if path != "/" or origin.rstrip().endswith(("?", "#")):
        raise ValueError(f"origin override {origin!r}: an origin ends after host and port")
    return place.origin


def _read_base(origin: str, base: str) -> str:
    try:
        place, path = read_url(base)
    except ScrapeError as error:
        raise ValueError(f"origin override {origin!r} -> {base!r}: {error.message}") from error
    if "?" in base or "#" in base:
        raise ValueError(f"origin override {origin!r} -> {base!r}: a base has neither query nor fragment")
    return place.origin + path.rstrip("/")
