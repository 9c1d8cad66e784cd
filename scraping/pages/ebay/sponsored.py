"""Whether a search card is an advertisement.

eBay puts the word on every card and hides it on most: by a style rule for single letters (until 2025), or by drawing it
outside its box (since). So the word's presence says nothing; whether it is visible does.
"""

from __future__ import annotations

import base64
import binascii
import re
from functools import lru_cache

from selectolax.lexbor import LexborHTMLParser, LexborNode

from scraping.pages.ebay import words
from scraping.pages.ebay.nodes import classes

_RULE = re.compile(r"(?:span)?\.([\w-]+)\s*\{[^}]*?display\s*:\s*(none|inline)[^}]*\}")
_SVG = re.compile(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)")
_OFFSETS = re.compile(r"\b(?P<name>x|y|dx|dy)=['\"](?P<value>-?[\d.]+)['\"]")
_TRANSLATE = re.compile(r"translate\(\s*(-?[\d.]+)[\s,]+(-?[\d.]+)\s*\)")
# Letters that look like Latin ones, and marks that turn the direction of reading: both stand in for plain text.
_LOOKALIKES = {0x405: "S", 0x455: "s", 0x440: "p", 0x43E: "o", 0x435: "e", 0x441: "c", 0x430: "a", 0x456: "i"}
_MARKS = re.compile(r"[\u200b-\u200f\u061c\u202a-\u202e\u2060-\u2069]")


class Labels:
    """Reads the labels of one page; the page's style rules are read once, when the first card needs them."""

    def __init__(self, tree: LexborHTMLParser) -> None:
        self._tree = tree
        self._rules: dict[str, str] | None = None
        self._labelled = tree.css_first(".s-item__title--tagblock__SPONSORED") is not None

    def of(self, card: LexborNode) -> bool | None:
        """True or False; None when the card has no label or one that is hidden in a way that is not known."""
        for holder in card.css(".s-card__sep, .su-item-card__sep"):
            if (drawn := self._drawn(holder)) is not None:
                return drawn
        for holder in card.css(".s-item__title--tagblock__SPONSORED, .s-item__sep"):
            if (spelt := self._spelt(holder)) is not None:
                return spelt
        # Until 2022 only an advertisement had the label, on a page that has any.
        return False if self._labelled and "s-item" in classes(card) else None

    def _drawn(self, holder: LexborNode) -> bool | None:
        """The label as a picture: it is seen when its text begins inside the box."""
        for node in holder.css("[style]"):
            match = _SVG.search(node.attributes.get("style") or "")
            if match is None:
                continue
            return _inside(match[1])
        return None

    def _spelt(self, holder: LexborNode) -> bool | None:
        """The label letter by letter, decoys among them hidden by their class."""
        letters = [leaf for leaf in holder.css("span") if leaf.child is not None and leaf.child.is_text_node]
        if not letters:
            return None
        rules = self._style_rules()
        if not any(rules.get(name) for leaf in letters for name in classes(leaf)):
            return None
        word = "".join(
            leaf.text() for leaf in letters if all(rules.get(name) != "none" for name in classes(leaf))
        )
        return words.SPONSORED.match(_plain(word)) is not None

    def _style_rules(self) -> dict[str, str]:
        if self._rules is None:
            self._rules = {
                name: shown
                for style in self._tree.css("style")
                for name, shown in _RULE.findall(style.text() or "")
            }
        return self._rules


@lru_cache(maxsize=64)  # a page draws all that it hides at one place
def _inside(encoded: str) -> bool | None:
    try:
        picture = base64.b64decode(encoded).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return None
    text = re.search(r"<text\b([^>]*)>", picture)
    if text is None:
        return None
    offsets = {found["name"]: float(found["value"]) for found in _OFFSETS.finditer(text[1])}
    moved = _TRANSLATE.search(text[1])
    if "y" not in offsets or "x" not in offsets:
        return None
    x = offsets["x"] + offsets.get("dx", 0) + (float(moved[1]) if moved else 0)
    y = offsets["y"] + offsets.get("dy", 0) + (float(moved[2]) if moved else 0)
    return -2 <= x < 60 and 0 < y <= 40


def _plain(word: str) -> str:
    return _MARKS.sub("", word).translate(_LOOKALIKES).strip()
