"""The parameters that every eBay type has: the site, or a URL of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from scraping.pages.ebay.domains import DEFAULT, DOMAINS, HOSTS, Domain
from scraping.parameters import Choice, Url


@dataclass(frozen=True)
class Site(Choice):
    """One of eBay's sites; `www.` before it is taken off."""

    def read(self, value: Any) -> str:
        return super().read(
            re.sub(r"^(?:https?://)?www\.", "", value.strip().lower()).rstrip("/")
            if isinstance(value, str)
            else value
        )


EBAY_DOMAIN = Site("ebay_domain", "The eBay site.", default=DEFAULT.name, choices=tuple(DOMAINS))


def ebay_url(description: str) -> Url:
    return Url("url", description, hosts=HOSTS, site="an eBay site")


def site_of(params: dict[str, Any]) -> Domain:
    return DOMAINS[params["ebay_domain"]]


def with_query(url: str, **values: str) -> str:
    """The URL with these query fields set; the others stay as they are."""
    parts = urlsplit(url)
    kept = [
        (key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if key not in values
    ]
    query = urlencode([*kept, *values.items()], quote_via=quote, safe="*")
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))
