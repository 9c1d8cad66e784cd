"""The scraper: from parameters to an outcome, over a real local server; and with page objects that misbehave."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import scraping
from scraping.errors import ScrapeError
from scraping.fetchers import FetchSettings
from scraping.messages import Item, Outcome, PageRequest, PageResponse, Params
from scraping.parameters import Parameters, Text
from scraping.request_types import REQUEST_TYPES
from scraping.scraper import Scraper
from tests.scraping.site import Route, Site, page, redirect

HTML = {"content-type": "text/html; charset=utf-8"}


def scrape(routes: Mapping[str, Route], params: Mapping[str, Any], *, real_time: bool = False) -> Outcome:
    """One request to a site with these routes; `{site}` in a value is the site's URL."""

    async def run() -> Outcome:
        async with Site(routes) as site:
            settings = FetchSettings(allowed_private_hosts=frozenset({site.address}), retries=0)
            filled = {
                k: v.replace("{site}", site.url("")) if isinstance(v, str) else v for k, v in params.items()
            }
            scraper = Scraper(settings)
            try:
                return await scraper.scrape(filled, real_time=real_time)
            finally:
                await scraper.close()

    return asyncio.run(run())


def test_a_page_comes_with_its_request_and_its_times() -> None:
    routes = {"/a": redirect("/b"), "/b": page("<title>Tea</title>é".encode(), headers=HTML)}
    outcome = scrape(routes, {"type": "page", "url": "{site}/a", "api_key": "SECRET", "custom_id": "7"})
    assert outcome.error is None
    assert outcome.success
    assert outcome.pages == 1
    assert outcome.status == 200
    result = outcome.result
    assert list(result)[:2] == ["request_parameters", "request_metadata"]
    assert result["request_parameters"] == {"type": "page", "url": result["redirects"][0], "custom_id": "7"}
    metadata = result["request_metadata"]
    assert list(metadata) == ["created_at", "processed_at", "total_time_taken", "url"]
    assert metadata["created_at"].endswith("Z")
    assert len(metadata["created_at"]) == len("2020-01-01T00:00:00.000Z")
    assert metadata["created_at"] <= metadata["processed_at"]
    assert metadata["url"].endswith("/a")
    assert result["url"].endswith("/b")
    assert result["title"] == "Tea"
    assert "html" not in result
    assert "request_info" not in result


def test_include_html_gives_the_decoded_page() -> None:
    html = "<meta charset=iso-8859-1><p>caf\xe9"
    outcome = scrape(
        {"/": page(html.encode("latin-1"))}, {"type": "page", "url": "{site}/", "include_html": "true"}
    )
    assert outcome.result["html"] == html


@pytest.mark.parametrize(
    ("answer", "code", "status", "retryable"),
    [
        (page(b"gone", 404), "not_found", 404, False),
        (page(b"gone", 410), "not_found", 410, False),
        (page(b"no", 403), "http_error", 403, False),
        (page(b"<title>Just a moment...</title>", 403, HTML), "blocked", 403, True),
        (page(b"<title>Just a moment...</title>", 503, HTML), "blocked", 503, True),
        (page(b"<title>Pardon Our Interruption</title>", 200, HTML), "blocked", 200, True),
        (page(b"broken", 500), "http_error", 500, True),
        (page(b"slow down", 429), "http_error", 429, True),
    ],
)
def test_a_bad_answer_is_a_failure_with_its_reason(
    answer: bytes, code: str, status: int, retryable: bool
) -> None:
    outcome = scrape({"/": answer}, {"type": "page", "url": "{site}/", "include_html": True})
    assert outcome.error is not None
    assert (outcome.error.code, outcome.error.status, outcome.error.retryable) == (code, status, retryable)
    assert outcome.status == status
    info = outcome.result["request_info"]
    assert info == {"success": False, "message": outcome.error.message, "error": code, "status": status}
    assert outcome.result["request_parameters"]["type"] == "page"
    assert outcome.result["request_metadata"]["url"]
    assert outcome.result["html"]  # to see what the site said


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"type": "page"}, "'url'"),
        ({"type": "pgae", "url": "https://a.example"}, "'type'"),
        ({"type": "page", "url": "ftp://a.example"}, "'url'"),
        ({"type": "page", "url": "https://a.example", "extract": {"a": "p["}}, r"extract\.a"),
        ({}, "'type'"),
    ],
)
def test_bad_parameters_are_an_outcome_too(params: dict[str, Any], says: str) -> None:
    outcome = scrape({}, params)
    assert outcome.error is not None
    assert outcome.error.code == "invalid_parameters"
    assert says.replace("\\", "") in outcome.result["request_info"]["message"]
    assert outcome.result["request_parameters"] == params
    assert outcome.pages == 0


