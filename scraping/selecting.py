"""`include_fields` and `exclude_fields`: parts of an item by dot notation, lists passed through.

"search_results.title" is the `title` of each element of `search_results`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from scraping.messages import Item

_Tree = dict[str, "_Tree"]  # field -> fields below; an empty tree is the whole field


def without_unwanted(item: Item, include: Iterable[str], exclude: Iterable[str]) -> Item:
    """The item with only the included fields (all, when none is named) less the excluded ones. Names that the item
    does not have are passed over: a result differs from page to page."""
    if wanted := _tree(include):
        item = _only(item, wanted)
    if unwanted := _tree(exclude):
        item = _without(item, unwanted)
    return item


def _tree(paths: Iterable[str]) -> _Tree:
    tree: _Tree = {}
    whole: set[str] = set()
    for path in sorted(paths, key=len):
        at = tree
        parts = [part for part in path.split(".") if part]
        # A field that is named whole needs no more of its parts.
        if any(".".join(parts[: end + 1]) in whole for end in range(len(parts))):
            continue
        for part in parts:
            at = at.setdefault(part, {})
        whole.add(".".join(parts))
    return tree


def _only(value: Any, wanted: _Tree) -> Any:
    if isinstance(value, list):
        return [_only(element, wanted) for element in value]
    if not isinstance(value, dict):
        return value
    kept = {key: below for key, below in value.items() if key in wanted}
    return {key: _only(below, wanted[key]) if wanted[key] else below for key, below in kept.items()}


def _without(value: Any, unwanted: _Tree) -> Any:
    if isinstance(value, list):
        return [_without(element, unwanted) for element in value]
    if not isinstance(value, dict):
        return value
    kept = {key: below for key, below in value.items() if unwanted.get(key, True)}
    return {key: _without(below, unwanted[key]) if key in unwanted else below for key, below in kept.items()}
