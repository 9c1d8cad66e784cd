"""Structured data: our small pages, one a syntax or a fault; and real shops' and papers' pages."""

from pathlib import Path
from typing import Any

import pytest

from scraping.pages.structured import read_structured
from tests.scraping.cases import REAL_PAGES, cases, needs_real_pages, read_json

URL = "https://tea.example/catalogue"


@pytest.mark.parametrize("case", cases("structured"))
def test_a_page_gives_its_item(case: Path) -> None:
    assert read_structured((case / "page.html").read_text(encoding="utf-8"), URL) == read_json(
        case / "item.json"
    )


def read_real(path: str) -> dict[str, Any]:
    return read_structured(
        (REAL_PAGES / path).read_text(encoding="utf-8", errors="replace"), "https://shop.example/"
    )


# What the saved pages' expectations call the currency, and the code we give; and where those expectations were taken
# from the visible page although the structured data says something else.
CURRENCIES = {"£": {"GBP"}, "$": {"USD", "CAD"}, "Lei": {"RON"}, "zł": {"PLN"}, "EUR": {"EUR"}}
SKU_ELSEWHERE = {
    "boscovs.com-1-2021",
    "emag.ro-1-2021",
    "johnlewis.com-1-2021",
    "zara.com-1-2021",
    "argos.co.uk-1-2021",
}
BRAND_ELSEWHERE = {"argos.co.uk-1-2021"}
REAL_PRODUCTS = sorted(
    path.name.removesuffix(".expected.json") for path in REAL_PAGES.glob("generic/products/*.expected.json")
)


@needs_real_pages
def test_there_are_real_products_to_read() -> None:
    assert len(REAL_PRODUCTS) >= 8


@pytest.mark.parametrize("name", REAL_PRODUCTS)
def test_a_real_product_page_gives_price_currency_brand_and_number(name: str) -> None:
    expected = read_json(REAL_PAGES / f"generic/products/{name}.expected.json")
    product = read_real(f"generic/products/{name}.html")["products"][0]
    offer = product["offers"][0]
    assert product["name"]
    assert offer["price"] == float(expected["price"][0])
    assert offer["currency"] in CURRENCIES[expected["currency"][0]]
    if "brand" in expected and name not in BRAND_ELSEWHERE:
        assert product["brand"] in expected["brand"]
    if name not in SKU_ELSEWHERE:
        assert product["sku"] in expected["sku"]


@needs_real_pages
def test_every_size_of_a_real_shoe_is_a_product_with_its_own_stock() -> None:
    products = read_real("generic/products/zara.com-1-2021.html")["products"]
    assert len({product["sku"] for product in products}) == len(products) == 8
    assert {product["offers"][0]["availability"] for product in products} == {"InStock", "OutOfStock"}


@needs_real_pages
def test_a_real_catalogue_page_gives_each_sellers_offer() -> None:
    (product,) = read_real("ebay/product/p-catalog-product-hp423a-2026-07.html")["products"]
    assert [offer["price"] for offer in product["offers"]] == [29.99, 69.95]
    assert product["brand"] == "HP"
    assert product["mpn"] == "423A"


@needs_real_pages
def test_a_real_home_improvement_page_gives_product_rating_and_trail() -> None:
    item = read_real("homedepot/product/pip-aisle-instock-sale-2026-01.html")
    (product,) = item["products"]
    assert product["brand"] == "DEWALT"
    assert product["gtin"] == "0075352349916"
    assert product["offers"][0]["price"] == 299.0
    assert product["offers"][0]["currency"] == "USD"
    assert 0 < product["rating"]["value"] <= 5
    assert [step["name"] for step in item["breadcrumbs"]][:3] == ["Home", "Tools", "Power Tools"]


@needs_real_pages
def test_a_rating_with_three_decimals_is_not_taken_for_thousands() -> None:
    (product,) = read_real("homedepot/product/pip-out-of-stock-2026-01.html")["products"]
    assert 0 < product["rating"]["value"] <= 5


@needs_real_pages
@pytest.mark.parametrize(
    ("page", "headline", "author", "published"),
    [
        ("albawaba.com", "Sweden Drops Its Investigation", "Al-Bawaba", "2019-11-20T07:50:10+00:00"),
        ("aljazeera.com", "NASA’s commercial moon shot", "Laura Winter", "2019-11-19T07:09:00+00:00"),  # noqa: RUF001 - the page's own apostrophe
        ("blog.givewell.org", "A grant to Evidence Action Beta", None, "2018-10-09T15:46:39-05:00"),
    ],
)
def test_a_real_article_gives_headline_author_and_date(
    page: str, headline: str, author: str | None, published: str
) -> None:
    (article,) = read_real(f"generic/articles/{page}.html")["articles"]
    assert article["headline"].startswith(headline)
    assert article.get("author") == author
    assert article["date_published"] == published


@needs_real_pages
def test_every_real_page_can_be_read() -> None:
    pages = sorted(REAL_PAGES.rglob("*.html"))
    assert pages
    for page in pages:
        item = read_structured(page.read_text(encoding="utf-8", errors="replace"), "https://shop.example/")
        assert list(item) == ["products", "offers", "articles", "breadcrumbs"]


@pytest.mark.parametrize(
    "page",
    [
        "",
        "\x00\x01\x02",
        "<" * 10_000,
        "<div>" * 20_000,
        '<script type="application/ld+json">' + "[" * 50_000,
        '<script type="application/ld+json">{"@type":"Product","name":'
        + '{"@type":"Product","name":' * 5_000,
        '<script type="application/ld+json">{"@id":"a","@type":"Product","name":"x","offers":{"@id":"a"}}</script>',
        '<div itemscope itemtype="http://schema.org/Product" id="a" itemref="a"><b itemprop="name">x</b></div>',
        '<div typeof="schema:Product" vocab="http://schema.org/" resource="::">',
    ],
)
def test_a_broken_page_raises_nothing(page: str) -> None:
    assert list(read_structured(page, URL)) == ["products", "offers", "articles", "breadcrumbs"]


@pytest.mark.timeout(60)  # without the limits this takes many minutes
@pytest.mark.parametrize("comment", ["/*", "<!--", '"', "//"])
def test_a_script_full_of_comments_without_end_does_not_stall(comment: str) -> None:
    for length in (90_000, 3_000_000):
        page = '<script type="application/ld+json">{' + comment * (length // len(comment)) + "</script>"
        assert read_structured(page, URL)["products"] == []
