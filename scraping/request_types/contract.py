"""What every request type is: parameters in, page requests out; pages in, items out. No I/O."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from scraping.messages import Item, PageRequest, PageResponse, Params
from scraping.parameters import Parameters


class RequestType(Protocol):
    """One kind of request. All methods are pure; `params` are always those that `parameters.check` returned."""

    @property
    def name(self) -> str:
        """As clients name it, e.g. "search"."""

    @property
    def parameters(self) -> Parameters: ...

    @property
    def csv_fields(self) -> tuple[str, ...]:
        """The CSV's columns when the client names none: row paths, e.g. "result.search_results.title"."""

    @property
    def main_list(self) -> str | None:
        """The item's key whose elements are one CSV line each, and are joined over pages; None: it has none."""

    @property
    def metadata_url(self) -> str:
        """The key of the page's URL in `request_metadata`, e.g. "ebay_url"."""

    @property
    def missing(self) -> str | None:
        """The `message` of a success without item when the site says "not found" (HTTP 404, 410 or ScrapeError
        `not_found`), e.g. "Product not found."; None: that is a failure."""

    def first(self, params: Params) -> PageRequest:
        """The page to get first (`params["page"]`, where the type has pages)."""

    def read(self, params: Params, response: PageResponse) -> Item | PageRequest:
        """The page's item: the payload only, in the order a client sees it. Called for HTTP status < 400 and pages
        that are no known block page. Raises ScrapeError with `blocked`, `not_found` or `unexpected_page`.

        A page that only tells where the item is (a search for its code) gives the request for that page, which is
        then got and read in its place."""

    def following(self, params: Params, response: PageResponse, item: Item) -> PageRequest | None:
        """The page after this one, when there is one; asked only while `max_page` is not reached."""


@runtime_checkable
class OwnColumns(Protocol):
    """A request type whose CSV columns depend on a request's parameters."""

    def columns(self, params: Params) -> tuple[str, ...]:
        """The columns of such a request, in place of `csv_fields`."""
