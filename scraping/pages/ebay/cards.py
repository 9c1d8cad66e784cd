"""Search cards: one listing of a search page, in any of the three layouts eBay has used since 2019.

A: `s-card` (since spring 2025), B: `s-item` (2019 to 2025), C: `su-item-card` (tried since 2026; built as A is).
"""

from __future__ import annotations

import re
from typing import Any

from selectolax.lexbor import LexborNode

from scraping.pages.ebay import words
from scraping.pages.ebay.domains import Domain
from scraping.pages.ebay.links import item_id, item_link
from scraping.pages.ebay.money import count
from scraping.pages.ebay.nodes import attribute, classes, has_any, marked, seen, squeeze, text_of
from scraping.pages.ebay.rows import Facts, Item, Row, rating, seller
from scraping.pages.ebay.sponsored import Labels

# "Shop on eBay": the templates that stand first on a page, under an id that is no listing's.
PLACEHOLDERS = frozenset({"123456", "2500219655424533"})
_A_TITLE = ".s-card__title, .su-item-card__title"
_A_ROWS = ".s-card__attribute-row, .su-item-card__attribute-row"
_SECONDARY_ROWS = ".su-card-container__attributes__secondary .s-card__attribute-row, .su-card-container__attributes__secondary .su-item-card__attribute-row"
_TIMES = ".s-card__time-left, .s-item__time-left, .su-item-card__time-left, .s-card__time-end, .s-item__time-end, .su-item-card__time-end"
_PRICES = frozenset({"s-card__price", "su-item-card__price", "s-item__price"})
_STRUCK = frozenset({"strikethrough", "STRIKETHROUGH"})
_MARKS = _PRICES | _STRUCK
_NAME_AND_FEEDBACK = re.compile(r"(?P<name>\S+)\s*(?P<feedback>\(.*)?$")
# "New listing" before a title.
_HIGHLIGHTS = frozenset({"LIGHT_HIGHLIGHT", "s-card__new-listing", "su-item-card__new-listing"})
_SUBTITLES = ".s-card__subtitle, .su-item-card__subtitle, .s-item__subtitle"
_CAPTIONS = (
    ".s-card__caption, .su-item-card__caption, .s-item__caption--signal, .s-item__caption-section, .s-item__title--tagblock .POSITIVE, "
    ".s-item__title--tagblock .NEGATIVE, .s-item__ended-date, .s-item__endedDate"
)


def read_card(card: LexborNode, domain: Domain, labels: Labels) -> Item | None:
    """The listing that a list element shows: everything but its position. None for what is no listing."""
    link = _link(card)
    identity = item_id(link) or card.attributes.get("data-listingid")
    title = _title(card)
    if (
        not identity
        or identity in PLACEHOLDERS
        or card.attributes.get("data-listingid") in PLACEHOLDERS
        or not title
    ):
        return None
    facts = Facts(domain)
    sold_by, sellers_row = _seller(card)
    facts.read(_rows(card, sellers_row))
    ends = _time(card)
    item: Item = {"title": title, "epid": identity, "link": item_link(identity, link, domain)}
    _put(item, "image", _image(card))
    _put(item, "hotness", facts.hotness)
    condition, subtitle = _condition(card)
    _put(item, "condition", condition)
    _put(item, "subtitle", subtitle)
    _put(item, "seller_info", sold_by)
    item["is_auction"] = facts.bids is not None or bool(ends)
    item["buy_it_now"] = facts.buy_it_now
    item["free_returns"] = facts.free_returns
    _put(item, "item_location", facts.location)
    _put(item, "shipping_cost", facts.shipping_cost)
    _put(item, "sponsored", labels.of(card))
    _put(item, "best_offer", facts.best_offer or None)
    _put(item, "best_offer_accepted", facts.best_offer_accepted or None)
    _reviews(card, item)
    _put(item, "bids", facts.bids)
    _put(item, "sold", facts.sold)
    _put(item, "watchers", facts.watchers)
    _put(item, "ended", _ended(card) or ends.pop("ended", None))
    item |= ends
    if prices := facts.prices():
        item["prices"] = prices
        item["price"] = {key: value for key, value in prices[0].items() if key != "name"}
    _put(item, "was_price", facts.was)
    return item


def _put(item: Item, key: str, value: Any) -> None:
    if value is not None:
        item[key] = value


def _link(card: LexborNode) -> str:
    for link in card.css("a[href]"):
        href = link.attributes.get("href") or ""
        if "/itm/" in href or re.search(r"/p/\d+", href):
            return href
    return ""


def _title(card: LexborNode) -> str | None:
    holder = card.css_first(f"{_A_TITLE}, .s-item__title")
    if holder is None:
        holder = card.css_first("a[href] [role=heading]")
    if holder is None:
        return None
    pieces = [
        text
        for text, mark in marked(holder, _HIGHLIGHTS)
        if not mark and text.strip() and not words.NEW_LISTING.match(text)
    ]
    return squeeze(" ".join(pieces)) or None


