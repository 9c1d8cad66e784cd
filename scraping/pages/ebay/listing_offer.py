"""A listing's offer: its price, its auction, how many there are and in what condition."""

from __future__ import annotations

import re
from typing import Any

from scraping.pages.ebay import facts, money, words
from scraping.pages.ebay.embedded import as_number
from scraping.pages.ebay.facts import put
from scraping.pages.ebay.listing import Listing
from scraping.pages.ebay.nodes import attribute, has_any, text_of

Item = dict[str, Any]


class ListingOffer(Listing):
    """The part of the page that says what it costs. `message` is the page's word on a listing that is over."""

    def prices(self, section: str) -> tuple[money.Price | None, money.Price | None]:
        """The price of a section of the page, and about what it is in the reader's currency."""
        primary = text_of(
            self.tree, f"{section} [data-testid=x-price-primary]", f"{section} .x-price-primary"
        )
        approx = text_of(
            self.tree, f"{section} .x-price-approx__price", f"{section} [data-testid=x-price-approx]"
        )
        return (
            money.price(primary, self.domain) if primary else None,
            money.price(approx, self.domain) if approx else None,
        )

    def offer(self, message: str | None) -> Item | None:
        """`{price, currency, raw, symbol?, converted?, was?, best_offer_accepted?, sale_date?}`: the listing's own price, in
        the seller's currency; for an auction that cannot be bought at once, the current bid."""
        price, converted = self.prices(".x-bin-price")
        if price is None:
            price, converted = self.prices(".x-bid-price")
        if price is None:
            price, converted = self.prices("body")
        if price is None:
            price = self._declared_price()
        if price is None:
            return None
        offer: Item = {"price": price["value"]}
        for key in ("currency", "raw", "symbol"):
            put(offer, key, price.get(key))
        if converted and converted.get("currency") != price.get("currency"):
            offer["converted"] = converted
        was = text_of(
            self.tree,
            ".x-additional-info .ux-textspans--STRIKETHROUGH",
            ".x-price-section .ux-textspans--STRIKETHROUGH",
        )
        put(offer, "was", money.price(was, self.domain) if was else None)
        status = message or ""
        if words.BEST_OFFER.search(status) and words.ACCEPTED.search(status):
            offer["best_offer_accepted"] = True
        if match := re.search(r"\bsold on\b\s*(?P<date>[^.]+\d[^.]*)", status, re.IGNORECASE):
            offer["sale_date"] = {"raw": match["date"].strip()}
        return offer

    def _declared_price(self) -> money.Price | None:
        amount = as_number(self.offer_schema.get("price") or self.offer_schema.get("lowPrice"))
        currency = self.offer_schema.get("priceCurrency")
        if amount is None:
            amount = as_number(attribute(self.tree, "[itemprop=price]", "content"))
            currency = attribute(self.tree, "[itemprop=priceCurrency]", "content")
        return money.made(amount, currency) if amount is not None and isinstance(currency, str) else None

    def auction(self, message: str | None) -> Item | None:
        """`{bids?, winning_bid_price?, winning_bid_price_raw?, winning_bid_price_converted?, time_left?, end_date?, buy_it_now}`
        of a listing that takes bids, or took them."""
        marks = (
            ".x-bid-price",
            "[data-testid=x-bid-count]",
            ".x-bid-count",
            "[id^=bidBtn_btn]",
            "[data-testid=x-bid-action]",
        )
        if not has_any(self.tree, *marks):
            return None
        auction: Item = {}
        counted = text_of(self.tree, "[data-testid=x-bid-count]", ".x-bid-count")
        put(auction, "bids", money.count(counted) if counted else None)
        price, converted = self.prices(".x-bid-price")
        if price:
            auction["winning_bid_price"] = price["value"]
            auction["winning_bid_price_raw"] = price["raw"]
            put(auction, "currency", price.get("currency"))
        put(auction, "winning_bid_price_converted", converted["value"] if converted else None)
        left = text_of(
            self.tree,
            ".x-end-time .ux-timer__text",
            ".x-end-time [data-testid=ux-timer_timer]",
            ".x-end-time",
            ".ux-timer__text",
            ".x-timer-min-width",
        )
        put(auction, "time_left", {"raw": left} if left and not (message and facts.over(message)) else None)
        end = text_of(self.tree, ".ux-timer__time-left", ".x-end-time .ux-timer__time")
        put(auction, "end_date", {"raw": end} if end else None)
        reserve = text_of(self.tree, ".x-reserve-met", "[data-testid=x-reserve-met]")
        put(auction, "reserve", reserve)
        auction["buy_it_now"] = has_any(self.tree, ".x-bin-price", "[id^=binBtn_btn]")
        return auction

    def stock_status(self, message: str | None) -> Item | None:
        said = text_of(
            self.tree,
            ".x-quantity__availability",
            "#qtyAvailability",
            ".d-quantity__availability",
            "[data-testid=x-quantity__availability]",
        )
        availability = self.offer_schema.get("availability") or attribute(
            self.tree, "[itemprop=availability]", "content", "href"
        )
        can_buy = has_any(
            self.tree, "[id^=binBtn_btn]", "[id^=atcBtn_btn]", "[id^=bidBtn_btn]", "[id^=boBtn_btn]"
        )
        return facts.stock(availability if isinstance(availability, str) else None, said, message, can_buy)

    def condition(self) -> Item | None:
        said = text_of(
            self.tree,
            ".x-item-condition-text .ux-icon-text__text .ux-textspans",
            ".x-item-condition-text .ux-textspans",
            ".x-item-condition-value",
        )
        schema = self.offer_schema.get("itemCondition") or self.schema.get("itemCondition")
        return facts.condition(said, schema if isinstance(schema, str) else None)
