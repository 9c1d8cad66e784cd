"""The lines of a search card, whatever the card's layout: each line is a text that says one thing about the item."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from scraping.pages.ebay import money, words
from scraping.pages.ebay.domains import Domain

Item = dict[str, Any]
_DIGITS = re.compile(r"\d+")
_BACK = re.compile(
    r"rück(?:versand|sendung)|return (?:shipping|postage)", re.IGNORECASE
)  # shipping, but the way back


@dataclass
class Row:
    """One line of a card: `price` is what is marked as a price in it, `struck` what is crossed out, `text` the rest."""

    text: str
    price: str = ""
    struck: str = ""


@dataclass
class Facts:
    """What the lines of one card say. Whatever no line says stays None or False."""

    domain: Domain
    price_rows: list[tuple[str, list[money.Price]]] = field(default_factory=list)
    was: money.Price | None = None
    buy_it_now: bool = False
    best_offer: bool = False
    best_offer_accepted: bool = False
    free_returns: bool = False
    bids: int | None = None
    shipping_cost: float | None = None
    location: str | None = None
    hotness: str | None = None
    sold: int | None = None
    watchers: int | None = None

    def read(self, rows: list[Row]) -> None:
        for row in rows:
            if found := money.prices(row.price, self.domain):
                self.price_rows.append(("", found))
            kind = line_kind(_shape(row.text)) if row.text else ""
            if kind:
                getattr(self, f"_{kind}")(row.text)
            if row.struck and self.was is None and kind != "shipping":
                self.was = money.price(row.struck, self.domain)

    def _buy_it_now(self, text: str) -> None:
        self.buy_it_now = True
        self._name_last("buy_it_now")
        if words.BEST_OFFER.search(text):
            self._best_offer(text)

    def _best_offer(self, text: str) -> None:
        accepted = words.ACCEPTED.search(text) is not None
        self.best_offer_accepted = self.best_offer_accepted or accepted
        self.best_offer = self.best_offer or not accepted

    def _returns(self, text: str) -> None:
        self.free_returns = self.free_returns or words.FREE.search(text) is not None

    def _bids(self, text: str) -> None:
        if match := words.BIDS.match(text):
            self.bids = money.count(match[1])
            self._name_last("current_bid")

    def _was(self, text: str) -> None:
        self.was = self.was or money.price(text, self.domain)

    def _location(self, text: str) -> None:
        if (match := words.LOCATION.match(text)) and self.location is None:
            self.location = match["place"].strip(" .:")

    def _shipping(self, text: str) -> None:
        if self.shipping_cost is not None:
            return
        cost = money.price(text, self.domain)
        if cost:
            self.shipping_cost = cost["value"]
        elif words.FREE.search(text):
            self.shipping_cost = 0

    def _hotness(self, text: str) -> None:
        sold, watchers = words.SOLD.search(text), words.WATCHERS.search(text)
        if sold:
            self.sold = self.sold if self.sold is not None else money.count(sold[1] or sold[2])
        elif watchers:
            self.watchers = self.watchers if self.watchers is not None else money.count(watchers[1])
        self.hotness = self.hotness or text

    def _name_last(self, name: str) -> None:
        if self.price_rows and not self.price_rows[-1][0]:
            self.price_rows[-1] = (name, self.price_rows[-1][1])

    def prices(self) -> list[money.Price]:
        """The card's prices in its order. One alone has no name; a range is "low" and "high"; an auction that may
        be bought at once has a "current_bid" and a "buy_it_now"."""
        if len(self.price_rows) == 1:
            return money.amounts_ranged(self.price_rows[0][1])
        return [{**found[0], "name": name} if name else found[0] for name, found in self.price_rows]


def _shape(text: str) -> str:
    """The text with its digits alike: "+$5.28 delivery" and "+$7.00 delivery" say the same kind of thing."""
    return _DIGITS.sub("0", text)


@lru_cache(maxsize=8192)
def line_kind(shape: str) -> str:
    """What kind of thing a line says; empty when it is nothing that is looked for."""
    if words.BUY_IT_NOW.search(shape):
        return "buy_it_now"
    if words.BEST_OFFER.search(shape):
        return "best_offer"
    if words.RETURNS.search(shape) and not words.SHIPPING.search(_BACK.sub("", shape)):
        return "returns"
    if words.BIDS.match(shape):
        return "bids"
    if words.SHIPPING.search(shape):
        return "shipping"
    if words.WAS.search(shape):
        return "was"
    if words.LOCATION.match(shape):
        return "location"
    if (
        words.SOLD.search(shape)
        or words.WATCHERS.search(shape)
        or words.LAST_ONE.search(shape)
        or words.FEW_LEFT.search(shape)
    ):
        return "hotness"
    return ""


def rating(text: str) -> float | None:
    """The stars in "4.5 out of 5 stars." or "4,5 von 5 Sternen"."""
    match = re.search(r"\b([0-5](?:[.,]\d+)?)\b", text)
    return float(match[1].replace(",", ".")) if match else None


def seller(name: str, feedback: str) -> Item | None:
    """`{name, review_count?, positive_feedback_percent?}` from "fowlzysells" and "100% positive (1.8K)"."""
    name = name.strip()
    if not name:
        return None
    found: Item = {"name": name}
    counts = re.findall(r"\(([\d.,\s]+\s?\w{0,5}\.?)\)", feedback)
    if counts and (reviews := money.count(counts[-1])) is not None:
        found["review_count"] = reviews
    share = money.percent(feedback)
    if share is not None:
        found["positive_feedback_percent"] = share
    return found
