"""Who sells a listing and how it gets to the buyer."""

from __future__ import annotations

import re
from typing import Any

from selectolax.lexbor import LexborNode

from scraping.pages.ebay import facts, money, words
from scraping.pages.ebay.embedded import as_number, first
from scraping.pages.ebay.facts import put
from scraping.pages.ebay.listing import Listing
from scraping.pages.ebay.nodes import attribute, chunks, seen, sentence, squeeze, text_of

Item = dict[str, Any]

_NAME_AND_SCORE = re.compile(r"^(?P<name>.+?)\s*\((?P<score>[\d.,\sKM]+)\)$")
_VALUES = ".ux-labels-values__values-content"


class ListingDelivery(Listing):
    """The part of the page about seller, shipping, returns and payment."""

    def seller(self) -> Item | None:
        found = self._seller_of_today() or self._seller_of_2022() or self._seller_below()
        if found is not None:
            put(found, "username", facts.login_of(self.description_url))
        return found

    def _seller_of_today(self) -> Item | None:
        card = self.tree.css_first(".x-sellercard-atf")
        if card is None:
            return None
        name = text_of(card, ".x-sellercard-atf__info__about-seller a")
        link = attribute(card, ".x-sellercard-atf__info__about-seller a", "href")
        score = text_of(card, ".x-sellercard-atf__about-seller-item", ".x-sellercard-atf__about-seller")
        # The percentage may stand in a button, which is no visible text elsewhere.
        details = [squeeze(node.text()) for node in card.css(".x-sellercard-atf__data-item")]
        percent = next((text for text in details if "%" in text), None)
        if not name and details and (match := _NAME_AND_SCORE.match(details[0])):
            name, score = match["name"], match["score"]
        return facts.seller(name, link, score, percent)

    def _seller_of_2022(self) -> Item | None:
        section = self.tree.css_first(".ux-seller-section__item--seller")
        if section is None:
            return None
        shares = [said for node in self.tree.css(".ux-seller-section__item") if "%" in (said := seen(node))]
        said = seen(section)
        score = said.split("(", 1)[1] if "(" in said else None
        return facts.seller(
            text_of(section, "a"), attribute(section, "a", "href"), score, shares[0] if shares else None
        )

    def _seller_below(self) -> Item | None:
        """From the card further down the page, which does not tell the score."""
        name = text_of(self.tree, ".x-store-information__store-name")
        link = attribute(self.tree, ".x-store-information__store-name a", "href")
        return facts.seller(name, link, None, text_of(self.tree, ".x-store-information__highlights"))

    def values(self, label: str) -> str | None:
        """The text beside a label of the page, e.g. "returns"."""
        return next((said for node in self._labelled(label) if (said := sentence(node))), None)

    def _labelled(self, label: str) -> list[LexborNode]:
        return self.tree.css(f".ux-labels-values--{label} {_VALUES}")

    def shipping(self) -> Item | None:
        found: Item = {}
        for node in self._labelled("shipping")[:1]:
            lines = [child for child in node.iter() if child.tag == "div"] or [node]
            found |= facts.shipping(
                [squeeze(text) for text in chunks(lines[0]) if text.strip(" \u00a0")], self.domain
            )
        put(found, "location", self._location())
        ships_to = self.values("shipsto") or self.values("shipsTo") or self.values("postsTo")
        put(found, "ships_to", ships_to)
        if not found.keys() & {"price", "message"}:
            self._declared_shipping(found)
        put(found, "deliveryEstimate", self._delivery())
        return found or None

    def _location(self) -> str | None:
        """Where the item is: a line of the shipping row, of the notice under it, or a row of its own."""
        for label in ("shipping", "legalShipping", "itemLocation"):
            for node in self._labelled(label):
                for line in node.css("div"):
                    if match := words.LOCATED.match(seen(line)):
                        return match["place"].strip(" .")
        return facts.place(self.values("itemLocation"))

    def _declared_shipping(self, found: Item) -> None:
        rate = first(self.offer_schema.get("shippingDetails"))
        rate = rate.get("shippingRate") if isinstance(rate, dict) else None
        if (
            isinstance(rate, dict)
            and (amount := as_number(rate.get("value"))) is not None
            and isinstance(rate.get("currency"), str)
        ):
            found["cost"] = money.made(amount, rate["currency"])
            found["price"] = found["cost"]["raw"] if amount else "Free"

    def _delivery(self) -> str | None:
        for node in self._labelled("deliverto"):
            line = next((child for child in node.iter() if child.tag == "div"), node)
            days = [said for part in line.css(".ux-textspans--BOLD") if (said := seen(part))]
            if days:
                return " and ".join(days[:2])
            if said := seen(line):
                return said
        return None

    def payment_methods(self) -> list[str]:
        found = []
        for node in self._labelled("payments"):
            for part in node.css("[role=img], svg title"):
                name = (
                    part.attributes.get("title")
                    or part.attributes.get("aria-label")
                    or (part.text() if part.tag == "title" else "")
                )
                if name and name.strip() not in found:
                    found.append(name.strip())
        return found

    def promotion(self) -> Item | None:
        reasons = []
        for node in self.tree.css(".x-wtb-signals .ux-section-icon-with-details__data-item-text"):
            # What stands in bold is a headline ("Just listed."); the reason follows it.
            plain = squeeze(
                " ".join(seen(part) for part in node.css(".ux-textspans:not(.ux-textspans--BOLD)"))
            )
            if said := plain or seen(node):
                reasons.append(said)
        return {"why_buy": list(dict.fromkeys(reasons))} if reasons else None
