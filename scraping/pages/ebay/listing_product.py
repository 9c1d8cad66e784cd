"""A listing's product: title, pictures, categories, specifics."""

from __future__ import annotations

import re
from typing import Any

from selectolax.lexbor import LexborNode

from scraping.pages.ebay import facts, money
from scraping.pages.ebay.embedded import as_number, first, named, of_type
from scraping.pages.ebay.facts import put
from scraping.pages.ebay.links import item_id
from scraping.pages.ebay.listing import Listing
from scraping.pages.ebay.nodes import attribute, chunks, classes, seen, squeeze, text_of
from scraping.pages.ebay.variants import read_variants

Item = dict[str, Any]

TITLE = "h1.x-item-title__mainTitle"
_LABELS = (
    "[data-testid=x-about-this-item] .ux-labels-values__labels, .ux-layout-section--features .ux-labels-values__labels, "
    ".ux-layout-section-evo--features .ux-labels-values__labels"
)


class ListingProduct(Listing):
    """The part of the page that `product` is read from."""

    def product(self) -> Item:
        product: Item = {"is_master": False}
        put(product, "title", self.title())
        put(product, "subtitle", text_of(self.tree, ".x-item-title__subTitle"))
        put(product, "epid", self.identity())
        put(product, "link", self.link())
        put(product, "categories", self.categories())
        images = self.images()
        put(product, "images", images)
        product["image_count"] = len(images)
        put(product, "primary_image", images[0]["link"] if images else None)
        put(
            product,
            "description",
            attribute(self.tree, "meta[name=description], meta[property='og:description']", "content"),
        )
        put(product, "description_external_url", self.description_url)
        attributes = self.attributes()
        put(product, "attributes", attributes)
        self.specifics(product, attributes)
        self.rating(product)
        put(product, "last_updated", self.last_updated())
        put(product, "variants", read_variants(self.tree))
        return product

    def title(self) -> str | None:
        heading = self.tree.css_first(TITLE)
        if heading is None:
            return named(self.schema)
        # eBay cuts long titles over several spans, in the middle of a word even; a lone "-" stands before a hint.
        pieces = ["".join(chunks(node)) for node in heading.css("span.ux-textspans")]
        return squeeze("".join(piece for piece in pieces if piece.strip() != "-")) or named(self.schema)

    def identity(self) -> str | None:
        for link in (
            attribute(self.tree, "link[rel=canonical]", "href"),
            self.url,
            self.offer_schema.get("url"),
        ):
            if isinstance(link, str) and (found := item_id(link)):
                return found
        number = text_of(self.tree, ".ux-layout-section__textual-display--itemId")
        match = re.search(r"\d{9,15}", number or "")
        return match[0] if match else None

    def link(self) -> str | None:
        identity = self.identity()
        return f"{self.domain.base}/itm/{identity}" if identity else None

    def categories(self) -> list[Item]:
        trail = of_type(self.linked, "BreadcrumbList") or {}
        entries = trail.get("itemListElement")
        found = []
        for entry in entries if isinstance(entries, list) else []:
            target = entry.get("item") if isinstance(entry, dict) else None
            link = target.get("@id") if isinstance(target, dict) else target
            name = named(entry) or named(target if isinstance(target, dict) else None)
            if name and name.lower() != "ebay":
                found.append({"name": name, **({"link": link} if isinstance(link, str) else {})})
        if found:
            return found
        # The trail stands at the top and at the bottom; what it has no room for stands in a menu, too.
        for node in self.tree.css(
            "nav.breadcrumbs a.seo-breadcrumb-text, .x-breadcrumb nav.breadcrumbs a[href]"
        ):
            step = {"name": seen(node), "link": node.attributes.get("href") or ""}
            if step["name"] and step["name"].lower() != "ebay" and step not in found:
                found.append(step)
        return found

    def images(self) -> list[Item]:
        declared = self.schema.get("image")
        links = [
            link for link in (declared if isinstance(declared, list) else [declared]) if isinstance(link, str)
        ]
        shown, films = self._shown_images()
        return facts.images_of(links, [facts.full_size(link) for link in shown], films)

    def _shown_images(self) -> tuple[list[str], list[str]]:
        """The pictures of the page's carousel, and the stills that stand for its films."""
        pictures: list[str] = []
        films: list[str] = []
        for item in self.tree.css(".ux-image-carousel-item") or self.tree.css(".ux-image-carousel"):
            for node in item.css("img"):
                sources = (node.attributes.get(name) for name in ("data-zoom-src", "data-src", "src"))
                if link := next((source for source in sources if source), None):
                    (films if "video" in classes(item) else pictures).append(link)
        return pictures, films

    def attributes(self) -> list[Item]:
        found = []
        for label in self.tree.css(_LABELS):
            holder = label.next
            while holder is not None and "ux-labels-values__values" not in classes(holder):
                holder = holder.next
            name, value = seen(label).rstrip(" :"), _full_value(holder)
            entry = {"name": name, "value": value}
            if name and value and entry not in found:
                found.append(entry)
        return found

    def specifics(self, product: Item, attributes: list[Item]) -> None:
        put(product, "brand", named(self.schema.get("brand")))
        for key in ("color", "mpn"):
            put(product, key, named(self.schema.get(key)))
        codes = (
            str(self.schema.get(key) or "") for key in ("gtin13", "gtin12", "gtin14", "gtin8", "gtin", "isbn")
        )
        put(product, "gtin", next((code for code in codes if re.fullmatch(r"\d{8,14}", code)), None))
        facts.add_specifics(product, attributes)

    def rating(self, product: Item) -> None:
        declared = first(self.schema.get("aggregateRating"))
        if isinstance(declared, dict):
            put(product, "rating", as_number(declared.get("ratingValue")))
            put(
                product,
                "ratings_total",
                as_number(declared.get("ratingCount") or declared.get("reviewCount")),
            )
        if "rating" not in product and (stars := text_of(self.tree, "[data-testid='review--start--rating']")):
            put(product, "rating", as_number(stars.replace(",", ".")))
        if "ratings_total" not in product and (
            counted := text_of(self.tree, "[data-testid=x-reviews] .ux-summary__count")
        ):
            put(product, "ratings_total", money.count(counted))

    def last_updated(self) -> str | None:
        said = text_of(
            self.tree,
            ".x-revision-history, .ux-layout-section--revisionHistory, [data-testid=x-revision-history]",
        )
        match = re.search(r":\s*(.+?)(?:\s+(?:View|See)\b.*)?$", said) if said else None
        return match[1].strip() if match else None


def _full_value(holder: LexborNode | None) -> str | None:
    """A row's value; where it is cut ("Read more"), the whole of it, which stands hidden beside."""
    if holder is None:
        return None
    texts = [
        squeeze(
            " ".join(
                span.text()
                for span in block.css(".ux-textspans")
                if span.parent is not None and span.parent.tag != "a"
            )
        )
        for block in holder.css("[data-testid=text]")
    ]
    whole = max(texts, key=len, default="")
    shown = seen(holder)
    return (whole if len(whole) > len(shown) or shown.endswith(("...", "…")) else shown) or None
