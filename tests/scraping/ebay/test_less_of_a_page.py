"""Real pages with a part missing: a field falls back or is absent, and never says something else."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from scraping.errors import ScrapeError
from scraping.messages import Item
from tests.scraping.cases import needs_real_pages, read_json
from tests.scraping.ebay.pages import EXPECTED, read, real, real_item

pytestmark = needs_real_pages

SEARCHES = ("srp-us-pokemon-2026-07", "srp-uk-blu-ray-2025-08", "srp-warhammer-2021-01")
PRODUCTS = ("itm-rtx5090-2025-06", "p-catalog-product-hp423a-2026-07", "ebay.co.uk-1-2021", "ebay.fr-1-2021")
# What a field may be instead when its first source is gone: the same thing from the page's data.
OTHER_SOURCES = {
    "offer.price", "offer.currency", "offer.raw", "offer.symbol", "top_picks[].price.raw", "condition.raw", "stock_status.raw",
    "stock_status.quantity_raw", "shipping.deliveryEstimate", "promotion.why_buy[]", "product.images[].link", "product.primary_image",
    "product.image_count", "product.images", "product.attributes",
}  # fmt: skip


def changes(whole: Any, part: Any, where: str = "") -> Iterator[str]:
    """Where `part` says something else than `whole`; what it lacks does not count, nor does a flag that nothing raised."""
    if isinstance(whole, dict) and isinstance(part, dict):
        for key in part:
            yield from changes(whole.get(key), part[key], f"{where}.{key}" if where else key)
    elif isinstance(whole, list) and isinstance(part, list) and len(whole) == len(part):
        for one, other in zip(whole, part, strict=True):
            yield from changes(one, other, f"{where}[]")
    elif whole != part and part is not False:
        yield where


def read_changed(name: str, html: str) -> Item | None:
    asked = read_json(EXPECTED / f"{name}.json")
    try:
        item = read({"type": asked["type"], "url": asked["url"]}, html)
    except ScrapeError as refused:
        if refused.code not in ("unexpected_page", "not_found"):
            raise
        return None
    assert isinstance(item, dict)
    return item


def listings(item: Item) -> dict[str, Item]:
    return {listing["epid"]: listing for listing in item["search_results"]}


@pytest.mark.parametrize("name", SEARCHES)
@pytest.mark.parametrize("tenths", [2, 4, 5, 6, 8])
def test_a_search_cut_off_has_fewer_listings_but_no_other_ones(name: str, tenths: int) -> None:
    html = real(name).read_text(encoding="utf-8")
    whole = real_item(name)
    part = read_changed(name, html[: len(html) * tenths // 10])
    if part is None:
        return
    known = listings(whole)
    for epid, listing in listings(part).items():
        assert not list(changes(known[epid], listing)), epid
    # It must not pass for the last page.
    assert part["pagination"]["has_next_page"] == whole["pagination"]["has_next_page"]


@pytest.mark.parametrize("name", PRODUCTS)
@pytest.mark.parametrize("tenths", [2, 3, 4, 6, 8])
def test_a_product_cut_off_says_less_but_nothing_else(name: str, tenths: int) -> None:
    html = real(name).read_text(encoding="utf-8")
    part = read_changed(name, html[: len(html) * tenths // 10])
    if part is not None:
        assert set(changes(real_item(name), part)) <= OTHER_SOURCES | {"offers"}


@pytest.mark.parametrize("name", PRODUCTS)
def test_a_product_without_its_data_for_machines_says_the_same(name: str) -> None:
    html = re.sub(r"<script.*?</script>", "", real(name).read_text(encoding="utf-8"), flags=re.DOTALL)
    part = read_changed(name, html)
    assert part is not None
    assert part["offer"] == real_item(name)["offer"]
    found = set(changes(real_item(name), part))
    assert found <= {"product.images[].link", "product.primary_image", "stock_status.raw"}


@pytest.mark.parametrize("name", PRODUCTS)
@pytest.mark.parametrize(
    "mark",
    [
        "x-price-primary", "x-item-condition-text", "ux-textspans", "ux-labels-values__labels", "x-sellercard-atf", "ux-image-carousel-item",
        "x-prp-all-listings", "x-prp-product-details", "prcIsum", "prcIsum_bidPrice", "mbg-nw", "qtySubTxt", "vi-itm-cond", "itemAttr", "fshippingCost",
    ],
)  # fmt: skip
def test_a_product_without_one_class_has_less_or_the_same(name: str, mark: str) -> None:
    html = re.sub(rf"(?<![\w-]){mark}(?![\w-])", "other", real(name).read_text(encoding="utf-8"))
    part = read_changed(name, html)
    if part is not None:
        assert set(changes(real_item(name), part)) <= OTHER_SOURCES


@pytest.mark.parametrize("name", SEARCHES)
@pytest.mark.parametrize(
    "mark",
    ["s-card__price", "s-item__price", "s-card__subtitle", "s-card__sep", "su-card-container__attributes__secondary", "s-card__time", "s-item__subtitle"],
)  # fmt: skip
def test_a_search_without_one_class_has_less_or_the_same(name: str, mark: str) -> None:
    html = re.sub(rf"(?<![\w-]){mark}(?![\w-])", "other", real(name).read_text(encoding="utf-8"))
    part = read_changed(name, html)
    assert part is not None
    assert not set(changes(real_item(name), part))


@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_whose_cards_are_built_otherwise_is_refused_and_no_empty_success(name: str) -> None:
    html = real(name).read_text(encoding="utf-8")
    assert read_changed(name, re.sub(r"s-(card|item)__title|role=\"?heading\"?", "other", html)) is None


@pytest.mark.parametrize("name", SEARCHES)
def test_the_next_page_is_found_by_the_pages_numbers_too(name: str) -> None:
    html = real(name).read_text(encoding="utf-8").replace("pagination__next", "other")
    part = read_changed(name, html)
    assert part is not None
    assert part["pagination"]["has_next_page"] == real_item(name)["pagination"]["has_next_page"]


def test_the_trail_of_a_product_is_one_wherever_it_stands() -> None:
    for name in ("itm-rtx5090-2025-06", "p-catalog-product-hp423a-2026-07"):
        html = real(name).read_text(encoding="utf-8").replace("BreadcrumbList", "Other")
        part = read_changed(name, html)
        assert part is not None
        assert part["product"]["categories"] == real_item(name)["product"]["categories"]


def test_the_pictures_are_those_that_are_shown_and_no_films_still() -> None:
    # Its data names five, the second of them the still of a film; the page shows "Picture 1 of 9".
    product = real_item("p-catalog-product-hp423a-2026-07")["product"]
    assert product["image_count"] == 9
    assert not [image for image in product["images"] if "2VAAAeSw77xp-pwu" in image["link"]]