def test_a_private_address_is_refused_before_anything_is_sent() -> None:
    async def run() -> tuple[Outcome, int]:
        async with Site({"/": page(b"secret")}) as site:
            scraper = Scraper(FetchSettings())
            outcome = await scraper.scrape({"type": "page", "url": site.url("/")})
            await scraper.close()
            return outcome, site.connections

    outcome, connections = asyncio.run(run())
    assert outcome.error is not None
    assert outcome.error.code == "private_ip"
    assert connections == 0


def test_unknown_parameters_are_warned_of_and_echoed() -> None:
    outcome = scrape({"/": page(b"x")}, {"type": "page", "url": "{site}/", "extrct": "h1"})
    assert outcome.success
    assert len(outcome.warnings) == 1
    assert "'extract'?" in outcome.warnings[0]
    assert outcome.result["request_parameters"]["extrct"] == "h1"


def test_fields_are_left_out_as_asked() -> None:
    params = {
        "type": "page",
        "url": "{site}/",
        "exclude_fields": "headers,redirects,request_metadata.created_at,title",
    }
    assert {"headers", "redirects", "title"}.isdisjoint(scrape({"/": page(b"x")}, params).result)
    only = scrape({"/": page(b"x")}, {"type": "page", "url": "{site}/", "include_fields": ["status"]}).result
    assert set(only) == {"request_parameters", "request_metadata", "status"}
    bare = {"type": "page", "url": "{site}/", "exclude_fields": "request_parameters,headers"}
    assert "request_parameters" not in scrape({"/": page(b"x")}, bare).result


class Listing:
    """A made-up type with pages, whose reading the test decides."""

    name = "listing"
    main_list = "items"
    metadata_url = "shop_url"
    csv_fields = ("result.items.name",)
    parameters = Parameters(Text("base", required=True), paged=True)

    def __init__(
        self, read: Callable[[PageResponse], Item] | None = None, missing: str | None = None
    ) -> None:
        self._read = read or self._lines
        self.missing = missing

    @staticmethod
    def _lines(response: PageResponse) -> Item:
        names = response.text.split()
        return {
            "info": names[0],
            "items": [{"name": name} for name in names],
            "pagination": {"count": len(names)},
        }

    def first(self, params: Params) -> PageRequest:
        return PageRequest(f"{params['base']}/{params['page']}")

    def read(self, params: Params, response: PageResponse) -> Item:
        return self._read(response)

    def following(self, params: Params, response: PageResponse, item: Item) -> PageRequest | None:
        head, number = response.url.rsplit("/", 1)
        return PageRequest(f"{head}/{int(number) + 1}") if item["items"] else None


@pytest.fixture
def listing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def put(read: Callable[[PageResponse], Item] | None = None, missing: str | None = None) -> None:
        monkeypatch.setitem(REQUEST_TYPES, "listing", Listing(read, missing))

    return put


PAGES = {"/1": page(b"a b"), "/2": page(b"c"), "/3": page(b"d e f")}


