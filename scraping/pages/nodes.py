"""A page's nodes as selectors need them: selectolax for CSS alone (fast), lxml where XPath takes part."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from typing import Any, Protocol
from urllib.parse import urljoin

from lxml import etree, html
from selectolax.lexbor import LexborHTMLParser, LexborNode

from scraping.pages.selectors import css_as_xpath

# Where a node's value stands when no attribute is named.
HOLDERS = {
    "url": ("href", "src", "content", "data-src", "action"),
    "date": ("datetime", "content"),
    "number": ("content",),
    "integer": ("content",),
    "price": ("content",),
    "text": ("content",),
}
# Elements whose `content` or `value` is what a reader would call their text.
_EMPTY_TAGS = frozenset({"meta", "link", "input", "data"})
_SILENT = frozenset({"script", "style", "noscript", "template"})
_INLINE = frozenset((
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font",
    "i", "img", "ins", "kbd", "label", "mark", "q", "s", "samp", "small", "span", "strike", "strong",
    "sub", "sup", "time", "tt", "u", "var", "wbr",
))  # fmt: skip


class Node(Protocol):
    """A place in a page."""

    def css(self, selector: str) -> Sequence[Node]: ...
    def each(self, selector: str) -> Iterator[Node]:
        """As `css`, one by one: whoever needs the first only pays for no more."""

    def xpath(self, expression: etree.XPath) -> list[Node]: ...
    def attribute(self, name: str) -> str | None: ...
    def html(self) -> str | None: ...
    def content(self, kind: str, attribute: str | None) -> str | None:
        """The named attribute, or where a value of this kind stands on such an element, or its text."""


class Tree:
    """A page, parsed on first use by the parser that is needed. `source` is its text, or its bytes in UTF-8."""

    def __init__(self, source: str | bytes, url: str) -> None:
        self._source = source
        self.url = url

    @cached_property
    def text(self) -> str:
        """The page's HTML."""
        return self._source if isinstance(self._source, str) else self._source.decode("utf-8", "replace")

    def for_css(self) -> Node:
        return _Lexbor(self._lexbor.root) if self._lexbor.root is not None else _Nothing()

    def for_xpath(self) -> Node:
        return _Lxml(self._lxml) if self._lxml is not None else _Nothing()

    def title(self) -> str | None:
        # An SVG may have a <title>, too: the head's goes before.
        found = self._lexbor.css_first("head > title") or self._lexbor.css_first("title")
        return " ".join(found.text().split()) or None if found is not None else None

    def absolute(self, reference: str) -> str | None:
        """The URL that the page means by the reference; None for one that is no page's (`javascript:`, `#`)."""
        reference = reference.strip()
        if (
            not reference
            or reference.startswith("#")
            or reference.lower().startswith(("javascript:", "data:"))
        ):
            return None
        try:
            return urljoin(self._base, reference)
        except ValueError:
            return None

    @cached_property
    def _base(self) -> str:
        base = self._lexbor.css_first("base[href]")
        return (
            urljoin(self.url, (base.attributes.get("href") or "").strip()) if base is not None else self.url
        )

    @cached_property
    def _lexbor(self) -> LexborHTMLParser:
        return LexborHTMLParser(self._source)

    @cached_property
    def _lxml(self) -> html.HtmlElement | None:
        # Bytes, as lxml refuses a str that names its encoding; surrogates of a broken page become "?".
        parser = html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
        try:
            return html.document_fromstring(self.text.encode("utf-8", "replace"), parser=parser)
        except (etree.ParserError, etree.XMLSyntaxError):
            return None


class _Nothing:
    """The root of a page without any element."""

    def css(self, selector: str) -> list[Node]:
        return []

    def each(self, selector: str) -> Iterator[Node]:
        return iter(())

    def xpath(self, expression: etree.XPath) -> list[Node]:
        return []

    def attribute(self, name: str) -> str | None:
        return None

    def html(self) -> str | None:
        return None

    def content(self, kind: str, attribute: str | None) -> str | None:
        return None


