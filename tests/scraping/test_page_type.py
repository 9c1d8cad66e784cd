"""The page type and its selectors."""

from pathlib import Path
from typing import Any

import pytest

from scraping.errors import BadParameter, ScrapeError
from scraping.messages import Item, PageResponse
from scraping.request_types import REQUEST_TYPES
from tests.scraping.cases import REAL_PAGES, cases, needs_real_pages, read_json

PAGE = REQUEST_TYPES["page"]
URL = "https://tea.example/catalogue"


def read(html: str | bytes, /, **params: Any) -> Item:
    checked = PAGE.parameters.check({"type": "page", "url": URL, **params})
    body = html.encode() if isinstance(html, str) else html
    item = PAGE.read(checked, PageResponse(URL, 200, {"content-type": "text/html; charset=utf-8"}, body))
    assert isinstance(item, dict)  # and not another page to get
    return item


@pytest.mark.parametrize("case", cases("page"))
def test_a_page_gives_its_item(case: Path) -> None:
    params = PAGE.parameters.check(read_json(case / "params.json"))
    response = PageResponse(
        params["url"], 200, {"content-type": "text/html; charset=utf-8"}, (case / "page.html").read_bytes()
    )
    assert PAGE.read(params, response) == read_json(case / "item.json")


def test_the_html_comes_only_when_asked_for() -> None:
    assert "html" not in read("<p>x")
    assert read("<p>é", html="true")["html"] == "<p>é"


def test_a_page_without_title_has_none() -> None:
    assert read("<svg><title></title></svg>")["title"] is None
    assert read("")["title"] is None


def test_the_pages_title_goes_before_a_drawings() -> None:
    assert read("<body><svg><title>icon</title></svg></body>")["title"] == "icon"
    assert read("<head><title>Shop</title></head><svg><title>icon</title></svg>")["title"] == "Shop"


@pytest.mark.parametrize(
    ("extract", "field", "says"),
    [
        ("not json", "extract", "JSON object"),
        (["h1"], "extract", "JSON object"),
        ({"a": "p:nth-child("}, "extract.a", "no CSS selector"),
        ({"a": "//p"}, "extract.a", "is an XPath"),
        ({"a": {"xpath": "//p["}}, "extract.a", "not an XPath"),
        ({"a": {"xpath": "re:test(., 'x')"}}, "extract.a", "not an XPath"),
        ({"a": {"xpath": "document('file:///etc/passwd')"}}, "extract.a", "not an XPath"),
        ({"a": {"xpath": "$secret"}}, "extract.a", "not an XPath"),
        ({"a": {"xpath": "//p[count(//p) > 1]"}}, "extract.a", "whole page"),
        ({"a": {"xpath": "//p[a and //p]"}}, "extract.a", "whole page"),
        ({"a": {"xpath": "//p/following::b"}}, "extract.a", "without a position"),
        ({"a": {"xpath": "//*" * 7}}, "extract.a", "steps of any depth"),
        ({"a": {"xpath": "//p" + " " * 1000}}, "extract.a", None),
        ({"a": {"xpath": "x" * 1001}}, "extract.a", "longer than"),
        ({"a": {"css": "p", "xpath": "//p"}}, "extract.a", "either css or xpath"),
        ({"a": {"type": "text"}}, "extract.a", "either css or xpath"),
        ({"a": 5}, "extract.a", "use a CSS selector"),
        ({"a": {"css": ""}}, "extract.a.css", "use a text"),
        ({"a": {"css": "p", "tpye": "text"}}, "extract.a.tpye", "use the options"),
        ({"a": {"css": "p", "type": "money"}}, "extract.a.type", "use one of text"),
        ({"a": {"css": "p", "list": "maybe"}}, "extract.a.list", "true or false"),
        ({"a": {"css": "p", "fields": {}}}, "extract.a.fields", "named selectors"),
        ({"a": {"css": "p", "type": "text", "fields": {"b": "i"}}}, "extract.a", "neither attribute nor type"),
        ({"a": {"css": "p", "fields": {"b": "i["}}}, "extract.a.b", "no CSS selector"),
        ({"a": {"css": "p", "fields": {"b": {"xpath": "//i"}}}}, "extract.a.b", "begins with ./"),
        ({"a": {"css": "p", "fields": {"b": "schema.org"}}}, "extract.a.b", "whole page"),
        ({"a": {"css": "p:lexbor-contains('x')", "fields": {"b": {"xpath": "i"}}}}, "extract.a", "together with XPath"),
        ({str(n): "p" for n in range(201)}, "extract", "at most 200 fields"),
    ],
)  # fmt: skip
def test_a_wrong_extract_is_refused_with_its_field(extract: Any, field: str, says: str | None) -> None:
    if says is None:  # the border of what is taken
        read("<p>x", extract={"a": {"xpath": "//p" + " " * 900}})
        return
    with pytest.raises(BadParameter, match=says) as refused:
        read("<p>x", extract=extract)
    assert refused.value.field == field


def test_an_extract_that_nests_too_deep_is_refused() -> None:
    extract: dict[str, Any] = {"a": "p"}
    for _ in range(4):
        extract = {"a": {"css": "div", "fields": extract}}
    with pytest.raises(BadParameter, match="nest at most 4 deep"):
        read("<p>x", extract=extract)


