"""Redirects are followed by us: which request comes next, what goes along, and where the way ends."""

import asyncio

import pytest

from scraping.fetchers.redirects import Hop, next_hop
from tests.scraping.fetching import failure, fetching, get, run
from tests.scraping.site import Received, Route, Site, page, redirect


@pytest.mark.parametrize(
    ("status", "method", "becomes", "keeps_body"),
    [
        (301, "GET", "GET", False),
        (302, "GET", "GET", False),
        (303, "GET", "GET", False),
        (307, "GET", "GET", False),
        (308, "GET", "GET", False),
        (301, "HEAD", "HEAD", False),
        (303, "HEAD", "HEAD", False),
        (301, "POST", "GET", False),
        (302, "POST", "GET", False),
        (303, "POST", "GET", False),
        (307, "POST", "POST", True),
        (308, "POST", "POST", True),
        (302, "PUT", "PUT", True),
        (303, "PUT", "GET", False),
        (303, "DELETE", "GET", False),
        (308, "PATCH", "PATCH", True),
    ],
)
def test_method_and_body_follow_the_rules_of_browsers(
    status: int, method: str, becomes: str, keeps_body: bool
) -> None:
    async def scenario() -> None:
        async with (
            Site({"/a": redirect("/b", status), "/b": page(b"there")}) as site,
            fetching(site) as fetcher,
        ):
            body = b"q=1" if keeps_body or method in ("POST", "PUT", "DELETE") else None
            headers = {"Content-Type": "text/x", "X-Own": "1"} if body else {}
            response = await get(fetcher, site.url("/a"), method=method, body=body, headers=headers)
            assert (response.status, response.url, response.redirects) == (
                200,
                site.url("/b"),
                (site.url("/a"),),
            )
            last = site.received[-1]
            assert (last.method, last.body) == (becomes, b"q=1" if keeps_body else b"")
            assert ("content-type" in last.headers) is keeps_body
            assert ("x-own" in last.headers) is bool(body)

    run(scenario())


@pytest.mark.parametrize(
    ("location", "leads_to"),
    [
        ("/c", "/c"),
        ("c?x=1#frag", "/shop/c?x=1"),
        ("../c", "/c"),
        ("?page=2", "/shop/a?page=2"),
        ("/a b", "/a%20b"),
        (" /c ", "/c"),
        ("/caf\u00c3\u00a9", "/caf%C3%A9"),  # UTF-8 bytes, as headers show them
        ("/caf\u00e9", "/caf%C3%A9"),  # a single Latin-1 byte
        ("//{address}/c", "/c"),
        ("http://{address}/c", "/c"),
        ("HTTP://{address}/x/../c", "/c"),
    ],
)
def test_a_location_is_read_from_where_it_stands(location: str, leads_to: str) -> None:
    async def scenario() -> None:
        async with Site({"*": page(b"there")}) as site, fetching(site) as fetcher:
            site.routes["/shop/a"] = redirect(location.format(address=site.address))
            if leads_to.startswith("/shop/a?"):
                site.routes["/shop/a"] = first_time_only(site.routes["/shop/a"])
            response = await get(fetcher, site.url("/shop/a"))
            assert response.url == site.url(leads_to)
            assert site.paths() == ["/shop/a", leads_to]

    run(scenario())


def first_time_only(answer: Route) -> Route:
    async def route(request: Received, writer: asyncio.StreamWriter) -> bytes:
        assert isinstance(answer, bytes)
        return answer if "?" not in request.target else page(b"there")

    return route


@pytest.mark.parametrize(
    "answer", [page(status=302), redirect("", 302), page(b"x", 304), page(b"x", 300, {"location": "/b"})]
)
def test_an_answer_that_leads_nowhere_is_the_page(answer: bytes) -> None:
    async def scenario() -> None:
        async with Site({"/a": answer}) as site, fetching(site) as fetcher:
            response = await get(fetcher, site.url("/a"))
            assert response.status in (300, 302, 304)
            assert site.paths() == ["/a"]

    run(scenario())


@pytest.mark.parametrize(
    ("location", "code"),
    [
        ("http://127.0.0.1:1/", "private_ip"),
        ("http://169.254.169.254/latest/meta-data/", "private_ip"),
        ("//0x7f.1/", "private_ip"),
        ("http://[::ffff:127.0.0.1]/", "private_ip"),
        ("http://localhost/", "blocked_hostname"),
        ("http://inside.example.com/", "private_ip"),
        ("http://nobody.invalid/", "dns_failed"),
        ("file:///etc/passwd", "invalid_protocol"),
        ("gopher://127.0.0.1/", "invalid_protocol"),
        ("http://93.184.216.34:22/", "invalid_port"),
        ("http://user@93.184.216.34/", "malformed_url"),
        ("http://[::1/", "malformed_url"),
        ("http://a\\@b/", "malformed_url"),
    ],
)
def test_every_hop_is_checked(location: str, code: str) -> None:
    async def scenario() -> None:
        routes = {"/a": redirect("/b"), "/b": redirect(location)}
        async with Site(routes) as site, fetching(site, others={"inside.example.com": "10.0.0.7"}) as fetcher:
            error = await failure(fetcher, site.url("/a"))
            assert error.code == code, error.message
            assert "redirects further" in error.message
            assert site.paths() == ["/a", "/b"]

    run(scenario())


