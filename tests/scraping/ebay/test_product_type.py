"""`product`: which page it asks for, by listing number, GTIN or URL, and where that leads."""

import asyncio
from typing import Any

import pytest

from scraping.errors import BadParameter, ScrapeError
from scraping.messages import Outcome, PageRequest, PageResponse
from scraping.request_types import REQUEST_TYPES
from scraping.scraper import Scraper
from tests.scraping.cases import FIXTURES
from tests.scraping.ebay.pages import HTML, read

PRODUCT = REQUEST_TYPES["product"]


def url(**params: Any) -> str:
    return PRODUCT.first(PRODUCT.parameters.check({"type": "product", **params})).url


def fixture(name: str) -> bytes:
    return (FIXTURES / "ebay" / name / "page.html").read_bytes()


class Pages:
    """Stands for the site: a page for each URL, else 404; remembers what was asked for."""

    def __init__(self, pages: dict[str, bytes]) -> None:
        self.pages = pages
        self.asked: list[str] = []

    async def fetch(self, request: PageRequest) -> PageResponse:
        self.asked.append(request.url)
        body = self.pages.get(request.url)
        return PageResponse(request.url, 404 if body is None else 200, HTML, body or b"<h1>gone</h1>")

    async def close(self) -> None:
        pass


def scrape(site: Pages, **params: Any) -> Outcome:
    async def once() -> Outcome:
        return await Scraper(fetchers={"http": site}).scrape({"type": "product", **params})

    return asyncio.run(once())


def test_a_number_asks_for_its_listing() -> None:
    assert url(epid=233599133856) == "https://www.ebay.com/itm/233599133856"
    assert url(epid="233599133856", ebay_domain="ebay.co.uk") == "https://www.ebay.co.uk/itm/233599133856"
    assert url(url="https://www.ebay.de/p/123?iid=4") == "https://www.ebay.de/p/123?iid=4"
    assert (
        url(gtin="4006381333931", ebay_domain="ebay.de")
        == "https://www.ebay.de/sch/i.html?_nkw=4006381333931&_sacat=0"
    )


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({}, "epid"),
        ({"epid": "abc"}, "epid"),
        ({"gtin": "12"}, "gtin"),
        ({"epid": "233599133856", "ebay_domain": "ebay.jp"}, "ebay_domain"),
        ({"url": "https://www.lowes.com/pd/1"}, "url"),
        ({"epid": "233599133856", "customer_zipcode": "10001"}, "customer_zipcode"),
    ],
)
def test_an_odd_parameter_is_refused_by_its_name(params: dict[str, Any], field: str) -> None:
    with pytest.raises(BadParameter) as refused:
        PRODUCT.parameters.check({"type": "product", **params})
    assert refused.value.field == field
    if field == "customer_zipcode":
        assert "should not be specified when type=product" in str(refused.value)


CARD = (
    "<li class=s-card data-listingid={0}><a href=https://www.ebay.com/itm/{0}><div class=s-card__title><span>Clock</span></div></a>"
    "<div class=s-card__attribute-row><span class=s-card__price>$1.00</span></div></li>"
)


def results(*cards: str, total: int) -> bytes:
    return f"<h1 class=srp-controls__count-heading><span class=BOLD>{total}</span> results</h1><ul class=srp-results>{''.join(cards)}</ul>".encode()


def test_a_gtin_leads_over_the_search_to_the_first_listing() -> None:
    search = "https://www.ebay.com/sch/i.html?_nkw=4006381333931&_sacat=0"
    site = Pages(
        {
            search: results(CARD.format(170000000001), CARD.format(170000000002), total=2),
            "https://www.ebay.com/itm/170000000001": fixture("product-auction"),
        }
    )
    outcome = scrape(site, gtin="4006381333931")
    assert outcome.success, outcome.error
    assert site.asked == [search, "https://www.ebay.com/itm/170000000001"]
    assert outcome.result["product"]["title"] == "Brass Carriage Clock, 8 day"
    assert [page["ebay_url"] for page in outcome.result["request_metadata"]["pages"]] == site.asked


