"""A listing's page in the layout before 2022."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from selectolax.lexbor import LexborNode

from scraping.pages.ebay import facts, money
from scraping.pages.ebay.embedded import as_number
from scraping.pages.ebay.facts import put
from scraping.pages.ebay.item_page import ItemPage
from scraping.pages.ebay.nodes import attribute, has_any, seen, squeeze, text_of

Item = dict[str, Any]

TITLE = "#itemTitle"
_BID = "#prcIsum_bidPrice"
_PRICES = ("#mm-saleDscPrc", "#prcIsum", _BID, "span[itemprop=price]", ".vi-VR-cvipPrice")


class LegacyPage(ItemPage):
    """The same fields from other places."""

    def title(self) -> str | None:
        return text_of(self.tree, TITLE)

    def identity(self) -> str | None:
        return super().identity() or text_of(self.tree, "#descItemNumber")

    def categories(self) -> list[Item]:
        """The first trail: a listing in two categories has a second one after it."""
        for trail in self.tree.css("#vi-VR-brumb-lnkLst ul"):
            found = [
                {"name": name, "link": node.attributes.get("href") or ""}
                for node in trail.css("li a")
                if (name := seen(node))
            ]
            if found:
                return found
        return []

    def images(self) -> list[Item]:
        links = [
            link
            for node in self.tree.css("#vi_main_img_fs img, #icImg")
            if (link := node.attributes.get("src"))
        ]
        if not links and (shared := attribute(self.tree, "meta[property='og:image']", "content")):
            links = [shared]
        return facts.images([facts.full_size(link) for link in links])

    def attributes(self) -> list[Item]:
        found = []
        for label in self.tree.css(".itemAttr td.attrLabels"):
            value = label.next
            while value is not None and value.tag != "td":
                value = value.next
            name, said = seen(label).rstrip(" :"), _value(value)
            if name and said:
                found.append({"name": name, "value": said})
        return found

    def offer(self, message: str | None) -> Item | None:
        for selector in _PRICES:
            node = self.tree.css_first(selector)
            price = money.price(seen(node), self.domain) if node is not None else None
            if node is None or price is None:
                continue
            offer: Item = {"price": price["value"]}
            declared = attribute(self.tree, "[itemprop=priceCurrency]", "content")
            put(offer, "currency", price.get("currency") or declared)
            put(offer, "raw", price["raw"])
            put(offer, "symbol", price.get("symbol"))
            converted = text_of(self.tree, "#convbinPrice", "#convbidPrice")
            put(offer, "converted", money.price(converted, self.domain) if converted else None)
            was = text_of(self.tree, "#orgPrc", "#mm-saleOrgPrc")
            put(offer, "was", money.price(was, self.domain) if was else None)
            return offer
        return None

    def auction(self, message: str | None) -> Item | None:
        if not has_any(self.tree, _BID, "#bidBtn_btn", "#qty-test"):
            return None
        auction: Item = {}
        put(auction, "bids", money.count(text_of(self.tree, "#qty-test", "#vi-VR-bid-lnk") or ""))
        bid = text_of(self.tree, _BID)
        if bid and (price := money.price(bid, self.domain)):
            auction |= {"winning_bid_price": price["value"], "winning_bid_price_raw": price["raw"]}
            put(auction, "currency", price.get("currency"))
        converted = text_of(self.tree, "#convbidPrice")
        price_converted = money.price(converted, self.domain) if converted else None
        put(auction, "winning_bid_price_converted", price_converted["value"] if price_converted else None)
        left = text_of(self.tree, "#vi-cdown_timeLeft")
        put(auction, "time_left", {"raw": left} if left else None)
        put(auction, "end_date", self._end())
        auction["buy_it_now"] = has_any(self.tree, "#binBtn_btn")
        return auction

    def _end(self) -> Item | None:
        end: Item = {}
        said = text_of(self.tree, ".vi-tm-left")
        put(end, "raw", said.strip(" ()") if said else None)
        for script in self.tree.css("script"):
            match = re.search(r'"endTime(?:Ms)?":(\d{13})\b', script.text() or "")
            if match:
                moment = datetime.fromtimestamp(int(match[1]) / 1000, UTC)
                end["utc"] = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
                break
        return end or None

    def stock_status(self, message: str | None) -> Item | None:
        pieces = [
            text_of(self.tree, "#qtySubTxt"),
            text_of(self.tree, ".vi-qtyS-hot-red", ".vi-qtyS", ".vi-qtyS-hot"),
        ]
        said = " / ".join(piece for piece in pieces if piece)
        availability = attribute(self.tree, "[itemprop=availability]", "href", "content")
        can_buy = has_any(self.tree, "#binBtn_btn", "#isCartBtn_btn", "#bidBtn_btn", "#boBtn_btn")
        return facts.stock(availability, said or None, message, can_buy)

    def condition(self) -> Item | None:
        return facts.condition(text_of(self.tree, "#vi-itm-cond"), None)

    def values(self, label: str) -> str | None:
        if label == "returns":
            return text_of(self.tree, "#vi-ret-accrd-txt", ".vi-ret-accrd-txt")
        return super().values(label)

    def _seller_of_today(self) -> Item | None:
        name = text_of(self.tree, ".mbg-nw")
        hrefs = [node.attributes.get("href") or "" for node in self.tree.css(".mbg a")]
        link = next((href for href in hrefs if "/usr/" in href), None)
        return facts.seller(name, link, text_of(self.tree, ".mbg-l a"), text_of(self.tree, "#si-fb"))

    def shipping(self) -> Item | None:
        found: Item = {}
        if cost := text_of(self.tree, "#fshippingCost > span", "#fshippingCost"):
            found |= facts.shipping([cost], self.domain)
        converted = text_of(self.tree, "#convetedPriceId")
        put(found, "cost_converted", money.price(converted, self.domain) if converted else None)
        service = self.tree.css_first("#fShippingSvc")
        if service is not None:
            own = squeeze(
                " ".join(
                    node.text_content or "" for node in service.iter(include_text=True) if node.is_text_node
                )
            )
            put(found, "service", own or None)
        put(found, "location", text_of(self.tree, "[itemprop=availableAtOrFrom]"))
        ships_to = text_of(self.tree, "[itemprop=areaServed]")
        put(found, "ships_to", ships_to.split("|", 1)[0].strip() if ships_to else None)
        put(found, "deliveryEstimate", text_of(self.tree, ".vi-acc-del-range"))
        return found or None

    def payment_methods(self) -> list[str]:
        found: list[str] = []
        for node in self.tree.css("#payDet1 img[title]"):
            name = (node.attributes.get("title") or "").strip()
            if name and name not in found:
                found.append(name)
        return found

    def promotion(self) -> Item | None:
        reasons = [said for node in self.tree.css("#why2buy .w2b-sgl") if (said := seen(node))]
        return {"why_buy": list(dict.fromkeys(reasons))} if reasons else None

    def rating(self, product: Item) -> None:
        stars = attribute(self.tree, "[itemprop=ratingValue]", "content") or text_of(
            self.tree, ".ebay-review-start-rating"
        )
        put(product, "rating", as_number((stars or "").replace(",", ".")))
        counted = attribute(
            self.tree, "[itemprop=reviewCount], [itemprop=ratingCount]", "content"
        ) or text_of(self.tree, ".ebay-reviews-count")
        put(product, "ratings_total", money.count(counted) if counted else None)


def _value(cell: LexborNode | None) -> str:
    """A cell's text without the links that explain or unfold a condition."""
    if cell is None:
        return ""
    said = seen(cell)
    for more in cell.css("#readFull, .infoLink"):
        said = said.replace(seen(more), "", 1).strip() if seen(more) else said
    return said
