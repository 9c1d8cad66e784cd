"""Saved real pages: values that were read off them by eye, and checks that need no expectation."""

import re
from typing import Any

import orjson
import pytest
from selectolax.lexbor import LexborHTMLParser

from scraping.errors import ScrapeError
from scraping.messages import Item
from tests.scraping.cases import needs_real_pages, read_json
from tests.scraping.ebay.pages import EXPECTED, REAL, differences, read, real, real_item

pytestmark = needs_real_pages

NAMES = sorted(path.stem for path in EXPECTED.glob("*.json"))
SEARCHES = [name for name in NAMES if name.startswith("srp-")]
PRODUCTS = [name for name in NAMES if not name.startswith("srp-")]
LEGACY = [name for name in PRODUCTS if name.startswith("ebay.")]


@pytest.mark.parametrize("name", NAMES)
def test_a_real_page_says_what_was_read_off_it(name: str) -> None:
    expected, item = read_json(EXPECTED / f"{name}.json"), real_item(name)
    found = differences(expected["item"], item)
    for position, listing in expected.get("at", {}).items():
        found += differences(listing, item["search_results"][int(position) - 1], f"at {position}")
    for listing in item.get("search_results", []) if "every" in expected else []:
        found += differences(expected["every"], listing, f"at {listing['position']}")
    product = item.get("product", {})
    if "categories" in expected and expected["categories"] != [one["name"] for one in product["categories"]]:
        found.append(f"categories: {product['categories']}")
    attributes = dict(expected.get("attributes", {}))
    if attributes:
        found += differences(attributes.pop("count"), len(product["attributes"]), "attributes")
        found += differences(
            attributes, {one["name"]: one["value"] for one in product["attributes"]}, "attributes"
        )
    variants = dict(expected.get("variants", {}))
    if variants:
        found += differences(variants.pop("count"), len(product["variants"]), "variants")
        found += differences(variants, {one["id"]: one for one in product["variants"]}, "variants")
    assert not found


@pytest.mark.parametrize("name", SEARCHES)
def test_every_card_of_a_search_is_read_whole(name: str) -> None:
    item, expected = real_item(name), read_json(EXPECTED / f"{name}.json")
    listings = item["search_results"]
    assert (
        len(listings)
        == expected["listings"]
        == _cards_counted_by_hand(real(name).read_text(encoding="utf-8"))
    )
    assert [listing["position"] for listing in listings] == list(range(1, len(listings) + 1))
    assert len({listing["epid"] for listing in listings}) == len(listings)
    for listing in listings:
        assert re.fullmatch(r"\d{12}", listing["epid"])
        assert listing["link"].endswith(f"/itm/{listing['epid']}")
        assert listing["image"].startswith("https://i.ebayimg.com/")
        assert len(listing["title"]) > 10
        assert "Shop on eBay" not in listing["title"]
        assert "Opens in a new" not in listing["title"]
        assert listing["condition"]
        assert listing["price"]["value"] > 0
        assert listing["price"]["currency"] in ("USD", "GBP")
        assert str(listing["price"]["value"]).split(".")[0] in listing["price"]["raw"].replace(",", "")
        assert _nothing_empty(listing)


def _cards_counted_by_hand(html: str) -> int:
    """Without any parser: the ids in the result list's links, but for the template's."""
    start = html.index("srp-results srp-list")
    # The list ends with the page's numbers, or with the survey that stands last in it.
    end = min(
        place
        for mark in ("RIGHT_ALIGNED_MESSAGE", "BASIC_PAGINATION")
        if (place := html.find(mark, start)) > 0
    )
    body = html[start:end]
    return len(set(re.findall(r"/itm/(?:[^/\"'?]+/)?(\d{9,15})\?", body)) - {"123456"})


def _nothing_empty(value: Any) -> bool:
    if isinstance(value, dict):
        return bool(value) and all(_nothing_empty(one) for one in value.values())
    if isinstance(value, list):
        return bool(value) and all(_nothing_empty(one) for one in value)
    return value is not None and value != ""


