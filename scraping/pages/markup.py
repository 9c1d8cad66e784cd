"""What a page says of itself for machines: JSON-LD, microdata, RDFa and Open Graph, all as Things.

Microdata, RDFa and Open Graph are read by extruct; JSON-LD by ourselves, as real pages write it badly (comments,
trailing commas, bare control characters, two objects in one script).
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from extruct.opengraph import OpenGraphExtractor
from extruct.rdfa import RDFaExtractor
from extruct.utils import parse_xmldom_html
from extruct.w3cmicrodata import MicrodataExtractor
from lxml import etree, html

logger = logging.getLogger(__name__)

LARGEST_REPAIR = (
    200_000  # characters of one script: looking for comments without an end takes the square of it
)
LARGEST_RDFA = 3_000_000  # characters; RDFa costs ten times what the others do
_JSON_NOISE = re.compile(
    r"(\"(?:[^\"\\]|\\.)*\")"  # a string stays as it is
    r"|//[^\n]*|/\*.{0,2000}?\*/|<!--[^{\[]{0,2000}?-->"
    r"|<!--|-->|<!\[CDATA\[|\]\]>",  # a comment round the whole script hides it from very old browsers
    re.DOTALL,
)
_TRAILING_COMMA = re.compile(r"(\"(?:[^\"\\]|\\.)*\")|,(?=\s*[}\]])", re.DOTALL)
_SCHEMA = re.compile(r"https?://(?:www\.)?schema\.org/|https?://data-vocabulary\.org/|schema:", re.IGNORECASE)


@dataclass(eq=False)
class Thing:
    """One described thing. `types` are lower-case names without their vocabulary ("product"); each property has a
    list of values: texts, numbers, truths, Things. Things may refer to each other in a circle."""

    types: frozenset[str]
    source: str
    properties: dict[str, list[Any]] = field(default_factory=dict)
    id: str = ""

    def values(self, *names: str) -> list[Any]:
        """The values of the first of these properties that has any."""
        for name in names:
            if found := self.properties.get(name):
                return found
        return []

    def things(self, *names: str) -> list[Thing]:
        return [value for value in self.values(*names) if isinstance(value, Thing)]

    def below(self) -> Iterator[Thing]:
        for values in self.properties.values():
            yield from (value for value in values if isinstance(value, Thing))


def read_things(source: str, url: str) -> list[Thing]:
    """The page's top things: JSON-LD's first, then microdata's, RDFa's, and one for Open Graph. What cannot be read
    is left out."""
    parser = html.HTMLParser(encoding="utf-8", no_network=True)
    try:
        document = html.document_fromstring(source.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return []
    things: list[Thing] = []
    for name, read in (
        ("json-ld", _json_ld),
        ("microdata", _microdata),
        ("rdfa", _rdfa),
        ("opengraph", _open_graph),
    ):
        try:
            things += read(document, source, url)
        except Exception as error:
            # The libraries raise whatever a broken page brings them to; the other syntaxes may still be sound.
            logger.info("%s: the page's %s cannot be read (%s: %s)", url, name, type(error).__name__, error)
    return things


def _json_ld(document: html.HtmlElement, source: str, url: str) -> list[Thing]:
    found: list[Any] = []
    for script in document.iter("script"):
        if "ld+json" in (script.get("type") or "").lower():
            found += _lenient_json(script.text_content())
    return _Linker("json-ld").things(found)


def _lenient_json(text: str) -> list[Any]:
    """Every JSON value in the text, as far as it can be read."""
    text = text.strip().strip(";").strip()
    try:
        return [json.loads(text, strict=False)]
    except (ValueError, RecursionError):
        if len(text) > LARGEST_REPAIR:
            return []
    text = _JSON_NOISE.sub(lambda match: match.group(1) or "", text)
    text = _TRAILING_COMMA.sub(lambda match: match.group(1) or "", text).strip()
    decoder = json.JSONDecoder(strict=False)
    values, at = [], 0
    while at < len(text):
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        values.append(value)
        at += len(text[at:]) - len(text[at:].lstrip(" \t\r\n,;"))
    return values


class _Linker:
    """Nodes as JSON has them to Things, references by `@id` replaced by what they refer to."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.by_id: dict[str, Thing] = {}

    def things(self, found: Iterable[Any]) -> list[Thing]:
        top = [thing for value in found for thing in self._top(value)]
        self._link(top)
        return top

    def _top(self, value: Any) -> Iterator[Thing]:
        if isinstance(value, list):
            for each in value:
                yield from self._top(each)
        elif isinstance(value, dict):
            if "@graph" in value:
                yield from self._top(value["@graph"])
            if set(value) - {"@graph", "@context", "@id"}:
                yield self._thing(value)

    def _thing(self, node: dict[str, Any]) -> Thing:
        identity = node.get("@id")
        thing = Thing(
            type_names(node.get("@type")), self.source, id=identity if isinstance(identity, str) else ""
        )
        for name, value in node.items():
            if name.startswith("@") and name != "@graph":
                continue
            if values := [each for each in self._values(value) if each is not None]:
                thing.properties[_SCHEMA.sub("", name)] = values
        if thing.id and thing.properties:
            self.by_id.setdefault(thing.id, thing)
        return thing

    def _values(self, value: Any) -> Iterator[Any]:
        if isinstance(value, list):
            for each in value:
                yield from self._values(each)
        elif not isinstance(value, dict):
            yield value
        elif "@value" in value:
            yield value["@value"]
        elif isinstance(value.get("@list"), list):
            yield from self._values(value["@list"])
        else:
            yield self._thing(value)

    def _link(self, top: list[Thing]) -> None:
        seen: set[int] = set()
        waiting = list(top)
        while waiting:
            thing = waiting.pop()
            if id(thing) in seen:
                continue
            seen.add(id(thing))
            for name, values in thing.properties.items():
                thing.properties[name] = [self._target(value) for value in values]
            waiting += thing.below()

    def _target(self, value: Any) -> Any:
        """A bare reference's Thing; a reference to nothing on this page is its URL."""
        if isinstance(value, Thing) and value.id and not value.properties:
            return self.by_id.get(value.id, value.id)
        return value