def test_pages_are_followed_and_joined(listing: Callable[..., None]) -> None:
    listing()
    outcome = scrape(PAGES, {"type": "listing", "base": "{site}", "max_page": "2", "include_html": "1"})
    result = outcome.result
    assert outcome.pages == 2
    assert [(i["page"], i["position"], i["position_overall"], i["name"]) for i in result["items"]] == [
        (1, 1, 1, "a"), (1, 2, 2, "b"), (2, 1, 3, "c"),
    ]  # fmt: skip
    assert result["info"] == "a"
    assert result["pagination"] == {"pages": [{"count": 2}, {"count": 1}]}
    assert result["html"] == ["a b", "c"]
    metadata = result["request_metadata"]
    assert "shop_url" not in metadata
    assert [each["shop_url"].rsplit("/", 1)[1] for each in metadata["pages"]] == ["1", "2"]
    assert all(each["processed_at"] >= each["created_at"] for each in metadata["pages"])


def test_one_page_is_not_numbered(listing: Callable[..., None]) -> None:
    listing()
    outcome = scrape(PAGES, {"type": "listing", "base": "{site}", "page": 2})
    assert outcome.result["items"] == [{"name": "c"}]
    assert outcome.result["pagination"] == {"count": 1}
    assert outcome.result["request_metadata"]["shop_url"].endswith("/2")


def test_what_asks_for_several_pages_has_one_shape_however_many_there_are(
    listing: Callable[..., None],
) -> None:
    listing()
    asked = {"type": "listing", "base": "{site}", "page": 3, "max_page": 5, "include_html": True}
    result = scrape(PAGES, asked).result
    assert [(item["page"], item["position_overall"]) for item in result["items"]] == [(3, 1), (3, 2), (3, 3)]
    assert "shop_url" not in result["request_metadata"]
    assert result["request_metadata"]["pages"][0]["shop_url"].endswith("/3")
    assert isinstance(result["html"], list)


def test_the_last_page_ends_the_list(listing: Callable[..., None]) -> None:
    listing()
    outcome = scrape(PAGES, {"type": "listing", "base": "{site}", "max_page": 50})
    assert outcome.success
    assert [item["name"] for item in outcome.result["items"]] == ["a", "b", "c", "d", "e", "f"]


def test_a_page_that_fails_in_between_is_named_and_what_came_before_is_kept(
    listing: Callable[..., None],
) -> None:
    listing()
    routes = {**PAGES, "/3": page(b"broken", 500)}
    outcome = scrape(routes, {"type": "listing", "base": "{site}", "max_page": 5, "exclude_fields": "info"})
    assert outcome.error is not None
    assert outcome.error.code == "http_error"
    assert outcome.error.message.startswith("Page 3: ")
    assert [item["name"] for item in outcome.result["items"]] == ["a", "b", "c"]
    assert "info" not in outcome.result
    assert outcome.result["request_info"]["success"] is False


def test_real_time_allows_five_pages(listing: Callable[..., None]) -> None:
    listing()
    outcome = scrape(PAGES, {"type": "listing", "base": "{site}", "max_page": 6}, real_time=True)
    assert outcome.error is not None
    assert "from 1 to 5" in outcome.error.message


def test_not_found_is_a_success_with_a_message_where_the_type_says_so(listing: Callable[..., None]) -> None:
    listing(missing="Product not found.")
    outcome = scrape({"/1": page(b"x", 404)}, {"type": "listing", "base": "{site}"})
    assert outcome.success
    assert outcome.status == 404
    assert outcome.result["message"] == "Product not found."
    assert "items" not in outcome.result


def test_a_fault_of_a_page_object_is_an_outcome(listing: Callable[..., None]) -> None:
    def read(response: PageResponse) -> Item:
        return {"items": dict[str, str]()["nothing"]}

    listing(read)
    outcome = scrape(PAGES, {"type": "listing", "base": "{site}"})
    assert outcome.error is not None
    assert outcome.error.code == "internal_error"
    assert "KeyError" in outcome.error.message
    assert not outcome.error.retryable


def test_endless_recursion_in_a_page_object_is_an_outcome(listing: Callable[..., None]) -> None:
    def read(response: PageResponse) -> Item:
        return read(response)

    listing(read)
    outcome = scrape(PAGES, {"type": "listing", "base": "{site}"})
    assert outcome.error is not None
    assert "RecursionError" in outcome.error.message


