"""The filters beside a search's results."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from selectolax.lexbor import LexborHTMLParser, LexborNode

from scraping.pages.ebay.money import count
from scraping.pages.ebay.nodes import seen

Item = dict[str, Any]


def read_facets(tree: LexborHTMLParser) -> list[Item]:
    """`{name, values: [{name, count?, param_value?, selected?, link?}]}` for each filter that has values.

    `param_value` ("Brand=SanDisk") can be given back as the request's `facets`; `count` is of the listings that it
    would leave.
    """
    facets = []
    for block in tree.css("li.x-refine__main__list"):
        # Filters may nest: the outer element then holds the lists of the inner ones.
        if block.css_first("ul.x-refine__left__nav") is not None:
            continue
        heading = block.css_first(".x-refine__item__title-container, .x-refine__item__title, .x-refine__item")
        name = seen(heading)
        values = _categories(block) or [
            value for node in block.css(".x-refine__main__list--value") if (value := _value(node, name))
        ]
        if name and values:
            facets.append({"name": name, "values": values})
    return facets


def _categories(block: LexborNode) -> list[Item]:
    values: list[Item] = []
    for node in block.css("li.srp-refine__category__item"):
        link = node.css_first("a[href]")
        own = next((child for child in node.iter() if child.tag in ("a", "span")), None)
        if own is None or own.css_first("button") is not None:
            continue
        value: Item = {"name": seen(own)}
        if link is not None and own.tag == "a":
            href = own.attributes.get("href") or ""
            if match := re.search(r"/sch/(?:[^/?]+/)?(\d+)/|[?&]_sacat=(\d+)", href):
                value["category_id"] = match[1] or match[2]
            value["link"] = href
        elif node.attributes.get("data-state") == "selected":
            value["selected"] = True
        if value["name"]:
            values.append(value)
    return values


def _value(node: LexborNode, facet: str) -> Item | None:
    link = node.css_first("a[href]")
    holder = node.css_first(".cbx.x-refine__multi-select-cbx, .x-refine__multi-select-cbx, .radio-text, .cbx")
    counted = node.css_first(".x-refine__multi-select-histogram")
    said = seen(holder if holder is not None else node)
    counted_text = seen(counted)
    match = re.search(r"\(([\d.,\s]+)\)\s*$", counted_text or said)
    name = re.sub(r"\s*\([\d.,\s]+\)\s*$", "", said).strip()
    if not name or link is None:
        return None
    value: Item = {"name": name}
    if match and (number := count(match[1])) is not None:
        value["count"] = number
    href = link.attributes.get("href") or ""
    if parameter := _parameter(node, href, name):
        value["param_value"] = parameter
    box = node.css_first("input")
    if box is not None and "checked" in box.attributes:
        value["selected"] = True
    value["link"] = href
    return value


def _parameter(node: LexborNode, href: str, name: str) -> str | None:
    """The aspect and value that the filter's link adds to the search, e.g. "Card Type=Pokémon"."""
    marked = node.attributes.get("name")
    if not marked or marked.startswith(("LH_", "_")):
        return None
    aspect = unquote(unquote(marked))
    # Both stand in the link as on the page: encoded twice, with one encoded bar between values.
    for field in href.partition("?")[2].split("&"):
        key, _, raw = field.partition("=")
        if key == marked:
            chosen = [unquote(unquote(value)) for value in raw.split("%7C")]
            return f"{aspect}={name if name in chosen else chosen[-1]}"
    # The value is chosen already, so that its link takes it away.
    return f"{aspect}={name}"