class _Lexbor:
    __slots__ = ("node",)

    def __init__(self, node: LexborNode) -> None:
        self.node = node

    def css(self, selector: str) -> list[Node]:
        found = self.node.css(selector)
        # selectolax counts the node itself, as the first, among its descendants; CSS does not.
        own = 1 if found and self._is_own(found[0]) else 0
        return [_Lexbor(each) for each in (found[own:] if own else found)]

    def each(self, selector: str) -> Iterator[Node]:
        first = self.node.css_first(selector)
        if first is None:
            return
        passed = 0
        if not self._is_own(first):
            yield _Lexbor(first)
            passed = 1
        yield from self.css(selector)[passed:]

    def _is_own(self, found: LexborNode) -> bool:
        return found.mem_id == self.node.mem_id and self.node.parent is not None

    def xpath(self, expression: etree.XPath) -> list[Node]:
        raise AssertionError("a nest with XPath is read by lxml")

    def attribute(self, name: str) -> str | None:
        attributes = self.node.attributes
        return attributes[name] or "" if name in attributes else None

    def html(self) -> str | None:
        return self.node.html

    def content(self, kind: str, attribute: str | None) -> str | None:
        if attribute:
            return self.attribute(attribute)
        return _held(self, self.node.tag or "", kind) or _plain("".join(_lexbor_text(self.node)), kind)


def _lexbor_text(top: LexborNode) -> Iterator[str]:
    """The text as a reader sees it: a space between blocks, none within a word that has mark-up. No recursion: a
    page may nest as deep as it likes."""
    waiting = [
        (top.child, "")
    ]  # the next node to go on with, and what to say when its row of siblings is done
    while waiting:
        child, after = waiting.pop()
        if child is None:
            yield after
            continue
        waiting.append((child.next, after))
        if child.is_text_node:
            yield child.text_content or ""
        elif child.is_element_node and child.tag not in _SILENT:
            gap = "" if child.tag in _INLINE else " "
            yield gap
            waiting.append((child.child, gap))


class _Lxml:
    def __init__(self, node: html.HtmlElement) -> None:
        self.node = node

    def css(self, selector: str) -> list[Node]:
        return _nodes(_translated(selector)(self.node))

    def each(self, selector: str) -> Iterator[Node]:
        return iter(self.css(selector))

    def xpath(self, expression: etree.XPath) -> list[Node]:
        return _nodes(expression(self.node))

    def attribute(self, name: str) -> str | None:
        value = self.node.get(name)
        return None if value is None else str(value)

    def html(self) -> str | None:
        return str(html.tostring(self.node, encoding="unicode", with_tail=False))

    def content(self, kind: str, attribute: str | None) -> str | None:
        if attribute:
            return self.attribute(attribute)
        return _held(self, str(self.node.tag), kind) or _plain("".join(_lxml_text(self.node)), kind)


class _Value(_Nothing):
    """What an XPath gives beside nodes: an attribute, a text, a number, a truth. It has nothing below it."""

    def __init__(self, text: str) -> None:
        self.text = text

    def html(self) -> str | None:
        return self.text

    def content(self, kind: str, attribute: str | None) -> str | None:
        return self.text


def _nodes(found: Any) -> list[Node]:
    if not isinstance(found, list):
        found = [found]
    nodes: list[Node] = []
    for each in found:
        if isinstance(each, html.HtmlElement):
            nodes.append(_Lxml(each))
        elif isinstance(each, bool):
            nodes.extend([_Value("true")] if each else [])
        elif isinstance(each, float):
            nodes.append(_Value(f"{each:.15g}"))
        elif isinstance(each, str):
            nodes.append(_Value(str(each)))
    return nodes


def _lxml_text(node: html.HtmlElement) -> Iterator[str]:
    """As _lexbor_text. The recursion is no danger here: libxml2 cuts a page at 256 levels."""
    yield node.text or ""
    for child in node:
        tag = child.tag
        # A comment's or an instruction's tag is a function; only their tails are text.
        if isinstance(tag, str) and tag not in _SILENT:
            gap = "" if tag in _INLINE else " "
            yield gap
            yield from _lxml_text(child)
            yield gap
        yield child.tail or ""


def _held(node: Node, tag: str, kind: str) -> str | None:
    """A value that stands in an attribute, for this kind of value on this kind of element."""
    if kind == "url" or tag in _EMPTY_TAGS or (kind == "date" and tag == "time"):
        names = (*HOLDERS.get(kind, ()), "value") if kind != "url" else HOLDERS["url"]
        for name in names:
            if value := node.attribute(name):
                return value
    return None


def _plain(text: str, kind: str) -> str | None:
    """The element's text; as a URL only when it is written out."""
    return text if kind != "url" or re.match(r"\s*https?://\S+\s*$", text) else None


@lru_cache(maxsize=500)
def _translated(selector: str) -> etree.XPath:
    return css_as_xpath(selector)
