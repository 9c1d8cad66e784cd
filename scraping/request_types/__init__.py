"""The request types, by the name a client gives as `type`. A new type: one file beside these, one line below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scraping.errors import BadParameter
from scraping.request_types.contract import OwnColumns, RequestType
from scraping.request_types.ebay_product import EBAY_PRODUCT
from scraping.request_types.ebay_search import EBAY_SEARCH
from scraping.request_types.page import PAGE

REQUEST_TYPES: dict[str, RequestType] = {
    "page": PAGE,
    "search": EBAY_SEARCH,
    "product": EBAY_PRODUCT,
}


def request_type(params: Mapping[str, Any]) -> RequestType:
    """The type that `type` names, or `engine` and `type` together (`homedepot` and `product` name
    "homedepot_product"). Raises BadParameter."""
    name = params.get("type")
    if not isinstance(name, str) or not name.strip():
        raise BadParameter("type", name, f"it is required; use one of {', '.join(REQUEST_TYPES)}")
    name = name.strip().lower()
    engine = str(params.get("engine") or "").strip().lower()
    found = REQUEST_TYPES.get(f"{engine}_{name}" if engine else name) or REQUEST_TYPES.get(name)
    if found is None:
        raise BadParameter("type", params["type"], f"use one of {', '.join(REQUEST_TYPES)}")
    return found


__all__ = ["REQUEST_TYPES", "OwnColumns", "RequestType", "request_type"]
