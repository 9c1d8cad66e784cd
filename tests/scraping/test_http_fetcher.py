"""Getting a page: what is sent, what comes back, and what is kept between two pages."""

import asyncio

import pytest

from scraping.fetchers import FETCHERS, FetchSettings
from scraping.fetchers.clients import KEPT
from scraping.messages import PageRequest
from tests.scraping.fetching import Diary, failure, fetching, get, run
from tests.scraping.site import Received, Site, page

TEXT = b"<html><body>" + b"Good morning. " * 500 + b"</body></html>"


def test_a_page_comes_with_status_headers_and_body() -> None:
    async def scenario() -> None:
        async with (
            Site({"/a": page(TEXT, 404, {"X-Thing": "Yes", "Vary": "a", "VARY": "b"})}) as site,
            fetching(site) as fetcher,
        ):
            response = await get(fetcher, site.url("/a?b=c d#e"))
            assert response.url == site.url("/a?b=c%20d")
            assert response.status == 404
            assert response.headers == {"x-thing": "Yes", "vary": "a, b", "content-length": str(len(TEXT))}
            assert response.body == TEXT
            assert response.redirects == ()
            assert site.paths() == ["/a?b=c%20d"]

    run(scenario())


def test_cookies_of_an_answer_stay_apart() -> None:
    async def scenario() -> None:
        async def two_cookies(request: Received, writer: asyncio.StreamWriter) -> bytes:
            return b"HTTP/1.1 200 OK\r\nset-cookie: a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT\r\nset-cookie: b=2\r\ncontent-length: 0\r\n\r\n"

        async with Site({"*": two_cookies}) as site, fetching(site) as fetcher:
            response = await get(fetcher, site.url())
            assert response.headers["set-cookie"].split("\n") == [
                "a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT",
                "b=2",
            ]

    run(scenario())


def test_a_browsers_headers_are_sent_and_the_callers_go_before_them() -> None:
    async def scenario() -> None:
        async with Site({"*": page(b"ok")}) as site, fetching(site) as fetcher:
            own = {
                "Accept-Language": "de",
                "X-Own": "1",
                "Host": "other.example",
                "Content-Length": "9",
                "Connection": "close",
            }
            await get(fetcher, site.url(), headers=own)
            headers = site.received[0].headers
            assert "Chrome/" in headers["user-agent"]
            assert "sec-ch-ua" in headers
            assert {"gzip", "br", "zstd"} <= set(headers["accept-encoding"].replace(" ", "").split(","))
            assert (headers["accept-language"], headers["x-own"]) == ("de", "1")
            assert headers["host"] == site.address
            assert "content-length" not in headers
            assert "connection" not in headers

    run(scenario())


def test_a_body_is_sent_with_its_method() -> None:
    async def scenario() -> None:
        async with Site({"*": page(b"ok")}) as site, fetching(site) as fetcher:
            await get(fetcher, site.url(), method="post", body=b"q=1", headers={"Content-Type": "text/x"})
            received = site.received[0]
            assert (received.method, received.body, received.headers["content-type"]) == (
                "POST",
                b"q=1",
                "text/x",
            )

    run(scenario())


def test_connections_are_used_again() -> None:
    async def scenario() -> None:
        async with Site({"*": page(TEXT)}) as site, fetching(site) as fetcher:
            for number in range(5):
                await get(fetcher, site.url(f"/{number}"))
            assert len(site.received) == 5
            assert site.connections == 1

    run(scenario())


def test_a_client_that_is_let_go_closes_its_connections() -> None:
    async def scenario() -> None:
        names = {f"host{number}.example.com": "127.0.0.1" for number in range(KEPT + 20)}
        async with Site({"*": page(b"ok")}) as site, fetching(site, names=names) as fetcher:
            for name in names:
                await get(fetcher, site.url(host=name))
            for _ in range(100):
                if site.open_connections <= KEPT:
                    break
                await asyncio.sleep(0.05)
            assert site.connections == KEPT + 20
            assert site.open_connections <= KEPT

    run(scenario())


def test_cookies_do_not_go_from_one_page_to_the_next() -> None:
    async def scenario() -> None:
        async with (
            Site({"*": page(b"ok", headers={"set-cookie": "session=1; Path=/"})}) as site,
            fetching(site) as fetcher,
        ):
            await get(fetcher, site.url("/one"))
            await get(fetcher, site.url("/two"))
            assert all("cookie" not in request.headers for request in site.received)

    run(scenario())


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"method": "BREW"}, "BREW"),
        ({"headers": {"a b": "c"}}, "header"),
        ({"headers": {"a": "b\r\nc: d"}}, "header"),
        ({"proxy": "not a proxy"}, "proxy"),
        ({"proxy": "ftp://127.0.0.1:80"}, "proxy"),
    ],
)
def test_a_request_that_cannot_be_sent_is_refused_before_it_is(
    options: dict[str, object], named: str
) -> None:
    async def scenario() -> None:
        async with Site({"*": page(b"ok")}) as site, fetching(site) as fetcher:
            error = await failure(fetcher, site.url(), **options)
            assert error.code == "invalid_parameters"
            assert named in error.message
            assert site.received == []

    run(scenario())


def test_no_more_pages_are_under_way_than_the_settings_allow() -> None:
    async def scenario() -> None:
        busy = most = 0

        async def counts(request: Received, writer: asyncio.StreamWriter) -> bytes:
            nonlocal busy, most
            busy += 1
            most = max(most, busy)
            await asyncio.sleep(0.01)
            busy -= 1
            return page(b"ok")

        async with Site({"*": counts}) as site, fetching(site, concurrency=3) as fetcher:
            await asyncio.gather(*(get(fetcher, site.url(f"/{number}")) for number in range(20)))
            assert most == 3

    run(scenario())


def test_a_page_that_is_cancelled_gives_its_places_back() -> None:
    async def scenario() -> None:
        diary = Diary()
        arrived = asyncio.Event()

        async def never(request: Received, writer: asyncio.StreamWriter) -> None:
            arrived.set()
            await asyncio.sleep(60)

        async with (
            Site({"/never": never, "*": page(b"ok")}) as site,
            fetching(site, diary=diary, concurrency=1) as fetcher,
        ):
            task = asyncio.create_task(get(fetcher, site.url("/never")))
            await arrived.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert diary.held == 0
            assert (await get(fetcher, site.url("/next"))).status == 200

    run(scenario())


def test_every_fetcher_keeps_the_contract() -> None:
    async def scenario() -> None:
        for name, kind in FETCHERS.items():
            async with Site({"*": page(b"ok", headers={"content-type": "text/html"})}) as site:
                fetcher = kind(FetchSettings(allowed_private_hosts=frozenset({site.address})))
                response = await fetcher.fetch(PageRequest(site.url(), fetcher=name))
                assert (response.status, response.text) == (200, "ok")
                assert (await failure(fetcher, "http://127.0.0.1:9/")).code == "private_ip"
                await fetcher.close()

    run(scenario())
