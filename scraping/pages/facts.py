"""Single values of a Thing, as texts, numbers and words of ours. None when it has no such value."""

from __future__ import annotations

import re
from typing import Any

from scraping.messages import Item
from scraping.pages.markup import Thing
from scraping.pages.values import clean_text, date, integer, one_line
from scraping.pages.values import price as parse_price


def text_of(thing: Thing, *names: str) -> str | None:
    """The first value that is a text or number, on one line."""
    for name in names:
        for value in thing.values(name):
            if (
                isinstance(value, str | int | float)
                and not isinstance(value, bool)
                and (text := one_line(str(value)))
            ):
                return clean_text(text).replace("\n", " ") if "&" in text or "<" in text else text
    return None


def name_of(thing: Thing, *names: str) -> str | None:
    """The value as a text, or the name of the thing that it is."""
    for name in names:
        for value in thing.values(name):
            found = text_of(value, "name", "legalName") if isinstance(value, Thing) else one_line(str(value))
            if found:
                return found
    return None


def names_of(thing: Thing, *names: str) -> str | None:
    found: dict[str, None] = {}
    for value in thing.values(*names):
        name = text_of(value, "name") if isinstance(value, Thing) else one_line(str(value))
        if name and "://" not in name:
            found.setdefault(name)
    return ", ".join(found) or None


def prose_of(thing: Thing, *names: str) -> str | None:
    for value in thing.values(*names):
        if isinstance(value, str) and (text := clean_text(value)):
            return text
    return None


def date_of(thing: Thing, *names: str) -> str | None:
    text = text_of(thing, *names)
    return (date(text) or text) if text else None


def word_of(thing: Thing, name: str) -> str | None:
    """InStock for "https://schema.org/InStock"."""
    for value in thing.values(name):
        text = (value.id or text_of(value, "name") or "") if isinstance(value, Thing) else str(value)
        if word := one_line(text).rstrip("/").rsplit("/", 1)[-1].rsplit("#", 1)[-1]:
            return word
    return None


def stock_word(text: str | None) -> str | None:
    """Open Graph's "in stock", "instock", "oos" as schema.org's words."""
    words = {
        "instock": "InStock", "outofstock": "OutOfStock", "oos": "OutOfStock", "preorder": "PreOrder",
        "backorder": "BackOrder", "availablefororder": "BackOrder", "pending": "PreOrder",
    }  # fmt: skip
    return words.get(re.sub(r"[\W_]", "", text).lower(), text) if text else None


def money(text: str | None) -> tuple[float | None, str | None]:
    """The amount and the currency, when the text has one."""
    if text is None:
        return None, None
    # schema.org wants a decimal point: "1.250" is one and a quarter there, not over a thousand.
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text), None
    found = parse_price(text)
    return (found["value"], found["currency"]) if found else (None, None)


def amount(text: str | None) -> float | None:
    return money(text)[0]


def asked_price(thing: Thing) -> Thing | None:
    """The price that is asked now: not the one that is struck through."""
    for specification in thing.things("priceSpecification"):
        kind = word_of(specification, "priceType") or ""
        if not re.search("strikethrough|list|msrp|srp", kind, re.IGNORECASE):
            return specification
    return None


def rating_of(thing: Thing) -> Item | None:
    for rating in thing.things("aggregateRating"):
        value = amount(text_of(rating, "ratingValue"))
        count = integer(text_of(rating, "reviewCount") or text_of(rating, "ratingCount") or "")
        if value is not None and (value or count):
            return filled(value=round(value, 4), count=count, best=amount(text_of(rating, "bestRating")))
    return None


def filled(**fields: Any) -> Item:
    return {
        name: value for name, value in fields.items() if value is not None and value != "" and value != []
    }
