"""`page`: any URL. Status, headers, final URL and title; the HTML and parts of it when they are asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from scraping.messages import Item, PageRequest, PageResponse, Params
from scraping.pages.extract import Extract
from scraping.pages.nodes import Tree
from scraping.parameters import LANGUAGE as LANGUAGE_PARAMETER
from scraping.parameters import Boolean, JsonObject, Number, Parameters, Url

EXTRACTED = "result.extracted"


@dataclass(frozen=True)
class Headers(JsonObject):
    """A JSON object of header names and texts."""

    def read(self, value: Any) -> dict[str, str]:
        headers: dict[str, str] = {}
        for name, text in super().read(value).items():
            if not re.fullmatch(r"[!#$%&'*+.^_`|~\w-]{1,100}", name, re.ASCII):
                raise self.refuse(name, "is not a header's name")
            if not isinstance(text, str | int | float) or isinstance(text, bool):
                raise self.refuse({name: text}, "use texts")
            # Latin-1 is what a header's bytes can hold; line ends would begin another header.
            if not re.fullmatch(r"[\t\x20-\x7e\xa0-\xff]{0,4000}", str(text)):
                raise self.refuse({name: text}, "has signs that cannot stand in a header")
            headers[name.lower()] = str(text)
        if len(headers) > 50:
            raise self.refuse(f"{len(headers)} headers", "use at most 50")
        return headers


class Page:
    """Any page, as it is. It has no pages after it, and no list that would be a CSV line each."""

    name = "page"
    main_list = None
    metadata_url = "url"
    missing = None
    csv_fields = ("request.url", "result.status", "result.url", "result.title", "result.extracted")
    parameters = Parameters(
        Url("url", "The page.", required=True),
        Extract("extract", 'Named CSS or XPath selectors, or "schema.org".'),
        Boolean("html", "Return the page's HTML as `html`; the same as include_html.", default=False),
        Headers("headers", "Headers to send."),
        LANGUAGE_PARAMETER,
        Number("timeout", "Seconds for the page with all its redirects and retries.", least=1, most=300),
    )

    def first(self, params: Params) -> PageRequest:
        headers = dict(params.get("headers", {}))
        if "language" in params:
            headers.setdefault("accept-language", params["language"].replace("_", "-"))
        return PageRequest(params["url"], headers=headers, timeout=params.get("timeout"))

    def read(self, params: Params, response: PageResponse) -> Item:
        """{status, url, redirects, headers, title}, with `extracted` and `html` where asked for. Raises ScrapeError
        `unexpected_page` when a required selector finds nothing."""
        tree = Tree(response.markup, response.url)
        item: Item = {
            "status": response.status,
            "url": response.url,
            "redirects": list(response.redirects),
            "headers": dict(response.headers),
            "title": tree.title(),
        }
        if extraction := params.get("extract"):
            item["extracted"] = extraction.read(tree)
        if params["html"]:
            item["html"] = response.text
        return item

    def columns(self, params: Params) -> tuple[str, ...]:
        """What is extracted gets columns of its own, instead of one that holds it all."""
        extraction = params.get("extract")
        own = [f"{EXTRACTED}.{path}" for path in extraction.columns()] if extraction else []
        return tuple(
            column for field in self.csv_fields for column in (own if field == EXTRACTED else [field])
        )

    def following(self, params: Params, response: PageResponse, item: Item) -> PageRequest | None:
        return None


PAGE = Page()
