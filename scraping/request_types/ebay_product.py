"""`product`: one listing of eBay's, or one product of its catalogue."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser

from scraping.errors import ScrapeError
from scraping.messages import Item, PageRequest, PageResponse, Params
from scraping.pages.ebay import blocks
from scraping.pages.ebay.domains import domain_of
from scraping.pages.ebay.links import item_id, item_link
from scraping.pages.ebay.product import read_product
from scraping.pages.ebay.search import SearchPage, is_search
from scraping.parameters import Boolean, Parameters, Refused, Text
from scraping.request_types.ebay_site import EBAY_DOMAIN, ebay_url, site_of


class EbayProduct:
    """eBay's product page. The contract is Countdown's `product`.

    `epid` is the number in a listing's URL, as in that contract's own examples. A `gtin` is searched for first, and
    the first listing that matches is read.
    """

    name = "product"
    main_list = None
    metadata_url = "ebay_url"
    missing = "Product not found."
    csv_fields = (
        "request.custom_id",
        "request.epid",
        "request.gtin",
        "request.url",
        "result.message",
        "result.product.epid",
        "result.product.title",
        "result.product.link",
        "result.product.brand",
        "result.product.mpn",
        "result.product.gtin",
        "result.product.rating",
        "result.product.ratings_total",
        "result.product.primary_image",
        "result.product.image_count",
        "result.is_auction",
        "result.offer.price",
        "result.offer.currency",
        "result.auction.bids",
        "result.auction.winning_bid_price",
        "result.condition.raw",
        "result.stock_status.status",
        "result.stock_status.quantity_available",
        "result.stock_status.quantity_sold",
        "result.shipping.price",
        "result.shipping.location",
        "result.returns_policy.returns_accepted",
        "result.seller.name",
        "result.seller.feedback_score",
        "result.seller.positive_feedback_percent",
    )
    parameters = Parameters(
        EBAY_DOMAIN,
        Text("epid", "The listing's number.", pattern=r"\d{6,20}", example="233599133856"),
        Text(
            "gtin",
            "A GTIN, ISBN, UPC or EAN to search for.",
            pattern=r"\d{8,14}|\d{9}[\dXx]",
            example="0190198496201",
        ),
        ebay_url("A listing's or product's page of eBay, given whole."),
        Boolean("skip_gtin_cache", "Accepted; a GTIN is looked up each time.", default=False),
        Refused("customer_zipcode", "it should not be specified when type=product"),
        one_of=(("epid",), ("gtin",), ("url",)),
    )

    def first(self, params: Params) -> PageRequest:
        base = site_of(params).base
        if url := params.get("url"):
            return PageRequest(url)
        if epid := params.get("epid"):
            return PageRequest(f"{base}/itm/{epid}")
        return PageRequest(f"{base}/sch/i.html?_nkw={params['gtin']}&_sacat=0")

    def read(self, params: Params, response: PageResponse) -> Item | PageRequest:
        """The payload: `product` and, beside it, what belongs to the offer; for a GTIN's search page the request for the
        product's own page. Raises ScrapeError `blocked`, `not_found`, `unexpected_page`."""
        tree = LexborHTMLParser(response.markup)
        blocks.refuse(response, tree)
        domain = domain_of(response.url)
        item = read_product(tree, response.url, domain)
        if item is None:
            if "gtin" in params and "epid" not in params and "url" not in params and is_search(tree):
                return self._found(params, response, SearchPage(tree, domain))
            raise blocks.unlike(response, tree, "a product's page")
        return item | _redirection(params, item)

    def _found(self, params: Params, response: PageResponse, page: SearchPage) -> PageRequest:
        listings = page.results(rewritten=False)
        if listings:
            return PageRequest(item_link(listings[0]["epid"], listings[0]["link"], site_of(params)))
        if page.unread() and not page.results():
            message = "The search for the GTIN tells of results, but none could be read."
            raise ScrapeError("unexpected_page", message, status=response.status)
        raise ScrapeError(
            "not_found", f"eBay has no listing with the GTIN {params['gtin']}.", status=response.status
        )

    def following(self, params: Params, response: PageResponse, item: Item) -> PageRequest | None:
        return None


def _redirection(params: Params, item: Item) -> Item:
    """`redirected` and where to, when the page is of another product than the one that was asked for."""
    asked = params.get("epid") or item_id(params.get("url", ""))
    found = item["product"].get("epid")
    if not asked or not found or asked == found:
        return {}
    return {"redirected": True, "redirected_link": item["product"].get("link"), "redirected_epid": found}


EBAY_PRODUCT = EbayProduct()
