"""The variants of a listing, from the data behind its menus."""

from __future__ import annotations

import html
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from scraping.pages.ebay import money
from scraping.pages.ebay.embedded import as_number, under_key

Item = dict[str, Any]


def read_variants(tree: LexborHTMLParser) -> list[Item]:
    """`{id, title, attributes: [{name, value}], price, price_converted?, in_stock?, quantity_available?,
    quantity_sold?}` for each variant, in the page's order; empty when the listing has none."""
    for key, read in (("MSKU", _current), ("itmVarModel", _legacy)):
        for model in under_key(tree, key):
            if variants := read(model):
                return variants
    return []


def _current(model: Item) -> list[Item]:
    choices = _choices(model.get("selectMenus"), model.get("menuItemMap"), "displayLabel")
    variants = []
    for identity, data in _objects(model.get("variationsMap")):
        variant = _begun(identity, choices)
        price = _dig(data, "binModel", "price", "value") or _dig(data, "bidModel", "price", "value")
        if isinstance(price, dict):
            original, currency = (
                as_number(price.get("convertedFromValue")),
                price.get("convertedFromCurrency"),
            )
            shown = _price(price.get("value"), price.get("currency"))
            if original is not None and currency and currency != price.get("currency"):
                variant["price"] = money.made(original, str(currency))
                if shown:
                    variant["price_converted"] = shown
            elif shown:
                variant["price"] = shown
        quantity = data.get("quantity")
        if isinstance(quantity, dict):
            if isinstance(quantity.get("outOfStock"), bool):
                variant["in_stock"] = not quantity["outOfStock"]
            if (most := _most(quantity)) is not None:
                variant["quantity_available"] = most
        variants.append(variant)
    return variants


def _legacy(model: Item) -> list[Item]:
    choices = _choices(model.get("menuModels"), model.get("menuItemMap"), "displayName")
    variants = []
    for identity, data in _objects(model.get("itemVariationsMap")):
        variant = _begun(identity, choices)
        amount = data.get("priceAmountValue")
        if isinstance(amount, dict) and (price := _price(amount.get("value"), amount.get("currency"))):
            variant["price"] = price
        if isinstance(data.get("inStock"), bool):
            variant["in_stock"] = data["inStock"]
        for key, name in (("quantity_available", "quantity"), ("quantity_sold", "quantitySold")):
            if isinstance(data.get(name), int):
                variant[key] = data[name]
        variants.append(variant)
    return variants


def _begun(identity: str, choices: dict[str, list[Item]]) -> Item:
    attributes = choices.get(identity, [])
    variant: Item = {"id": identity}
    if attributes:
        variant["title"] = ", ".join(choice["value"] for choice in attributes)
        variant["attributes"] = attributes
    return variant


def _choices(menus: Any, values: Any, label: str) -> dict[str, list[Item]]:
    """By variant: the value of each menu, in the menus' order."""
    found: dict[str, list[Item]] = {}
    if not isinstance(menus, list) or not isinstance(values, dict):
        return found
    for menu in menus:
        if not isinstance(menu, dict):
            continue
        name = html.unescape(str(menu.get(label) or menu.get("name") or ""))
        for value_id in menu.get("menuItemValueIds") or []:
            value = values.get(str(value_id))
            if not isinstance(value, dict):
                continue
            said = html.unescape(str(value.get("valueName") or value.get("displayName") or ""))
            for identity in value.get("matchingVariationIds") or []:
                found.setdefault(str(identity), []).append({"name": name, "value": said})
    return found


def _most(quantity: Item) -> int | None:
    """The largest quantity that may be ordered: the number in stock, as far as eBay tells."""
    checks = _dig(quantity, "quantityInput", "validations")
    for check in checks if isinstance(checks, list) else []:
        if isinstance(check, dict) and check.get("_type") == "NumberValidation":
            most = as_number(check.get("maxValue"))
            return int(most) if most is not None else None
    return None


def _price(value: Any, currency: Any) -> money.Price | None:
    number = as_number(value)
    return (
        money.made(number, currency)
        if number is not None and isinstance(currency, str) and currency
        else None
    )


def _objects(mapping: Any) -> list[tuple[str, Item]]:
    return (
        [(key, value) for key, value in mapping.items() if isinstance(value, dict)]
        if isinstance(mapping, dict)
        else []
    )


def _dig(data: Any, *keys: str) -> Any:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data