def _rows(card: LexborNode, sellers: int | None) -> list[Row]:
    """The card's lines but the seller's, whose name may be any words ("free-delivery-4u")."""
    rows = [_row(node) for node in card.css(_A_ROWS) if node.mem_id != sellers]
    if rows:
        return rows
    if details := card.css(
        ".s-item__detail, .s-item__dynamic, .s-item__free-returns, .s-item__purchase-options"
    ):
        return [_row(node) for node in details]
    # Layout C is known by its title and price only: each styled text outside the title is a line.
    return [
        _row(node) for node in card.css(".su-item-card__price, .su-styled-text") if not _within_title(node)
    ]


def _row(node: LexborNode) -> Row:
    pieces = [(text, mark) for text, mark in marked(node, _MARKS) if text.strip()]
    price = squeeze(" ".join(text for text, mark in pieces if mark in _PRICES))
    struck = squeeze(" ".join(text for text, mark in pieces if mark in _STRUCK))
    if struck and not price and has_any(node, *(f".{name}" for name in _PRICES)):
        # The price itself is crossed out where a best offer below it was accepted.
        price, struck = struck, ""
    if not pieces:
        # Layout B says "or Best Offer" by an icon whose words are for screen readers.
        return Row(attribute(node, "[aria-label]", "aria-label") or "")
    return Row(squeeze(" ".join(text for text, mark in pieces if not mark)), price, struck)


def _within_title(node: LexborNode) -> bool:
    parent: LexborNode | None = node
    while parent is not None and parent.tag != "li":
        if any(name.endswith("__title") for name in classes(parent)):
            return True
        parent = parent.parent
    return False


def _condition(card: LexborNode) -> tuple[str | None, str | None]:
    """The condition among a card's subtitles, and the seller's own subtitle."""
    own = None
    condition = None
    for node in card.css(_SUBTITLES):
        marked_one = node.css_first(".SECONDARY_INFO") if condition is None else None
        if marked_one is not None and (said := seen(marked_one)):  # layout B marks it
            condition = said.split(" · ")[0].strip(" ·") or None
            continue
        said = seen(node)
        pieces = [piece.strip() for piece in re.split(r"\s*[·|]\s*", said) if piece.strip()]
        known = next((piece for piece in pieces if words.condition_kind(piece)), None)
        if known and condition is None:
            condition = known
        elif said and not known and own is None:
            own = said.strip(" ·")
    return condition, own


def _seller(card: LexborNode) -> tuple[Item | None, int | None]:
    """The seller, and the row (its mem_id) that tells of it."""
    for row in card.css(_SECONDARY_ROWS):
        parts = [seen(part) for part in row.css("span.su-styled-text")]
        if len(parts) >= 2 and "%" in parts[-1]:
            return seller(parts[0], parts[-1]), row.mem_id
        # Until 2025 in one piece: "name (1,234) 99.8%".
        if len(parts) == 1 and (match := _NAME_AND_FEEDBACK.match(parts[0])) and "%" in parts[0]:
            return seller(match["name"], match["feedback"]), row.mem_id
    if text := text_of(card, ".s-item__seller-info-text"):
        match = _NAME_AND_FEEDBACK.match(text)
        return (seller(match["name"], match["feedback"] or "") if match else None), None
    return None, None


def _image(card: LexborNode) -> str | None:
    for node in card.css("img"):
        for name in ("src", "data-src", "data-defer-load"):
            url = (node.attributes.get(name) or "").strip()
            if "ebayimg.com" in url and "/s_1x2" not in url:
                return f"https:{url}" if url.startswith("//") else url
    return None


def _reviews(card: LexborNode, item: Item) -> None:
    holder = card.css_first(".s-card__reviews, .s-item__reviews, .su-item-card__reviews")
    if holder is None:
        return
    stars = holder.css_first(".x-star-rating .clipped, .x-star-rating, .b-starrating__star .clipped")
    _put(item, "rating", rating(stars.text()) if stars is not None else None)
    counted = holder.css_first(".s-card__reviews-count, .s-item__reviews-count")
    _put(item, "ratings_total", count(seen(counted)) if counted is not None else None)


def _time(card: LexborNode) -> Item:
    """`time_left` and `end_time` of an auction that runs, or `ended` of one that is over."""
    found: Item = {}
    left = end = None
    for node in card.css(_TIMES):
        said = seen(node)
        if any(name.endswith("__time-left") for name in classes(node)):
            left = left or said
        else:
            end = end or said.strip("() ")
    if left and words.ENDED_ON.match(left):
        found["ended"] = {"type": "ended", **({"date": {"raw": end}} if end else {})}
        return found
    if left:
        found["time_left"] = {"raw": left}
    if end:
        found["end_time"] = {"raw": end}
    return found


def _ended(card: LexborNode) -> Item | None:
    for node in card.css(_CAPTIONS):
        said = seen(node)
        for kind, pattern in (("sold", words.SOLD_ON), ("ended", words.ENDED_ON)):
            match = pattern.match(said)
            if match:
                date = match["date"].strip()
                return {"type": kind, **({"date": {"raw": date}} if date else {})}
    return None
