"""eBay's sites: the twenty domains that a request may name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Domain:
    """One site. `currency` is that of its own prices (ISO 4217), `language` that of its words (ISO 639-1),
    `site_id` eBay's number for it (as in its own tracking and autosuggest URLs)."""

    name: str
    currency: str
    language: str
    site_id: int

    @property
    def base(self) -> str:
        return f"https://www.{self.name}"


DOMAINS: dict[str, Domain] = {
    domain.name: domain
    for domain in (
        Domain("ebay.com", "USD", "en", 0),
        Domain("ebay.co.uk", "GBP", "en", 3),
        Domain("ebay.com.au", "AUD", "en", 15),
        Domain("ebay.at", "EUR", "de", 16),
        Domain("ebay.be", "EUR", "fr", 23),
        Domain("befr.ebay.be", "EUR", "fr", 23),
        Domain("benl.ebay.be", "EUR", "nl", 123),
        Domain("ebay.ca", "CAD", "en", 2),
        Domain("ebay.fr", "EUR", "fr", 71),
        Domain("ebay.de", "EUR", "de", 77),
        Domain("ebay.com.hk", "HKD", "zh", 201),
        Domain("ebay.ie", "EUR", "en", 205),
        Domain("ebay.it", "EUR", "it", 101),
        Domain("ebay.com.my", "MYR", "en", 207),
        Domain("ebay.nl", "EUR", "nl", 146),
        Domain("ebay.ph", "PHP", "en", 211),
        Domain("ebay.pl", "PLN", "pl", 212),
        Domain("ebay.com.sg", "SGD", "en", 216),
        Domain("ebay.es", "EUR", "es", 186),
        Domain("ebay.ch", "CHF", "de", 193),
    )
}
DEFAULT = DOMAINS["ebay.com"]

# A whole host name of eBay: any subdomain (www., m., befr., cafr.) of the sites above.
HOSTS = r"(?:[a-z0-9-]+\.)*ebay\.(?:com|co\.uk|com\.au|at|be|ca|fr|de|com\.hk|ie|it|com\.my|nl|ph|pl|com\.sg|es|ch)"


def domain_of(url: str) -> Domain:
    """The site that a URL is on: its longest known ending; ebay.com when it is none of them."""
    return _of_host((urlsplit(url).hostname or "").lower())


@lru_cache(maxsize=256)
def _of_host(host: str) -> Domain:
    known = [name for name in DOMAINS if host == name or host.endswith(f".{name}")]
    return DOMAINS[max(known, key=len)] if known else DEFAULT
