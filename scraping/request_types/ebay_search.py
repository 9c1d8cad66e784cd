"""`search`: a page of eBay's search results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_plus

from selectolax.lexbor import LexborHTMLParser

from scraping.errors import ScrapeError
from scraping.messages import Item, PageRequest, PageResponse, Params
from scraping.pages.ebay import blocks
from scraping.pages.ebay.domains import domain_of
from scraping.pages.ebay.search import SearchPage, is_search
from scraping.parameters import Boolean, Choice, Parameter, Parameters, Text
from scraping.request_types.ebay_site import EBAY_DOMAIN, ebay_url, site_of, with_query

# What each parameter's words are in eBay's own URLs.
LISTING_TYPES = {"all": "", "buy_it_now": "LH_BIN=1", "auction": "LH_Auction=1", "accepts_offers": "LH_BO=1"}
SORTS = {
    "best_match": 12,
    "price_high_to_low": 3,
    "price_low_to_high": 2,
    "price_high_to_low_plus_postage": 16,
    "price_low_to_high_plus_postage": 15,
    "newly_listed": 10,
    "ending_soonest": 1,
}
CONDITIONS = {
    "all": "",
    "new": "1000",
    "used": "3000",
    "open_box": "1500",
    "manufacturer_refurbished": "2000",
    # eBay grades what sellers refurbished (excellent, very good, good); 2500 has no grade.
    "seller_refurbished": "2010|2020|2030|2500",
    "parts_or_not_working": "7000",
    "not_specified": "10",
}
FLAGS = {
    "sold_items": "LH_Sold=1&LH_Complete=1",
    "completed_items": "LH_Complete=1",
    "authorized_sellers": "LH_AS=1",
    "returns_accepted": "LH_RPA=1",
    "free_returns": "LH_FR=1",
    "authenticity_verified": "LH_AV=1",
    "deals_and_savings": "LH_Savings=1",
    "sale_items": "LH_SaleItems=1",
}
# eBay's numbers for the countries that a customer may be in.
COUNTRIES = {
    "us": 1, "ca": 2, "gb": 3, "uk": 3, "au": 15, "at": 16, "be": 23, "cn": 45, "fr": 71, "de": 77, "hk": 92,
    "in": 95, "ie": 99, "it": 101, "jp": 104, "nl": 146, "ph": 161, "pl": 162, "sg": 180, "es": 186, "ch": 193,
}  # fmt: skip


@dataclass(frozen=True)
class FacetChoices(Parameter):
    """ "Brand=SanDisk,Storage Capacity=64 GB": item aspects and the values wanted; an aspect named twice takes either
    value. A comma within a value is written twice."""

    def read(self, value: Any) -> dict[str, list[str]]:
        if not isinstance(value, str):
            raise self.refuse(value, "use a text such as Brand=SanDisk,Type=MicroSD")
        chosen: dict[str, list[str]] = {}
        for pair in value.replace(",,", "\0").split(","):
            name, equals, wanted = (part.replace("\0", ",").strip() for part in pair.partition("="))
            if not equals or not name or not wanted:
                raise self.refuse(value, "use a text such as Brand=SanDisk,Type=MicroSD")
            if name.startswith(("_", "LH_")):
                raise self.refuse(value, f"{name!r} is no item aspect")
            chosen.setdefault(name, []).append(wanted)
        return chosen

    def json_type(self) -> dict[str, Any]:
        return {"type": "string", "examples": ["Brand=SanDisk,Type=MicroSD"]}


class EbaySearch:
    """eBay's search. The contract is Countdown's `search`."""

    name = "search"
    main_list = "search_results"
    metadata_url = "ebay_url"
    missing = None
    csv_fields = (
        "request.custom_id",
        "request.search_term",
        "result.search_results.position",
        "result.search_results.title",
        "result.search_results.epid",
        "result.search_results.link",
        "result.search_results.image",
        "result.search_results.condition",
        "result.search_results.price.value",
        "result.search_results.price.currency",
        "result.search_results.price.raw",
        "result.search_results.shipping_cost",
        "result.search_results.item_location",
        "result.search_results.is_auction",
        "result.search_results.buy_it_now",
        "result.search_results.best_offer",
        "result.search_results.free_returns",
        "result.search_results.sponsored",
        "result.search_results.is_rewritten_result",
        "result.search_results.rating",
        "result.search_results.ratings_total",
        "result.search_results.seller_info.name",
        "result.search_results.seller_info.review_count",
        "result.search_results.seller_info.positive_feedback_percent",
        "result.search_results.hotness",
        "result.search_results.bids",
        "result.search_results.ended.type",
        "result.search_results.ended.date.raw",
    )
    parameters = Parameters(
        EBAY_DOMAIN,
        Text("search_term", "What to search for.", longest=350),
        ebay_url("A search page of eBay, given whole; then all other search parameters are ignored."),
        Text("category_id", "Only this category of eBay's.", pattern=r"\d{1,12}", example="31388"),
        Choice("listing_type", "Only listings of this kind.", default="all", choices=tuple(LISTING_TYPES)),
        Choice("sort_by", "The order.", choices=tuple(SORTS)),
        Choice("condition", "Only items in this condition.", default="all", choices=tuple(CONDITIONS)),
        Choice("num", "Listings on a page.", choices=("60", "120", "240")),
        Boolean("sold_items", "Only listings that sold. eBay may ask to sign in.", default=False),
        Boolean("completed_items", "Only listings that are over. eBay may ask to sign in.", default=False),
        Boolean("authorized_sellers", "Only authorized sellers.", default=False),
        Boolean("returns_accepted", "Only sellers that accept returns.", default=False),
        Boolean("free_returns", "Only listings with free returns.", default=False),
        Boolean("authenticity_verified", "Only items whose authenticity eBay verifies.", default=False),
        Boolean("deals_and_savings", "Only deals and savings.", default=False),
        Boolean("sale_items", "Only items on sale.", default=False),
        FacetChoices("facets", "Item aspects, as name=value,name=value."),
        Boolean("allow_rewritten_results", "Also listings that do not match the whole search.", default=True),
        Choice("customer_location", "The customer's country.", choices=tuple(COUNTRIES)),
        Text("customer_zipcode", "The customer's zip code.", longest=12, pattern=r"[\w -]+", example="10001"),
        one_of=(("url",), ("search_term",), ("category_id",)),
        paged=True,
    )

    def first(self, params: Params) -> PageRequest:
        page = params["page"]
        if url := params.get("url"):
            return PageRequest(with_query(url, _pgn=str(page)) if page > 1 else url)
        return PageRequest(search_url(params) + (f"&_pgn={page}" if page > 1 else ""))

    def read(self, params: Params, response: PageResponse) -> Item:
        """{search_information, search_results, facets?, pagination}. Raises ScrapeError `blocked`, `not_found`,
        `unexpected_page`; a search without results is no error, a page whose results cannot be read is."""
        tree = LexborHTMLParser(response.markup)
        blocks.refuse(response, tree)
        if not is_search(tree):
            raise blocks.unlike(response, tree, "a search page")
        page = SearchPage(tree, domain_of(response.url), params["page"])
        item = page.item(rewritten=params["allow_rewritten_results"])
        if not item["search_results"] and page.unread() and not page.results():
            raise ScrapeError(
                "unexpected_page",
                "This search page tells of results, but none could be read.",
                status=response.status,
            )
        return item

    def following(self, params: Params, response: PageResponse, item: Item) -> PageRequest | None:
        pagination = item["pagination"]
        if not pagination["has_next_page"]:
            return None
        return PageRequest(with_query(self.first(params).url, _pgn=str(pagination["next_page"])))


def search_url(params: Params) -> str:
    """The search page's URL for the parameters, without the page's number."""
    fields = [f"_nkw={quote_plus(params.get('search_term', ''))}", f"_sacat={params.get('category_id', 0)}"]
    fields.append(LISTING_TYPES[params["listing_type"]])
    if wanted := CONDITIONS[params["condition"]]:
        fields.append(f"LH_ItemCondition={quote(wanted)}")
    for flag, field in FLAGS.items():
        if params[flag] and field not in "&".join(fields):
            fields.append(field)
    if facets := params.get("facets"):
        # eBay reads aspects encoded twice, and a bar between the values of one.
        fields += [
            f"{_twice(name)}={'%7C'.join(_twice(value) for value in values)}"
            for name, values in facets.items()
        ]
        if "category_id" in params:
            fields.append(f"_dcat={params['category_id']}")
    if "sort_by" in params:
        fields.append(f"_sop={SORTS[params['sort_by']]}")
    if "num" in params:
        fields.append(f"_ipg={params['num']}")
    if "customer_location" in params:
        fields.append(f"_fcid={COUNTRIES[params['customer_location']]}")
    if "customer_zipcode" in params:
        fields.append(f"_stpos={quote(params['customer_zipcode'])}")
    return f"{site_of(params).base}/sch/i.html?{'&'.join(field for field in fields if field)}"


def _twice(text: str) -> str:
    return quote(quote(text, safe=""), safe="")


EBAY_SEARCH = EbaySearch()