@pytest.mark.parametrize(
    "way", [{"/a": "/a"}, {"/a": "/b", "/b": "/a"}, {"/a": "/b", "/b": "/c", "/c": "/b"}]
)
def test_a_circle_is_noticed_at_once(way: dict[str, str]) -> None:
    async def scenario() -> None:
        async with Site({path: redirect(to) for path, to in way.items()}) as site, fetching(site) as fetcher:
            error = await failure(fetcher, site.url("/a"))
            assert (error.code, error.retryable) == ("too_many_redirects", False)
            assert "in a circle" in error.message
            assert len(site.received) == len(way)

    run(scenario())


def test_a_chain_ends_at_the_limit() -> None:
    async def onward(request: Received, writer: asyncio.StreamWriter) -> bytes:
        return redirect(f"/{int(request.path[1:]) + 1}")

    async def scenario() -> None:
        async with Site({"*": onward, "/5": page(b"there")}) as site:
            async with fetching(site, max_redirects=5) as fetcher:
                assert len((await get(fetcher, site.url("/0"))).redirects) == 5
            async with fetching(site, max_redirects=4) as fetcher:
                error = await failure(fetcher, site.url("/0"))
                assert (error.code, "more than 4" in error.message) == ("too_many_redirects", True)
            async with fetching(site, max_redirects=0) as fetcher:
                assert (await failure(fetcher, site.url("/4"))).code == "too_many_redirects"

    run(scenario())


def test_secrets_stay_with_the_origin_they_were_meant_for() -> None:
    async def scenario() -> None:
        names = {"a.example.com": "127.0.0.1", "b.example.com": "127.0.0.1"}
        async with Site() as site, fetching(site, names=names) as fetcher:
            site.routes = {
                "/start": redirect("/same"),
                "/same": redirect(site.url("/other", "b.example.com")),
                "/other": redirect(site.url("/back", "a.example.com")),
                "/back": page(b"there"),
            }
            secrets = {"Authorization": "Bearer x", "Cookie": "u=1", "X-Own": "1"}
            await get(fetcher, site.url("/start", "a.example.com"), headers=secrets)
            sent = {request.path: request.headers for request in site.received}
            assert sent["/same"]["authorization"] == "Bearer x"
            assert sent["/same"]["cookie"] == "u=1"
            for path in ("/other", "/back"):
                assert "authorization" not in sent[path]
                assert "cookie" not in sent[path]
                assert sent[path]["x-own"] == "1"

    run(scenario())


def test_cookies_of_a_redirect_go_with_the_hops_that_follow_to_their_host_only() -> None:
    async def scenario() -> None:
        names = {"a.example.com": "127.0.0.1", "b.example.com": "127.0.0.1"}
        async with Site() as site, fetching(site, names=names) as fetcher:
            site.routes = {
                "/start": redirect("/same", headers={"set-cookie": "s=1; Path=/"}),
                "/same": redirect(site.url("/other", "b.example.com")),
                "/other": redirect(site.url("/back", "a.example.com"), headers={"set-cookie": "t=2; Path=/"}),
                "/back": page(b"there"),
            }
            await get(fetcher, site.url("/start", "a.example.com"), headers={"Cookie": "u=1; v=2"})
            sent = {request.path: request.headers.get("cookie", "") for request in site.received}
            assert sent["/start"] == "u=1; v=2"
            assert set(sent["/same"].split("; ")) == {"u=1", "v=2", "s=1"}
            assert sent["/other"] == ""
            assert set(sent["/back"].split("; ")) == {"u=1", "v=2", "s=1"}
            await get(fetcher, site.url("/back", "a.example.com"))
            assert "cookie" not in site.received[-1].headers

    run(scenario())


def test_a_page_that_wants_its_cookie_back_is_no_circle() -> None:
    async def asks_for_cookie(request: Received, writer: asyncio.StreamWriter) -> bytes:
        if "seen=1" in request.headers.get("cookie", ""):
            return page(b"welcome")
        return redirect(request.target, headers={"set-cookie": "seen=1; Path=/"})

    async def scenario() -> None:
        async with Site({"*": asks_for_cookie}) as site, fetching(site) as fetcher:
            assert (await get(fetcher, site.url("/a"))).body == b"welcome"
            assert len(site.received) == 2

    run(scenario())


def test_the_body_of_a_redirect_is_not_read() -> None:
    async def endless(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 302 Found\r\nlocation: /b\r\ncontent-length: 99999999\r\n\r\nhello")
        await asyncio.sleep(60)

    async def scenario() -> None:
        async with Site({"/a": endless, "/b": page(b"there")}) as site, fetching(site) as fetcher:
            assert (await get(fetcher, site.url("/a"))).body == b"there"

    run(scenario())


def test_the_same_host_on_another_port_or_scheme_is_another_origin() -> None:
    hop = Hop("https://a.example.com/", "GET", {"Authorization": "x", "Accept": "y"}, None)
    assert "Authorization" in next_hop(hop, 302, "https://a.example.com:443/x").headers
    assert next_hop(hop, 302, "https://a.example.com:8443/x").headers == {"Accept": "y"}
    assert next_hop(hop, 302, "http://a.example.com/x").headers == {"Accept": "y"}
