"""Text and attributes out of a parsed page's nodes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

# Only for screen readers, scripts, or a layer that opens on a click: not what stands on the page.
_UNSEEN_CLASSES = frozenset(
    {
        "clipped", "g-hdn", "hideforacc", "fb-clipped", "hide", "oly_upnl", "lightbox-dialog",
        "infotip__overlay", "tourtip__overlay", "tooltip__overlay",
    }
)  # fmt: skip
_UNSEEN_TAGS = frozenset({"script", "style", "svg", "template", "noscript", "button", "select", "input"})
_NO_MARKS: frozenset[str] = frozenset()
_SPACES = re.compile(r"[\s\u200b\u200e\u200f\ufeff]+")

Tree = LexborHTMLParser | LexborNode


def squeeze(text: str) -> str:
    """One space for every run of spaces (no-break and zero-width ones too), none at the ends."""
    # Plain texts, most of a page's, have no other spaces than split() knows.
    return " ".join(text.split()) if text.isascii() else _SPACES.sub(" ", text).strip()


def classes(node: LexborNode) -> list[str]:
    return (node.attributes.get("class") or "").split()


def chunks(top: LexborNode) -> Iterator[str]:
    """The pieces of text that a reader sees inside the node, in order, as they stand. No recursion: a page may
    nest as deep as it likes."""
    return (text for text, _ in marked(top, _NO_MARKS))


def marked(top: LexborNode, marks: frozenset[str]) -> Iterator[tuple[str, str]]:
    """The pieces of text that a reader sees inside the node, each with the innermost of the classes in `marks` that
    it stands in, or ""."""
    waiting = [(top.child, next((name for name in classes(top) if name in marks), "") if marks else "")]
    while waiting:
        node, mark = waiting.pop()
        if node is None:
            continue
        waiting.append((node.next, mark))
        if node.is_text_node:
            if text := node.text_content:
                yield text, mark
        elif node.is_element_node and node.tag not in _UNSEEN_TAGS:
            attributes = node.attributes
            if "hidden" in attributes:
                continue
            within = mark
            if own := attributes.get("class"):
                names = own.split()
                if not _UNSEEN_CLASSES.isdisjoint(names):
                    continue
                if marks and not marks.isdisjoint(names):
                    within = next(name for name in names if name in marks)
            waiting.append((node.child, within))


def seen(node: LexborNode | None) -> str:
    """What a reader sees inside the node, in one line; empty for no node."""
    return squeeze(" ".join([text for text, _ in marked(node, _NO_MARKS)])) if node is not None else ""


def sentence(node: LexborNode | None) -> str:
    """As `seen`, without the spaces that stand before a mark of its own span: "30 days returns" and "." are one."""
    return re.sub(r"\s+([.,;])", r"\1", seen(node))


def text_of(tree: Tree, *selectors: str) -> str | None:
    """The visible text of the first element, selector by selector, that has any."""
    for selector in selectors:
        for node in tree.css(selector):
            if text := seen(node):
                return text
    return None


def attribute(tree: Tree, selector: str, *names: str) -> str | None:
    """The first of these attributes that an element of the selector has and that is not empty."""
    for node in tree.css(selector):
        for name in names:
            if value := (node.attributes.get(name) or "").strip():
                return value
    return None


def has_any(tree: Tree, *selectors: str) -> bool:
    return tree.css_first(", ".join(selectors)) is not None
