"""`search`: what its parameters ask eBay for, and which page comes next."""

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from scraping.errors import BadParameter
from scraping.messages import PageRequest, PageResponse
from scraping.request_types import REQUEST_TYPES
from tests.scraping.ebay.pages import HTML

SEARCH = REQUEST_TYPES["search"]


def url(**params: Any) -> str:
    return SEARCH.first(SEARCH.parameters.check({"type": "search", **params})).url


def query(**params: Any) -> dict[str, str]:
    return {
        key: values[0] for key, values in parse_qs(urlsplit(url(search_term="tea", **params)).query).items()
    }


def test_a_search_term_asks_its_site() -> None:
    assert url(search_term="café crème & co", ebay_domain="ebay.fr") == (
        "https://www.ebay.fr/sch/i.html?_nkw=caf%C3%A9+cr%C3%A8me+%26+co&_sacat=0"
    )
    assert urlsplit(url(search_term="x", ebay_domain="www.ebay.de")).netloc == "www.ebay.de"
    assert urlsplit(url(search_term="x", ebay_domain="benl.ebay.be")).netloc == "www.benl.ebay.be"
    assert query() == {"_nkw": "tea", "_sacat": "0"}
    assert url(category_id=31388) == "https://www.ebay.com/sch/i.html?_nkw=&_sacat=31388"


@pytest.mark.parametrize(
    ("params", "field", "value"),
    [
        ({"category_id": "31388"}, "_sacat", "31388"),
        ({"listing_type": "buy_it_now"}, "LH_BIN", "1"),
        ({"listing_type": "auction"}, "LH_Auction", "1"),
        ({"listing_type": "accepts_offers"}, "LH_BO", "1"),
        ({"sort_by": "best_match"}, "_sop", "12"),
        ({"sort_by": "price_high_to_low"}, "_sop", "3"),
        ({"sort_by": "price_low_to_high"}, "_sop", "2"),
        ({"sort_by": "price_high_to_low_plus_postage"}, "_sop", "16"),
        ({"sort_by": "price_low_to_high_plus_postage"}, "_sop", "15"),
        ({"sort_by": "newly_listed"}, "_sop", "10"),
        ({"sort_by": "ending_soonest"}, "_sop", "1"),
        ({"condition": "new"}, "LH_ItemCondition", "1000"),
        ({"condition": "used"}, "LH_ItemCondition", "3000"),
        ({"condition": "open_box"}, "LH_ItemCondition", "1500"),
        ({"condition": "manufacturer_refurbished"}, "LH_ItemCondition", "2000"),
        ({"condition": "seller_refurbished"}, "LH_ItemCondition", "2010|2020|2030|2500"),
        ({"condition": "parts_or_not_working"}, "LH_ItemCondition", "7000"),
        ({"condition": "not_specified"}, "LH_ItemCondition", "10"),
        ({"num": 120}, "_ipg", "120"),
        ({"page": "3"}, "_pgn", "3"),
        ({"sold_items": "true"}, "LH_Sold", "1"),
        ({"sold_items": "true"}, "LH_Complete", "1"),
        ({"completed_items": True}, "LH_Complete", "1"),
        ({"authorized_sellers": True}, "LH_AS", "1"),
        ({"returns_accepted": True}, "LH_RPA", "1"),
        ({"free_returns": True}, "LH_FR", "1"),
        ({"authenticity_verified": True}, "LH_AV", "1"),
        ({"deals_and_savings": True}, "LH_Savings", "1"),
        ({"sale_items": True}, "LH_SaleItems", "1"),
        ({"customer_location": "ca"}, "_fcid", "2"),
        ({"customer_zipcode": "M6H 2W9"}, "_stpos", "M6H 2W9"),
    ],
)
def test_each_parameter_is_a_field_of_the_url(params: dict[str, Any], field: str, value: str) -> None:
    assert query(**params)[field] == value
    assert field not in query() or field == "_sacat"


