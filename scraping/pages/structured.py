"""A page's products, offers, articles and breadcrumbs, from whatever structured data it has, in one shape.

    {"products": [{"name", "brand", "sku", "gtin", "mpn", "url", "image", "images", "description", "category",
                   "offers": [{"price", "currency", "availability", "condition", "url", "seller", ...}],
                   "rating": {"value", "count", "best"}}],
     "offers": [...],        offers that belong to no product
     "articles": [{"headline", "author", "date_published", "date_modified", "body", ...}],
     "breadcrumbs": [{"name", "url"}]}

The four keys are always there; a field that the page does not give is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urljoin

from scraping.messages import Item
from scraping.pages.facts import (
    amount,
    asked_price,
    date_of,
    filled,
    money,
    name_of,
    names_of,
    prose_of,
    rating_of,
    stock_word,
    text_of,
    word_of,
)
from scraping.pages.markup import Thing, read_things
from scraping.pages.merging import filled_up, merged, same_article, same_product
from scraping.pages.values import currency_code, integer

PRODUCTS = frozenset(
    {"product", "productmodel", "individualproduct", "productgroup", "vehicle", "car", "softwareapplication"}
)
OFFERS = frozenset({"offer", "aggregateoffer", "offerfordemand", "offerforpurchase"})
ARTICLES = frozenset(
    {"article", "newsarticle", "blogposting", "reportagenewsarticle", "analysisnewsarticle", "opinionnewsarticle",
     "socialmediaposting", "techarticle", "scholarlyarticle", "report", "liveblogposting", "backgroundnewsarticle"}
)  # fmt: skip
# Ways from a thing to things that are not what the page is about.
ASIDES = frozenset(
    {"isRelatedTo", "isSimilarTo", "isAccessoryOrSparePartFor", "isConsumableFor", "isVariantOf", "review", "reviews",
     "itemReviewed", "author", "publisher", "brand", "manufacturer", "aggregateRating", "comment"}
)  # fmt: skip
GTINS = ("gtin", "gtin13", "gtin14", "gtin12", "gtin8", "isbn", "ean", "upc")


def read_structured(html: str, url: str) -> Item:
    """The page's structured data; `url` makes its links absolute. Raises nothing for broken data."""
    return _Page(read_things(html, url), url).item()