@pytest.mark.parametrize("name", [name for name in SEARCHES if "2021" not in name])
def test_the_ids_in_the_links_are_those_of_the_cards(name: str) -> None:
    tree = LexborHTMLParser(real(name).read_bytes())
    marked = [node.attributes["data-listingid"] for node in tree.css("ul.srp-results > li[data-listingid]")]
    assert [listing["epid"] for listing in real_item(name)["search_results"]] == marked


@pytest.mark.parametrize("name", PRODUCTS)
def test_the_price_for_machines_is_the_price_that_is_shown(name: str) -> None:
    html, offer = real(name).read_text(encoding="utf-8"), real_item(name)["offer"]
    declared = re.findall(
        r'(?:itemprop="price"[^>]*content="|"price":"|"priceCurrency":"[A-Z]{3}","price":")([\d.]+)"', html
    )
    shown = {offer["price"], offer.get("converted", {}).get("value")}
    assert shown & {float(price) for price in declared}, (shown, declared)


@pytest.mark.parametrize("name", PRODUCTS)
def test_no_field_of_a_product_is_empty(name: str) -> None:
    item = real_item(name)
    assert _nothing_empty(item)
    assert item["product"]["image_count"] == len(item["product"]["images"])
    assert all(image["link"].startswith("https://i.ebayimg.com/") for image in item["product"]["images"])


@pytest.mark.parametrize("name", LEGACY)
def test_a_page_of_2021_agrees_with_the_annotators(name: str) -> None:
    item = real_item(name)
    annotated = orjson.loads(real(name).with_suffix(".expected.json").read_bytes())
    ours = _as_annotated(item)
    assert not {
        key: (value, ours[key]) for key, value in annotated.items() if ours[key] not in (value, [value])
    }


def _as_annotated(item: Item) -> dict[str, Any]:
    """Our fields by the annotators' names. Where a listing names no brand they took the seller's name for it."""
    product, offer = item["product"], item["offer"]
    in_stock = ["InStock"] if item["stock_status"]["status"] == "in_stock" else ["OutOfStock"]
    return {
        "InStock": in_stock,
        "availability": in_stock,
        "brand": [product.get("brand", item["seller"]["name"])],
        "currency": [offer["symbol"]],
        "mpn": [product.get("mpn")],
        "price": [f"{offer['price']:g}"],
        "sku": [product["epid"]],
        "url": [product["link"]],
    }


@pytest.mark.parametrize("type_", ["search", "product"])
def test_a_real_block_page_is_blocked(type_: str) -> None:
    pages = sorted((REAL / "blocked").glob("*.html"))
    assert len(pages) >= 2
    for page in pages:
        with pytest.raises(ScrapeError) as refused:
            read({"type": type_, "epid": "100000000001", "search_term": "tea"}, page.read_bytes())
        assert refused.value.code == "blocked", page.name
        assert refused.value.retryable


def test_a_real_page_of_one_kind_is_none_of_the_other() -> None:
    for name in SEARCHES:
        with pytest.raises(ScrapeError) as refused:
            read({"type": "product", "epid": "100000000001"}, real(name).read_bytes())
        assert refused.value.code == "unexpected_page"
    for name in PRODUCTS:
        with pytest.raises(ScrapeError) as refused:
            read({"type": "search", "search_term": "tea"}, real(name).read_bytes())
        assert refused.value.code == "unexpected_page"


def test_only_the_templates_of_a_page_are_marked_as_advertisements_when_no_listing_is() -> None:
    # Every card of these pages carries the word; it is drawn where it can be seen on one template alone.
    for name in ("srp-us-pokemon-2026-07", "srp-seller-items-2026-07"):
        assert {listing["sponsored"] for listing in real_item(name)["search_results"]} == {False}
    advertised = [
        one["position"] for one in real_item("srp-warhammer-2021-01")["search_results"] if one["sponsored"]
    ]
    assert len(advertised) == 11
    assert advertised[:2] == [1, 2]