def test_what_the_page_object_says_is_the_error(listing: Callable[..., None]) -> None:
    def read(response: PageResponse) -> Item:
        raise ScrapeError("unexpected_page", "This is the shop's front page.")

    listing(read)
    outcome = scrape(PAGES, {"type": "listing", "base": "{site}"})
    assert outcome.error is not None
    assert outcome.result["request_info"] == {
        "success": False,
        "message": "This is the shop's front page.",
        "error": "unexpected_page",
        "status": 200,
    }


def test_many_are_scraped_at_once_over_one_scraper() -> None:
    async def run() -> tuple[list[Outcome], int]:
        together, most, enough = 0, 0, asyncio.Event()

        async def slow(request: Any, writer: Any) -> bytes:
            nonlocal together, most
            together += 1
            most = max(most, together)
            if most >= 5:
                enough.set()
            await enough.wait()  # goes on only when five are here at the same time
            together -= 1
            return page(f"<h1>{request.target}</h1>".encode(), headers=HTML)

        async with Site({"*": slow}) as site:
            scraper = Scraper(FetchSettings(allowed_private_hosts=frozenset({site.address})))
            asked = [{"type": "page", "url": site.url(f"/{n}"), "extract": {"h": "h1"}} for n in range(20)]
            outcomes = await asyncio.gather(*(scraper.scrape(params) for params in asked))
            await scraper.close()
            return outcomes, most

    outcomes, most = asyncio.run(run())
    assert [outcome.result["extracted"]["h"] for outcome in outcomes] == [f"/{n}" for n in range(20)]
    assert most >= 5


def test_a_cancelled_scrape_is_cancelled() -> None:
    async def run() -> None:
        begun = asyncio.Event()

        async def never(request: Any, writer: Any) -> bytes:
            begun.set()
            await asyncio.sleep(3600)
            return b""

        async with Site({"/": never}) as site:
            scraper = Scraper(FetchSettings(allowed_private_hosts=frozenset({site.address})))
            task = asyncio.ensure_future(scraper.scrape({"type": "page", "url": site.url("/")}))
            await begun.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await scraper.close()

    asyncio.run(run())


def test_the_proxy_of_a_request_is_passed_on() -> None:
    class Recorder:
        def __init__(self) -> None:
            self.requests: list[PageRequest] = []

        async def fetch(self, request: PageRequest) -> PageResponse:
            self.requests.append(request)
            return PageResponse(request.url, 200, {}, b"x")

        async def close(self) -> None:
            pass

    async def run() -> list[PageRequest]:
        recorder = Recorder()
        scraper = Scraper(fetchers={"http": recorder})
        await scraper.scrape(
            {"type": "page", "url": "https://a.example/", "proxy": "http://proxy.example:8080"}
        )
        await scraper.scrape({"type": "page", "url": "https://a.example/", "timeout": "5"})
        return recorder.requests

    first, second = asyncio.run(run())
    assert first.proxy == "http://proxy.example:8080"
    assert second.proxy is None
    assert second.timeout == 5.0


def test_three_lines_in_a_shell() -> None:
    outcome = scraping.scrape("page", url="http://127.0.0.1:9/")
    assert outcome.error is not None
    assert outcome.error.code == "private_ip"


def test_the_shells_scrape_works_inside_a_running_loop() -> None:
    async def notebook() -> Outcome:
        return scraping.scrape("page", url="http://127.0.0.1:9/")

    assert asyncio.run(notebook()).error is not None


def test_times_are_those_of_the_clock() -> None:
    began = time.monotonic()
    outcome = scrape({"/": page(b"x")}, {"type": "page", "url": "{site}/"})
    assert 0 <= outcome.elapsed <= time.monotonic() - began
    assert outcome.result["request_metadata"]["total_time_taken"] == round(outcome.elapsed, 2)


def test_no_file_of_scraping_knows_the_service() -> None:
    for file in (Path(scraping.__file__).parent).rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert not any(
            f"{verb} {name}" in text for verb in ("import", "from") for name in ("django", "celery", "config")
        ), file
