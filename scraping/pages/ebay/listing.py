"""What the parts of a listing's page share."""

from __future__ import annotations

from typing import Any

from selectolax.lexbor import LexborHTMLParser

from scraping.pages.ebay.domains import Domain
from scraping.pages.ebay.embedded import first, linked_data, of_type
from scraping.pages.ebay.nodes import attribute

Item = dict[str, Any]


class Listing:
    """`schema` is the page's own Product for machines and `offer_schema` its Offer; either may be empty."""

    def __init__(self, tree: LexborHTMLParser, url: str, domain: Domain) -> None:
        self.tree = tree
        self.url = url
        self.domain = domain
        self.linked = linked_data(tree)
        self.schema = of_type(self.linked, "Product", "ProductGroup") or {}
        offer = first(self.schema.get("offers"))
        self.offer_schema: Item = offer if isinstance(offer, dict) else {}
        self.description_url = attribute(tree, "#desc_ifr, iframe[src*=itmdesc]", "src", "data-src")
