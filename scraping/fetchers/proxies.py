"""Proxies: read, checked, and ready for the client."""

from __future__ import annotations

import re
from dataclasses import dataclass

from scraping.addresses import IPAddress
from scraping.errors import ScrapeError
from scraping.guard import Guard
from scraping.urls import read_url

# socks5 asks for names here (they are pinned); socks5h and the HTTP ones leave them to the proxy
DEFAULT_PORTS = {"http": 80, "https": 443, "socks4": 1080, "socks4a": 1080, "socks5": 1080, "socks5h": 1080}

_PROXY = re.compile(r"([a-z0-9]+)://(?:([^@/?#\s]*)@)?([^@/?#\s]+)/?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Proxy:
    """`url` is what the client gets (credentials included: not for messages), `host` a name or an address."""

    url: str
    host: str
    addresses: tuple[IPAddress, ...]
    is_literal: bool


async def checked_proxy(text: str, guard: Guard, *, trusted: bool, within: float | None = None) -> Proxy:
    """The proxy as the client gets it. One that the operator set is `trusted`; any other must be a public place,
    like every target. Raises ScrapeError (invalid_parameters, or the guard's reasons), and TimeoutError when its
    name needs longer than `within` seconds."""
    found = _PROXY.fullmatch(text.strip())
    scheme = found[1].lower() if found else ""
    if found is None or scheme not in DEFAULT_PORTS:
        allowed = ", ".join(DEFAULT_PORTS)
        raise ScrapeError("invalid_parameters", f"The proxy must be a URL like http://host:port ({allowed}).")
    has_port = re.search(r":[0-9]+$", found[3]) is not None
    place = found[3] if has_port else f"{found[3]}:{DEFAULT_PORTS[scheme]}"
    target = await guard.check_place(*read_url(f"http://{place}/"), trusted=trusted, within=within)
    host = f"[{target.place.host}]" if ":" in target.place.host else target.place.host
    credentials = f"{found[2]}@" if found[2] else ""
    url = f"{scheme}://{credentials}{host}:{target.place.port}"
    return Proxy(url, target.place.host, target.addresses, target.place.address is not None)