class _Page:
    def __init__(self, things: list[Thing], url: str) -> None:
        self.url = url
        self.graph = next((thing for thing in things if thing.source == "opengraph"), None)
        self.found = list(_walk([thing for thing in things if thing is not self.graph]))

    def item(self) -> Item:
        products = merged([self.product(t) for t in self.found if t.types & PRODUCTS], same_product)
        articles = merged([self.article(t) for t in self.found if t.types & ARTICLES], same_article)
        kept = [
            product for product in products if set(product) - {"url", "image", "images", "name"}
        ] or products
        return {
            "products": self._with_graph(kept, self.graph_product(), "product", "name"),
            "offers": merged([o for t in self._loose_offers() for o in self.offers(t)], lambda a, b: a == b),
            "articles": self._with_graph(articles, self.graph_article(), "article", "headline"),
            "breadcrumbs": max(
                (self.trail(t) for t in self.found if "breadcrumblist" in t.types), key=len, default=[]
            )
            or self.old_trail(),
        }

    # --- products

    def product(self, thing: Thing) -> Item:
        images = self.urls(thing, "image", "images", "photo")
        return filled(
            name=text_of(thing, "name", "title"),
            brand=name_of(thing, "brand", "manufacturer"),
            sku=text_of(thing, "sku", "productID", "productId"),
            gtin=text_of(thing, *GTINS),
            mpn=text_of(thing, "mpn"),
            model=name_of(thing, "model"),
            color=text_of(thing, "color"),
            url=self.address(thing),
            image=images[0] if images else None,
            images=images,
            description=prose_of(thing, "description"),
            category=text_of(thing, "category"),
            offers=[offer for each in thing.things("offers", "offer") for offer in self.offers(each)],
            rating=rating_of(thing),
        )

    def offers(self, thing: Thing) -> list[Item]:
        """The offer; of an AggregateOffer the offers within, or one with the lowest price."""
        # One level only: an offer that holds itself would have no end.
        within = [self.offer(each) for each in thing.things("offers") if each is not thing]
        return [offer for offer in within or [self.offer(thing)] if offer]

    def offer(self, thing: Thing) -> Item:
        pricing = asked_price(thing) or thing
        currency = text_of(thing, "priceCurrency") or text_of(pricing, "priceCurrency")
        lowest, highest = (amount(text_of(thing, name)) for name in ("lowPrice", "highPrice"))
        price, found = money(text_of(thing, "price") or text_of(pricing, "price"))
        return filled(
            name=text_of(thing, "name"),
            price=price if price is not None else lowest,
            currency=currency_code(currency) or found,
            low_price=lowest,
            high_price=highest,
            offer_count=integer(text_of(thing, "offerCount") or ""),
            availability=word_of(thing, "availability"),
            condition=word_of(thing, "itemCondition"),
            valid_until=text_of(thing, "priceValidUntil"),
            url=self.address(thing),
            seller=name_of(thing, "seller", "offeredBy"),
        )

    def _loose_offers(self) -> Iterator[Thing]:
        owned = {
            id(offer)
            for thing in self.found
            if thing.types & PRODUCTS
            for offer in _walk(thing.things("offers", "offer"))
        }
        for thing in self.found:
            # An offer whose own part is a product is a listing's wrapper, not an offer of its own.
            if thing.types & OFFERS and id(thing) not in owned and not thing.things("itemOffered"):
                yield thing

    def graph_product(self) -> Item:
        if self.graph is None:
            return {}
        asked, found = money(text_of(self.graph, "product:price:amount", "og:price:amount"))
        currency = text_of(self.graph, "product:price:currency", "og:price:currency")
        kind = text_of(self.graph, "og:type") or ""
        if asked is None and not kind.endswith(("product", "product.item")):
            return {}
        offer = filled(
            price=asked,
            currency=currency_code(currency) or found if asked is not None else None,
            availability=stock_word(text_of(self.graph, "product:availability", "og:availability")),
            condition=text_of(self.graph, "product:condition"),
        )
        images = self.urls(self.graph, "og:image")
        return filled(
            name=text_of(self.graph, "og:title"),
            brand=text_of(self.graph, "product:brand", "og:brand"),
            sku=text_of(self.graph, "product:retailer_item_id", "product:retailer_part_no"),
            gtin=text_of(self.graph, "product:gtin", "product:ean", "product:upc", "product:isbn"),
            mpn=text_of(self.graph, "product:mfr_part_no"),
            color=text_of(self.graph, "product:color"),
            url=self.absolute(text_of(self.graph, "og:url")),
            image=images[0] if images else None,
            images=images,
            description=prose_of(self.graph, "og:description"),
            category=text_of(self.graph, "product:category"),
            offers=[offer] if offer else None,
        )

    # --- articles

    def article(self, thing: Thing) -> Item:
        images = self.urls(thing, "image", "thumbnailUrl")
        return filled(
            headline=text_of(thing, "headline", "name", "alternativeHeadline"),
            author=names_of(thing, "author", "creator"),
            date_published=date_of(thing, "datePublished", "dateCreated"),
            date_modified=date_of(thing, "dateModified"),
            description=prose_of(thing, "description", "abstract"),
            body=prose_of(thing, "articleBody", "text"),
            section=text_of(thing, "articleSection"),
            publisher=name_of(thing, "publisher", "sourceOrganization"),
            language=text_of(thing, "inLanguage"),
            url=self.address(thing) or self.page_of(thing),
            image=images[0] if images else None,
            images=images,
        )

    def page_of(self, thing: Thing) -> str | None:
        for value in thing.values("mainEntityOfPage"):
            if isinstance(value, Thing):
                return self.address(value) or self.absolute(value.id)
            if isinstance(value, str):
                return self.absolute(value)
        return None

    def graph_article(self) -> Item:
        if self.graph is None or not (text_of(self.graph, "og:type") or "").endswith("article"):
            return {}
        images = self.urls(self.graph, "og:image")
        authors = [value for value in self.graph.values("article:author") if "://" not in str(value)]
        return filled(
            headline=text_of(self.graph, "og:title"),
            author=", ".join(map(str, authors)),
            date_published=date_of(self.graph, "article:published_time"),
            date_modified=date_of(self.graph, "article:modified_time", "og:updated_time"),
            description=prose_of(self.graph, "og:description"),
            section=text_of(self.graph, "article:section"),
            publisher=text_of(self.graph, "og:site_name"),
            url=self.absolute(text_of(self.graph, "og:url")),
            image=images[0] if images else None,
            images=images,
        )

    def _with_graph(self, items: list[Item], graph: Item, kind: str, title: str) -> list[Item]:
        """Open Graph speaks of the page's one subject: it fills the gaps of the only item, or is the item."""
        if not graph:
            return items
        if not items:
            # A page may call itself a product or article and give no more than its title: that is no item.
            return [graph] if len(graph.keys() - {title, "url", "image", "images", "publisher"}) > 1 else []
        return [filled_up(items[0], graph)] if len(items) == 1 else items

    # --- breadcrumbs

    def trail(self, thing: Thing) -> list[Item]:
        steps = []
        for at, element in enumerate(thing.things("itemListElement", "itemListElements")):
            target = next(iter(element.things("item")), None)
            name = text_of(element, "name") or (text_of(target, "name") if target else None)
            link = next((value for value in element.values("item", "url") if isinstance(value, str)), None)
            if target is not None:
                link = self.address(target) or target.id or link
            position = integer(text_of(element, "position") or "")
            if name:
                steps.append(
                    (position if position is not None else at, filled(name=name, url=self.absolute(link)))
                )
        return [step for _, step in sorted(steps, key=lambda pair: pair[0])]

    def old_trail(self) -> list[Item]:
        """data-vocabulary.org's breadcrumbs, one thing a step, which old shops still have."""
        steps = [thing for thing in self.found if "breadcrumb" in thing.types]
        return [
            filled(name=text_of(step, "title", "name"), url=self.address(step))
            for step in steps
            if text_of(step, "title", "name")
        ]

    # --- links

    def address(self, thing: Thing) -> str | None:
        return self.absolute(text_of(thing, "url"))

    def absolute(self, reference: str | None) -> str | None:
        if not reference or reference.startswith("_:"):
            return None
        try:
            return urljoin(self.url, reference)
        except ValueError:
            return None

    def urls(self, thing: Thing, *names: str) -> list[str]:
        """The pictures' URLs, each once."""
        found: dict[str, None] = {}
        for value in thing.values(*names):
            text = text_of(value, "contentUrl", "url") or value.id if isinstance(value, Thing) else value
            if isinstance(text, str) and (link := self.absolute(text.strip())):
                found.setdefault(link)
        return list(found)


def _walk(top: list[Thing]) -> Iterator[Thing]:
    """Every thing once, those within others too, in the page's order; asides are not entered."""
    seen: set[int] = set()
    waiting = list(reversed(top))
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        yield thing
        inner = [
            v
            for name, vs in thing.properties.items()
            if name not in ASIDES
            for v in vs
            if isinstance(v, Thing)
        ]
        waiting += reversed(inner)