def test_a_gtin_that_matches_nothing_is_not_found() -> None:
    search = "https://www.ebay.com/sch/i.html?_nkw=4006381333931&_sacat=0"
    # What matches only part of the words is no match for a code.
    rewritten = (
        "<li class='srp-river-answer srp-river-answer--REWRITE_START'>Results matching fewer words</li>"
    )
    for body in (results(total=0), results(rewritten, CARD.format(170000000002), total=0)):
        outcome = scrape(Pages({search: body}), gtin="4006381333931")
        assert outcome.success
        assert outcome.result["message"] == "Product not found."
        assert "product" not in outcome.result


@pytest.mark.parametrize("page", [None, "refused-missing-page", "refused-removed-listing"])
def test_a_missing_listing_is_a_success_that_says_so(page: str | None) -> None:
    pages = {} if page is None else {"https://www.ebay.com/itm/233599133856": fixture(page)}
    outcome = scrape(Pages(pages), epid="233599133856")
    assert outcome.success
    assert outcome.result["message"] == "Product not found."
    assert outcome.result["request_metadata"]["ebay_url"] == "https://www.ebay.com/itm/233599133856"


@pytest.mark.parametrize(
    ("page", "code"),
    [
        ("refused-captcha", "blocked"),
        ("refused-challenge", "blocked"),
        ("refused-home-page", "unexpected_page"),
        ("refused-empty-shell", "unexpected_page"),
    ],
)
def test_another_page_is_a_failure_and_no_empty_success(page: str, code: str) -> None:
    outcome = scrape(Pages({"https://www.ebay.com/itm/233599133856": fixture(page)}), epid="233599133856")
    assert outcome.error is not None
    assert outcome.error.code == code
    assert outcome.result["request_info"]["success"] is False


def test_a_page_of_another_product_says_where_it_led() -> None:
    item = read({"type": "product", "epid": "170000000009"}, fixture("product-auction"))
    assert isinstance(item, dict)
    assert (item["redirected"], item["redirected_epid"]) == (True, "170000000001")
    assert item["redirected_link"] == "https://www.ebay.com/itm/170000000001"
    same = read({"type": "product", "epid": "170000000001"}, fixture("product-auction"))
    assert isinstance(same, dict)
    assert "redirected" not in same


def test_a_search_page_is_no_product_unless_a_gtin_was_looked_up() -> None:
    body = results(CARD.format(170000000001), total=1)
    with pytest.raises(ScrapeError) as refused:
        read({"type": "product", "epid": "170000000001", "gtin": "4006381333931"}, body)
    assert refused.value.code == "unexpected_page"
    assert read({"type": "product", "gtin": "4006381333931"}, body) == PageRequest(
        "https://www.ebay.com/itm/170000000001"
    )


def test_broken_data_for_machines_leaves_what_is_shown() -> None:
    body = fixture("product-auction").replace(
        b'{"@context": "https://schema.org", "@type": "Product"',
        b'{"@context": "https://schema.org", "@type": [}',
    )
    item = read({"type": "product", "epid": "170000000001"}, body)
    assert isinstance(item, dict)
    assert item["offer"]["price"] == 120
    assert item["stock_status"] == {"status": "in_stock"}
    assert item["condition"]["name"] == "used"


def test_links_that_are_none_and_data_that_is_odd_do_not_stop_the_reading() -> None:
    page = (
        "<link rel=canonical href='http://[/p/1234567890?iid=x'><h1 class=x-item-title__mainTitle><span class=ux-textspans>Ding</span></h1>"
        "<iframe id=desc_ifr src='http://[bad?seller=x'></iframe>"
        '<script>x = {"MSKU": {"selectMenus": [null, "a", {"displayLabel": "Size", "menuItemValueIds": [1]}],'
        ' "menuItemMap": {"1": {"valueName": "M", "matchingVariationIds": [7]}}, "variationsMap": {"7": {"quantity": null}}}}</script>'
    )
    item = read({"type": "product", "epid": "100000000001"}, page)
    assert isinstance(item, dict)
    assert item["product"]["title"] == "Ding"
    size = {"id": "7", "title": "M", "attributes": [{"name": "Size", "value": "M"}]}
    assert item["product"]["variants"] == [size]
