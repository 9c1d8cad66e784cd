"""eBay's links: which listing or catalogue product they name, and how they read without tracking."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from scraping.pages.ebay.domains import DOMAINS, Domain

_ITEM = re.compile(r"/itm/(?:[^/?#]+/)?(\d{5,20})(?:[/?#]|$)")
_HOST = re.compile(r"https?://(?:www\.|m\.)?([^/?#:]+)", re.IGNORECASE)
_PRODUCT = re.compile(r"/p/(?:[^/?#]+/)?(\d{3,20})(?:[/?#]|$)")


def item_id(url: str) -> str | None:
    """The listing that a link names; for one to a catalogue page the listing it features, else its product."""
    if match := _ITEM.search(url):
        return match[1]
    if match := _PRODUCT.search(url):
        featured = query_of(url).get("iid", [""])[0]
        return featured if featured.isdigit() else match[1]
    return None


def product_id(url: str) -> str | None:
    """The catalogue product (ePID) of a /p/ link."""
    match = _PRODUCT.search(url)
    return match[1] if match else None


def query_of(url: str) -> dict[str, list[str]]:
    """The fields of a link's query; none of a link that is no URL."""
    try:
        return parse_qs(urlsplit(url).query)
    except ValueError:
        return {}


def item_link(identity: str, link: str, domain: Domain) -> str:
    """The link without tracking: on the site it led to, else on `domain`."""
    host = _HOST.match(link)
    site = DOMAINS.get(host[1].lower(), domain) if host else domain
    kind = "p" if "/p/" in link and product_id(link) == identity else "itm"
    return f"{site.base}/{kind}/{identity}"


def without_query(link: str) -> str:
    """The link without its query and fragment."""
    return link.split("?", 1)[0].split("#", 1)[0]
