"""URLs read once, strictly, and written back in one spelling.

The client that connects later parses URLs by rules of its own. What it is given is put together here from parts
that were checked (ASCII host, number port, encoded path), so that both read the same place out of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address
from urllib.parse import quote, urljoin

import idna

from scraping.addresses import IPAddress, looks_like_ipv4, read_ipv4
from scraping.errors import ScrapeError

MAX_URL = 8000  # characters
MAX_HOST = 253  # characters (RFC 1035)
DEFAULT_PORTS = {"http": 80, "https": 443}

_PARTS = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*)://([^/?#]*)([^#]*)")
_SCHEME_ONLY = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:(?![0-9])")
_AUTHORITY = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::([0-9]*))?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_NEEDS_QUOTING = re.compile(r"""[^\x21-\x7e]|["<>\\^`{}]""")
_DOTS = re.compile(r"/(?:\.|%2e){1,2}(?=[/?]|\Z)", re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9_-]{1,63}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a URL leads: `host` is ASCII, lower-case, without brackets or a trailing dot; `address` is set when it
    is a literal; `netloc` is how host and port stand in a URL (no default port)."""

    scheme: str
    host: str
    port: int
    address: IPAddress | None
    netloc: str

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.netloc}"


def read_url(url: str) -> tuple[Place, str]:
    """A URL as (place, path with query, beginning with a slash). The fragment is dropped.

    Raises ScrapeError: malformed_url, invalid_protocol, invalid_port.
    """
    text = url.strip(" ")
    if len(text) > MAX_URL:
        raise malformed(text, f"it is longer than {MAX_URL} characters")
    if _CONTROL.search(text):
        raise malformed(text, "it contains control characters, such as a line break or a tab")
    found = _PARTS.match(text)
    if found is None:
        if _SCHEME_ONLY.match(text) and not text.lower().startswith(("http:", "https:")):
            raise _wrong_protocol(text)
        raise malformed(text, "it must begin with http:// or https:// and a host name")
    scheme, authority, rest = found.groups()
    place = _read_place(scheme.lower(), authority)
    if _NEEDS_QUOTING.search(rest):
        rest = _quoted(text, rest)
    if not rest.startswith("/"):
        rest = f"/{rest}"
    return place, _without_dots(rest) if _DOTS.search(rest) else rest


def join(base: str, reference: str) -> str:
    """A reference (a Location header, an href) as an absolute URL. Raises ScrapeError (malformed_url)."""
    try:
        return urljoin(base, reference.strip(" "))
    except ValueError as error:
        raise malformed(reference, str(error)) from error


@lru_cache(maxsize=4096)
def read_host(host: str) -> tuple[str, IPAddress | None]:
    """A host as it stands in a URL: (normal form, address if it is a literal). Raises ValueError with the reason."""
    if host.startswith("["):
        if "%" in host:
            raise ValueError("an IPv6 address with a zone belongs to one machine only")
        try:
            v6 = IPv6Address(host[1:-1])
        except AddressValueError as error:
            raise ValueError("the IPv6 address between the brackets is not one") from error
        return str(v6), v6
    name = _ascii_name(host)
    if looks_like_ipv4(name):
        v4 = read_ipv4(name)
        return str(v4), v4
    name = name.removesuffix(".")
    if not name:
        raise ValueError("the host name is missing")
    if len(name) > MAX_HOST:
        raise ValueError(f"the host name is longer than {MAX_HOST} characters")
    for label in name.split("."):
        if not _LABEL.fullmatch(label):
            raise ValueError(f"the host name has a part that cannot be: {label!r}")
    return name, None


def malformed(url: str, why: str) -> ScrapeError:
    return ScrapeError("malformed_url", f"{shown(url)} is not a URL that can be fetched: {why}.")


def shown(url: str) -> str:
    """The URL for a message: short, and without a password that may stand in it."""
    text = re.sub(r"//[^/?#]*@", "//…@", url)
    return repr(text if len(text) <= 200 else f"{text[:200]}…")


@lru_cache(maxsize=4096)
def _read_place(scheme: str, authority: str) -> Place:
    where = f"{scheme}://{authority}"
    if scheme not in DEFAULT_PORTS:
        raise _wrong_protocol(where)
    if "@" in authority:
        raise malformed(where, "it carries a user name or password; send an Authorization header instead")
    if any(character in authority for character in "\\% "):
        raise malformed(where, "the host name contains a backslash, a percent sign or a space")
    found = _AUTHORITY.fullmatch(authority)
    if found is None:
        raise malformed(where, "host and port cannot be told apart")
    try:
        host, address = read_host(found[1])
    except ValueError as error:
        raise malformed(where, str(error)) from error
    port = _read_port(where, found[2], DEFAULT_PORTS[scheme])
    netloc = f"[{host}]" if ":" in host else host
    if port != DEFAULT_PORTS[scheme]:
        netloc = f"{netloc}:{port}"
    return Place(scheme, host, port, address, netloc)


def _read_port(where: str, digits: str | None, default: int) -> int:
    if not digits:
        return default
    port = int(digits[:6])
    if not 1 <= port <= 65535:
        raise ScrapeError(
            "invalid_port", f"{shown(where)} names port {digits[:20]}; ports go from 1 to 65535."
        )
    return port


def _ascii_name(host: str) -> str:
    if host.isascii():
        return host.lower()
    # The mapping turns full-width digits and other dots into plain ones before anything is compared.
    try:
        return idna.encode(host, uts46=True, transitional=False).decode("ascii").lower()
    except UnicodeError as error:
        raise ValueError(f"the international host name is not valid ({error})") from error


def _quoted(url: str, rest: str) -> str:
    try:
        return quote(rest, safe="/?%:@!$&'()*+,;=~[]|-._#")
    except UnicodeEncodeError as error:
        raise malformed(url, "it contains characters that are none") from error


def _without_dots(rest: str) -> str:
    """ "." and ".." resolved as the client would do it (WHATWG: %2e is a dot too), so that a path stays below the
    base that an override puts before it."""
    path, mark, query = rest.partition("?")
    kept: list[str] = []
    segments = path.split("/")[1:]
    for place, segment in enumerate(segments):
        plain = segment.lower().replace("%2e", ".")
        if plain == "..":
            del kept[-1:]
        elif plain != ".":
            kept.append(segment)
        if plain in (".", "..") and place == len(segments) - 1:
            kept.append("")
    return "/" + "/".join(kept) + mark + query


def _wrong_protocol(url: str) -> ScrapeError:
    scheme = url.partition(":")[0].lower()
    return ScrapeError(
        "invalid_protocol", f"{shown(url)} begins with {scheme[:40]}:, only http and https can be fetched."
    )