def type_names(value: Any) -> frozenset[str]:
    """{"product"} for "Product", "http://schema.org/Product", or a list of such."""
    texts = value if isinstance(value, list) else [value]
    names = (
        text.rstrip("/").rsplit("/", 1)[-1].rsplit("#", 1)[-1] for text in texts if isinstance(text, str)
    )
    return frozenset(name.removeprefix("schema:").strip().lower() for name in names)


def _microdata(document: html.HtmlElement, source: str, url: str) -> list[Thing]:
    if "itemscope" not in source:
        return []
    found = MicrodataExtractor(nested=True, strict=False).extract_items(document, base_url=url)
    return [_microdata_thing(item) for item in found]


def _microdata_thing(item: dict[str, Any]) -> Thing:
    thing = Thing(type_names(item.get("type")), "microdata", id=str(item.get("id") or ""))
    for name, value in (item.get("properties") or {}).items():
        values = value if isinstance(value, list) else [value]
        thing.properties[name] = [
            _microdata_thing(each) if isinstance(each, dict) else each for each in values
        ]
    return thing


def _rdfa(document: html.HtmlElement, source: str, url: str) -> list[Thing]:
    if "typeof" not in source or "schema.org" not in source or len(source) > LARGEST_RDFA:
        return []
    # pyRdfa walks a DOM, so its tree is of another kind than ours.
    dom = parse_xmldom_html(source.encode("utf-8", "replace"), "utf-8")
    found = RDFaExtractor().extract_items(dom, base_url=url, expanded=True)
    nodes = [node for node in found if any("schema.org" in str(kind) for kind in node.get("@type", ()))]
    things = _Linker("rdfa").things(found)
    typed = {node.get("@id") for node in nodes}
    inner = {id(below) for thing in things for below in thing.below()}
    return [thing for thing in things if thing.id in typed and id(thing) not in inner]


def _open_graph(document: html.HtmlElement, source: str, url: str) -> list[Thing]:
    thing = Thing(frozenset({"opengraph"}), "opengraph")
    # extruct's reader wants its prefixes declared; most pages leave that out, so product: and article: are read here.
    pairs = [pair for group in OpenGraphExtractor().extract_items(document) for pair in group["properties"]]
    for meta in document.iter("meta"):
        name = (meta.get("property") or "").strip()
        if name.startswith(("product:", "article:")):
            pairs.append((name, meta.get("content") or ""))
    for name, value in pairs:
        values = thing.properties.setdefault(name, [])
        if value and value not in values:
            values.append(value)
    return [thing] if thing.properties else []
