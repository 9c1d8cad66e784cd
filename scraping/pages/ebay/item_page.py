"""A listing's page in the layout of today: `/itm/{id}` since 2022."""

from __future__ import annotations

import re
from typing import Any

from scraping.pages.ebay import facts
from scraping.pages.ebay.facts import put
from scraping.pages.ebay.listing_delivery import ListingDelivery
from scraping.pages.ebay.listing_offer import ListingOffer
from scraping.pages.ebay.listing_product import TITLE, ListingProduct
from scraping.pages.ebay.nodes import has_any, sentence

__all__ = ["TITLE", "ItemPage"]

Item = dict[str, Any]

_STATUS = (
    "[data-testid=d-statusmessage], .d-statusmessage, [data-testid=x-alert-module] .ux-message__title, "
    ".ux-layout-section--STATUSCONTAINER, #msgPanel, .msgTextAlign"
)


class ItemPage(ListingProduct, ListingOffer, ListingDelivery):
    """Reads each field where it is surest: the page's data for machines, else what it shows."""

    def item(self) -> Item:
        """The answer's payload: `product` and, beside it, what belongs to the offer."""
        message = next((said for node in self.tree.css(_STATUS) if (said := sentence(node))), None)
        auction = self.auction(message)
        item: Item = {"product": self.product()}
        item["is_auction"] = auction is not None
        item["make_offer"] = has_any(
            self.tree, ".x-offer-action", "[id^=boBtn_btn]", "[data-testid=x-offer-action]"
        )
        put(item, "auction", auction)
        put(item, "offer", self.offer(message))
        put(item, "stock_status", self.stock_status(message))
        put(item, "condition", self.condition())
        put(item, "returns_policy", facts.returns_policy(self.values("returns")))
        put(item, "seller", self.seller())
        put(item, "shipping", self.shipping())
        put(item, "payment_methods", self.payment_methods())
        put(item, "end_date", _end_date(message))
        put(item, "promotion", self.promotion())
        return item


def _end_date(message: str | None) -> Item | None:
    """When a listing that is over ended, as the page's message has it."""
    if not message or not facts.over(message):
        return None
    match = re.search(r"\b(?:on|am|le|il|el|op|dnia)\s+(?P<date>[^.]*\d[^.]*)", message)
    return {"raw": match["date"].strip()} if match else None
