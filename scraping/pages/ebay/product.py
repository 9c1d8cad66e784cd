"""The page of one product, whichever of its layouts it has."""

from __future__ import annotations

from typing import Any

from selectolax.lexbor import LexborHTMLParser

from scraping.pages.ebay import catalogue_page, item_page, legacy_page
from scraping.pages.ebay.domains import Domain
from scraping.pages.ebay.links import product_id
from scraping.pages.ebay.nodes import attribute, has_any

Item = dict[str, Any]


def read_product(tree: LexborHTMLParser, url: str, domain: Domain) -> Item | None:
    """The page's payload; None when it is no product's page."""
    if has_any(tree, legacy_page.TITLE):
        return legacy_page.LegacyPage(tree, url, domain).item()
    canonical = attribute(tree, "link[rel=canonical]", "href") or url
    if has_any(
        tree,
        "[data-testid=x-prp-main-container]",
        "[data-testid=x-prp-product-details]",
        "[data-testid=x-prp-all-listings]",
    ) or (product_id(canonical) and has_any(tree, item_page.TITLE)):
        return catalogue_page.CataloguePage(tree, url, domain).item()
    if has_any(tree, item_page.TITLE):
        return item_page.ItemPage(tree, url, domain).item()
    return None