def test_an_extract_may_come_as_text() -> None:
    assert read("<h1>Tea</h1>", extract='{"name": "h1"}')["extracted"] == {"name": "Tea"}


def test_a_required_selector_that_finds_nothing_fails_with_its_name() -> None:
    with pytest.raises(ScrapeError, match=r"'price' \(\.price\)") as failed:
        read("<p>x", extract={"price": {"css": ".price", "required": True}})
    assert failed.value.code == "unexpected_page"


def test_schema_org_stands_alone_or_beside_selectors() -> None:
    html = '<h1>Pot</h1><script type="application/ld+json">{"@type": "Product", "name": "Pot", "sku": "1"}</script>'
    products = [{"name": "Pot", "sku": "1"}]
    assert read(html, extract="schema.org")["extracted"]["schema_org"]["products"] == products
    mixed = read(html, extract={"title": "h1", "schema.org": True, "data": "schema.org"})["extracted"]
    assert mixed["title"] == "Pot"
    assert mixed["schema_org"]["products"] == mixed["data"]["products"] == products


def test_a_selector_does_not_find_the_node_it_stands_in() -> None:
    extract = {
        "outer": {"css": "div.a", "list": True, "fields": {"inner": {"css": "div", "attribute": "id"}}}
    }
    html = '<div class="a" id="1"><div id="2"></div></div><div class="a" id="3"></div>'
    assert read(html, extract=extract)["extracted"] == {"outer": [{"inner": "2"}, {"inner": None}]}


def test_the_first_node_that_says_something_counts() -> None:
    html = '<p class="a"></p><i class="a"> </i><b class="a">x</b><b class="a">y</b>'
    assert read(html, extract={"a": ".a", "b": {"xpath": "//*[@class='a']"}})["extracted"] == {
        "a": "x",
        "b": "x",
    }


@pytest.mark.parametrize("selector", [{"css": "div"}, {"xpath": "//div"}])
def test_a_page_nested_without_end_is_read(selector: dict[str, str]) -> None:
    value = read("<div>" * 20_000 + "deep", extract={"a": selector})["extracted"]["a"]
    assert value in ("deep", None)  # libxml2 leaves out what lies below 256 levels


def test_selectors_cannot_make_a_page_into_endless_text() -> None:
    html = "<div>" + "x" * 1000 + "<div>" * 3000 + "y" * 20_000
    with pytest.raises(ScrapeError, match="characters"):
        read(html, extract={"a": {"css": "div", "list": True}})


def test_a_table_of_css_and_xpath_says_the_same() -> None:
    html = "<table><tr><td>a</td><td>1</td></tr><tr><td>b</td><td>2</td></tr></table>"
    css = {
        "css": "tr",
        "list": True,
        "fields": {"k": "td:first-child", "v": {"css": "td:nth-child(2)", "type": "integer"}},
    }
    xpath = {
        "xpath": "//tr",
        "list": True,
        "fields": {"k": "td:first-child", "v": {"xpath": "td[2]", "type": "integer"}},
    }
    rows = [{"k": "a", "v": 1}, {"k": "b", "v": 2}]
    assert read(html, extract={"css": css, "xpath": xpath})["extracted"] == {"css": rows, "xpath": rows}


def test_headers_and_language_are_sent() -> None:
    params = PAGE.parameters.check(
        {"type": "page", "url": URL, "headers": '{"X-Shop": 1}', "language": "de_DE"}
    )
    assert PAGE.first(params).headers == {"x-shop": "1", "accept-language": "de-DE"}


@pytest.mark.parametrize("headers", [{"a b": "x"}, {"a": "x\r\nb: y"}, {"a": ["x"]}, {"a": "\u20ac"}, "x"])
def test_a_header_that_cannot_be_sent_is_refused(headers: Any) -> None:
    with pytest.raises(BadParameter, match="'headers'"):
        PAGE.parameters.check({"type": "page", "url": URL, "headers": headers})


@needs_real_pages
def test_a_real_listing_gives_a_list_of_books() -> None:
    html = (REAL_PAGES / "generic/products/books-toscrape-category.html").read_bytes()
    fields = {
        "title": {"css": "h3 a", "attribute": "title"},
        "price": {"css": ".price_color", "type": "price"},
        "link": {"css": "h3 a", "type": "url"},
        "in_stock": {"css": ".availability .icon-ok", "type": "boolean"},
    }
    books = read(html, extract={"books": {"css": "article.product_pod", "list": True, "fields": fields}})[
        "extracted"
    ]["books"]
    assert len(books) >= 10
    assert all(book["price"]["currency"] == "GBP" and book["price"]["value"] > 0 for book in books)
    assert all(book["title"] and book["link"].startswith("https://tea.example/") for book in books)


@needs_real_pages
def test_a_real_page_of_quotes_is_read_by_xpath() -> None:
    html = (REAL_PAGES / "generic/other/quotes-toscrape-page1.html").read_bytes()
    fields = {
        "by": {"xpath": ".//*[@itemprop='author']"},
        "tags": {"xpath": ".//a[@class='tag']", "list": True},
    }
    quotes = read(
        html, extract={"quotes": {"xpath": "//div[@class='quote']", "list": True, "fields": fields}}
    )
    found = quotes["extracted"]["quotes"]
    assert len(found) == 10
    assert found[0]["by"] == "Albert Einstein"
    assert "change" in found[0]["tags"]
