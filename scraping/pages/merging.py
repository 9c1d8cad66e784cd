"""One item of what a page says several times, in JSON-LD, in its markup and to social networks."""

from __future__ import annotations

from collections.abc import Callable

from scraping.messages import Item


def filled_up(item: Item, other: Item) -> Item:
    """The item with what only the other has; offers are filled up when each has one."""
    joined = {**other, **item}
    ours, theirs = item.get("offers", []), other.get("offers", [])
    if len(ours) == len(theirs) == 1:
        joined["offers"] = [{**theirs[0], **ours[0]}]
    return {name: joined[name] for name in [*item, *(name for name in joined if name not in item)]}


def merged(items: list[Item], same: Callable[[Item, Item], bool]) -> list[Item]:
    """One of each: pages say the same in two syntaxes, and the second often knows a little more."""
    kept: list[Item] = []
    for item in items:
        for at, known in enumerate(kept):
            if same(known, item):
                kept[at] = filled_up(known, item)
                break
        else:
            if item:
                kept.append(item)
    return kept


def same_product(one: Item, other: Item) -> bool:
    shared = [name for name in ("sku", "gtin", "mpn") if name in one and name in other]
    if any(one[name] != other[name] for name in shared):
        return False
    same_name = "name" in one and one["name"].casefold() == str(other.get("name", "")).casefold()
    return same_name or bool(shared)


def same_article(one: Item, other: Item) -> bool:
    return "headline" in one and one.get("headline") == other.get("headline")
