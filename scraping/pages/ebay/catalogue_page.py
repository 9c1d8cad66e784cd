"""A product of eBay's catalogue with the listings that offer it: `/p/{epid}`."""

from __future__ import annotations

from typing import Any

from selectolax.lexbor import LexborNode

from scraping.pages.ebay import facts, money
from scraping.pages.ebay.embedded import first, of_type
from scraping.pages.ebay.facts import put
from scraping.pages.ebay.item_page import ItemPage
from scraping.pages.ebay.links import item_id, item_link, product_id
from scraping.pages.ebay.nodes import attribute, has_any, seen, text_of

Item = dict[str, Any]

_LISTINGS = "[data-testid=x-prp-all-listings] .x-card"


class CataloguePage(ItemPage):
    """The page features one listing in the layout of a listing's own page; what is read there is that listing's."""

    def item(self) -> Item:
        offer = of_type(self.linked, "WebPage") or {}
        entity = offer.get("mainEntity")
        web_offer = first(entity.get("offers")) if isinstance(entity, dict) else None
        described = first(web_offer.get("itemOffered")) if isinstance(web_offer, dict) else None
        if isinstance(described, dict):
            self.schema = described
            self.offer_schema = self._featured_offer(described)
        item = super().item()
        listings = self.listings()
        put(item, "offers", listings)
        put(item, "top_picks", self.top_picks())
        on_sale = bool(listings) or has_any(
            self.tree, "[id^=binBtn_btn]", "[id^=atcBtn_btn]", "[id^=bidBtn_btn]"
        )
        if on_sale or has_any(
            self.tree, "[data-testid=x-prp-product-details]"
        ):  # a page cut before tells neither
            item["sold_out"] = not on_sale
        return item

    def _featured_offer(self, described: Item) -> Item:
        """What the page's data says of the listing it features: its data lists several."""
        declared = described.get("offers")
        featured = self.featured()
        for offer in declared if isinstance(declared, list) else [declared]:
            if isinstance(offer, dict) and featured and item_id(str(offer.get("url"))) == featured:
                return offer
        return {}

    def product(self) -> Item:
        return {**super().product(), "is_master": True}

    def identity(self) -> str | None:
        for link in (attribute(self.tree, "link[rel=canonical]", "href"), self.schema.get("url"), self.url):
            if isinstance(link, str) and (found := product_id(link)):
                return found
        return None

    def link(self) -> str | None:
        identity = self.identity()
        return f"{self.domain.base}/p/{identity}" if identity else None

    def attributes(self) -> list[Item]:
        rows = self.tree.css(
            "[data-testid=x-prp-product-details] .x-prp-product-details_col, .x-prp-product-details_row"
        )
        found = []
        for row in rows:
            name, value = (
                text_of(row, ".x-prp-product-details_name"),
                text_of(row, ".x-prp-product-details_value"),
            )
            entry = {"name": name, "value": value}
            if name and value and entry not in found:
                found.append(entry)
        return found or super().attributes()

    def featured(self) -> str | None:
        """The listing that the page's price and seller are of."""
        for node in self.tree.css("[data-testid=x-see-details-action] a, [id^=binBtn_btn]"):
            href = node.attributes.get("href") or ""
            found = item_id(href) or (href.split("item=")[1].split("&")[0] if "item=" in href else None)
            if found and found.isdigit():
                return found
        return None

    def top_picks(self) -> list[Item]:
        """The featured listing."""
        featured, offer = self.featured(), self.offer(None)
        if offer is None:
            return []
        pick: Item = {}
        if featured:
            pick |= {"epid": featured, "link": f"{self.domain.base}/itm/{featured}"}
        put(
            pick,
            "price",
            {key: offer[key] for key in ("currency", "raw", "symbol") if key in offer}
            | {"value": offer["price"]},
        )
        put(pick, "condition", (self.condition() or {}).get("raw"))
        put(pick, "seller", self.seller())
        return [pick]

    def listings(self) -> list[Item]:
        """`{position, epid, title, link, price, image?, hotness?}` of each listing that offers the product."""
        found: list[Item] = []
        for card in self.tree.css(_LISTINGS):
            listing = self._listing(card)
            if listing:
                found.append({"position": len(found) + 1, **listing})
        return found

    def _listing(self, card: LexborNode) -> Item | None:
        href = attribute(card, "a[href]", "href") or ""
        identity, title = item_id(href), text_of(card, ".x-card_details-title")
        if not identity or not title:
            return None
        listing: Item = {"epid": identity, "title": title, "link": item_link(identity, "", self.domain)}
        shown = card.css_first(".x-card_details-price")
        put(listing, "price", money.price(seen(shown), self.domain) if shown is not None else None)
        links = [
            link
            for node in card.css("img")
            if (link := node.attributes.get("src") or node.attributes.get("data-src"))
        ]
        put(listing, "image", next((one["link"] for one in facts.images(links)), None))
        put(listing, "hotness", text_of(card, ".x-card_signal"))
        return listing