def test_what_asks_for_everything_adds_no_field() -> None:
    assert query(listing_type="all", condition="all", sold_items="false", page=1) == {
        "_nkw": "tea",
        "_sacat": "0",
    }
    assert url(search_term="tea", sold_items=True, completed_items=True).count("LH_Complete") == 1


def test_facets_are_encoded_twice_as_the_site_reads_them() -> None:
    asked = url(
        search_term="sd",
        category_id="18871",
        facets="Storage Capacity=64 GB,Brand=SanDisk,Brand=Sony & Co,Type=a,,b",
    )
    fields = dict(pair.split("=", 1) for pair in urlsplit(asked).query.split("&"))
    assert fields["Storage%2520Capacity"] == "64%2520GB"
    assert fields["Brand"] == "SanDisk%7CSony%2520%2526%2520Co"
    assert unquote(unquote(fields["Type"])) == "a,b"
    assert fields["_dcat"] == "18871"


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({}, "url"),
        ({"search_term": "tea", "ebay_domain": "ebay.xx"}, "ebay_domain"),
        ({"search_term": "tea", "sort_by": "cheapest"}, "sort_by"),
        ({"search_term": "tea", "condition": "shiny"}, "condition"),
        ({"search_term": "tea", "listing_type": "raffle"}, "listing_type"),
        ({"search_term": "tea", "num": 50}, "num"),
        ({"search_term": "tea", "page": 0}, "page"),
        ({"search_term": "tea", "max_page": 101}, "max_page"),
        ({"search_term": "tea", "category_id": "abc"}, "category_id"),
        ({"search_term": "tea", "sold_items": "maybe"}, "sold_items"),
        ({"search_term": "tea", "facets": "Brand"}, "facets"),
        ({"search_term": "tea", "facets": "LH_BIN=1"}, "facets"),
        ({"search_term": "tea", "facets": ["Brand=x"]}, "facets"),
        ({"search_term": "tea", "customer_location": "mars"}, "customer_location"),
        ({"url": "https://www.ebay.example.com/sch/i.html?_nkw=tea"}, "url"),
        ({"url": "https://ebay.com.evil.example/sch/"}, "url"),
        ({"url": "ftp://www.ebay.com/sch/i.html"}, "url"),
    ],
)
def test_an_odd_parameter_is_refused_by_its_name(params: dict[str, Any], field: str) -> None:
    with pytest.raises(BadParameter) as refused:
        SEARCH.parameters.check({"type": "search", **params})
    assert refused.value.field == field


def test_a_url_is_taken_as_it_is_and_the_rest_is_ignored() -> None:
    given = "https://www.ebay.co.uk/sch/some_user/m.html?_nkw=lego&_pgn=4"
    assert url(url=given, search_term="tea", sort_by="newly_listed", num=240) == given
    assert url(url=given, page=2) == "https://www.ebay.co.uk/sch/some_user/m.html?_nkw=lego&_pgn=2"
    assert url(url="www.ebay.com/sch/i.html?_nkw=x") == "https://www.ebay.com/sch/i.html?_nkw=x"


def page(heading: str, items: str, more: str = "") -> bytes:
    return f"<h1 class=srp-controls__count-heading>{heading}</h1><ul class=srp-results>{items}{more}</ul>".encode()


CARD = (
    "<li class=s-card data-listingid={0}><a href=https://www.ebay.com/itm/{0}?x=1><div class=s-card__title><span>Tea</span></div></a>"
    "<div class=s-card__attribute-row><span class=s-card__price>$1.00</span></div></li>"
)
NEXT = '<li class=srp-river-answer><a class=pagination__next href="https://www.ebay.com/sch/i.html?_nkw=tea&_pgn=3"></a></li>'


