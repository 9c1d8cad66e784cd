"""Data that eBay's pages carry for machines: JSON-LD, and JSON inside scripts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import orjson
from selectolax.lexbor import LexborHTMLParser

Data = dict[str, Any]


def linked_data(tree: LexborHTMLParser) -> list[Data]:
    """The page's JSON-LD objects, those of a list or `@graph` one by one. What is no JSON is left out."""
    found: list[Data] = []
    for script in tree.css('script[type="application/ld+json"]'):
        try:
            data = orjson.loads((script.text() or "").strip())
        except orjson.JSONDecodeError:
            continue
        waiting = [data]
        while waiting:
            entry = waiting.pop(0)
            if isinstance(entry, list):
                waiting[:0] = entry
            elif isinstance(entry, dict):
                if isinstance(entry.get("@graph"), list):
                    waiting[:0] = entry["@graph"]
                found.append(entry)
    return found


def of_type(data: list[Data], *kinds: str) -> Data | None:
    """The first object of one of these schema.org types."""
    for entry in data:
        own = entry.get("@type")
        if any(kind in (own if isinstance(own, list) else [own]) for kind in kinds):
            return entry
    return None


def under_key(tree: LexborHTMLParser, key: str) -> Iterator[Data]:
    """Each JSON object that stands under the key in a script, however deep, read from where it begins."""
    mark = f'"{key}":'
    for script in tree.css("script"):
        text = script.text() or ""
        start = text.find(mark)
        while start >= 0:
            begin = start + len(mark)
            while text[begin : begin + 1].isspace():
                begin += 1
            if text[begin : begin + 1] == "{":
                try:
                    value, _ = json.JSONDecoder().raw_decode(text, begin)
                except (ValueError, RecursionError):
                    value = None
                if isinstance(value, dict):
                    yield value
            start = text.find(mark, begin)


def first(value: Any) -> Any:
    """The first entry of a list, or the value itself."""
    return (value[0] if value else None) if isinstance(value, list) else value


def named(value: Any) -> str | None:
    """A name that is given as text or as `{"name": ...}`."""
    value = first(value)
    if isinstance(value, dict):
        value = value.get("name")
    return value.strip() or None if isinstance(value, str) else None


def as_number(value: Any) -> float | None:
    """A number, or a text that is one; a whole one without its point."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    if number != number or number in (float("inf"), float("-inf")):
        return None
    return int(number) if number == int(number) else number