def test_the_next_page_is_the_same_search_one_page_on() -> None:
    params = SEARCH.parameters.check(
        {"type": "search", "search_term": "tea", "page": 2, "max_page": 3, "num": "120"}
    )
    request = SEARCH.first(params)
    response = PageResponse(request.url, 200, HTML, page("300 results", CARD.format(100000000001), NEXT))
    item = SEARCH.read(params, response)
    assert not isinstance(item, PageRequest)
    assert item["pagination"] == {
        "current_page": 2,
        "total_results": 300,
        "has_next_page": True,
        "next_page": 3,
    }
    following = SEARCH.following(params, response, item)
    assert following is not None
    assert parse_qs(urlsplit(following.url).query) == {
        "_nkw": ["tea"],
        "_sacat": ["0"],
        "_ipg": ["120"],
        "_pgn": ["3"],
    }


def test_the_last_page_has_none_after_it() -> None:
    params = SEARCH.parameters.check({"type": "search", "search_term": "tea"})
    response = PageResponse(SEARCH.first(params).url, 200, HTML, page("1 result", CARD.format(100000000001)))
    item = SEARCH.read(params, response)
    assert not isinstance(item, PageRequest)
    assert SEARCH.following(params, response, item) is None


def test_a_listing_shown_twice_counts_once() -> None:
    params = SEARCH.parameters.check({"type": "search", "search_term": "tea"})
    body = page(
        "2 results", CARD.format(100000000001) + CARD.format(100000000001) + CARD.format(100000000002)
    )
    item = SEARCH.read(params, PageResponse(SEARCH.first(params).url, 200, HTML, body))
    assert not isinstance(item, PageRequest)
    assert [(one["position"], one["epid"]) for one in item["search_results"]] == [
        (1, "100000000001"),
        (2, "100000000002"),
    ]


def test_a_page_nested_beyond_reason_is_read_all_the_same() -> None:
    params = SEARCH.parameters.check({"type": "search", "search_term": "tea"})
    deep = CARD.format(100000000001).replace("<span>Tea</span>", "<b>" * 3000 + "Tea" + "</b>" * 3000)
    item = SEARCH.read(params, PageResponse(SEARCH.first(params).url, 200, HTML, page("1 result", deep)))
    assert not isinstance(item, PageRequest)
    assert item["search_results"][0]["title"] == "Tea"


@pytest.mark.parametrize(
    "top",
    ["<div class=srp-results>{}</div>", "<ul class=srp-results><div>{}</div></ul>", "<section>{}</section>"],
)
def test_cards_are_found_in_a_list_that_is_built_otherwise(top: str) -> None:
    card = (
        "<div class=su-card-container><a class=su-link href='https://www.ebay.com/itm/{0}?x=1'><div class=su-item-card__title><span>Tea {0}</span></div></a>"
        "<span class=su-item-card__price>$5.00</span><span class=su-styled-text>Free delivery</span></div>"
    )
    cards = card.format(100000000001) + card.format(100000000002)
    aside = f"<div class='srp-river-answer srp-river-answer--CAROUSEL'>{card.format(100000000009)}</div>"
    fewer = "<div class='srp-river-answer srp-river-answer--REWRITE_START'>Results matching fewer words</div>"
    body = (
        "<h1 class=srp-controls__count-heading><span class=BOLD>3</span></h1><div class=srp-river-results>"
        + top.format(cards + aside + fewer + card.format(100000000003))
        + "</div>"
    ).encode()
    response = PageResponse("https://www.ebay.com/sch/i.html?_nkw=tea", 200, HTML, body)

    def found(**params: Any) -> list[tuple[int, str, float, int, bool]]:
        item = SEARCH.read(
            SEARCH.parameters.check({"type": "search", "search_term": "tea", **params}), response
        )
        assert isinstance(item, dict)
        return [
            (
                one["position"],
                one["epid"],
                one["price"]["value"],
                one["shipping_cost"],
                one.get("is_rewritten_result", False),
            )
            for one in item["search_results"]
        ]

    exact = [(1, "100000000001", 5, 0, False), (2, "100000000002", 5, 0, False)]
    assert found() == [*exact, (3, "100000000003", 5, 0, True)]
    assert found(allow_rewritten_results=False) == exact
