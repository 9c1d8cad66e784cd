"""Where a request really goes: pinned addresses, proxies, overrides, and nothing the environment says."""

import asyncio
import errno
import socket
from ipaddress import ip_address
from pathlib import Path

import pytest

from scraping.errors import ScrapeError
from scraping.fetchers import FetchSettings, HttpFetcher
from scraping.fetchers.clients import Clients, Lane
from scraping.fetchers.exchange import exchange
from scraping.fetchers.redirects import Hop
from scraping.guard import Guard, Target
from scraping.messages import PageRequest
from scraping.urls import read_url
from tests.scraping.certificates import server_context
from tests.scraping.fetching import Diary, failure, fetching, get, run
from tests.scraping.site import Received, Route, Site, page, redirect


def test_the_client_goes_to_the_checked_address_and_asks_nobody_else() -> None:
    """The system knows localhost as 127.0.0.1 and does not know the other name at all."""

    async def scenario() -> None:
        async with Site({"*": page(b"pinned")}, host="127.0.0.2") as site:
            names = {"localhost": "127.0.0.2", "nowhere.invalid": "127.0.0.2"}
            async with fetching(site, names=names) as fetcher:
                for name in names:
                    assert (await get(fetcher, site.url(host=name))).body == b"pinned"
                    assert site.received[-1].headers["host"] == f"{name}:{site.port}"

    run(scenario())


def test_a_name_that_changes_its_answer_between_check_and_use_gains_nothing() -> None:
    """Rebinding: the answer that was checked is the one that is used, whatever the name says meanwhile."""

    async def scenario() -> None:
        async with (
            Site({"*": page(b"checked")}, host="127.0.0.2") as checked,
            Site({"*": page(b"secret")}) as other,
        ):
            answers = ["127.0.0.2", "127.0.0.1"]
            guard = Guard(
                [f"rebind.invalid:{checked.port}"], lookup=lambda host: [ip_address(answers.pop(0))]
            )
            target = await guard.check(checked.url(host="rebind.invalid"))
            clients = Clients(FetchSettings())
            hop = Hop(target.url, "GET", {}, None)
            answer = await exchange(
                clients.get(target, None),
                hop,
                target.url,
                host="rebind.invalid",
                max_bytes=1000,
                jar=None,
            )
            assert answer.body == b"checked"
            assert answers == ["127.0.0.1"]  # the client did not ask again
            assert other.received == []
            clients.close()
            await guard.close()

    run(scenario())


def test_an_answer_that_turns_private_is_refused_on_the_next_check() -> None:
    async def scenario() -> None:
        answers = [["93.184.216.34"], ["93.184.216.34", "127.0.0.1"]]

        def lookup(host: str) -> list[object]:
            return [ip_address(text) for text in answers.pop(0)]

        now = 0.0
        guard = Guard(lookup=lookup)  # type: ignore[arg-type]  # ip_address() is typed as a union of its own
        guard._resolver._clock = lambda: now
        assert len((await guard.check("http://rebind.example.com/")).addresses) == 1
        now = 3600.0
        with pytest.raises(ScrapeError) as caught:
            await guard.check("http://rebind.example.com/")
        assert caught.value.code == "private_ip"
        await guard.close()

    run(scenario())


def test_a_connection_to_another_address_is_given_up_before_its_body_is_read() -> None:
    async def only_headers(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n")
        await asyncio.sleep(60)

    async def scenario() -> None:
        async with Site({"*": only_headers}) as site:
            place, _ = read_url(site.url())
            lane = Clients(FetchSettings()).get(Target(site.url(), place, (ip_address("127.0.0.1"),)), None)
            elsewhere = Lane(lane.client, frozenset({"93.184.216.34"}))
            with pytest.raises(ScrapeError) as caught:
                await exchange(
                    elsewhere,
                    Hop(site.url(), "GET", {}, None),
                    site.url(),
                    host="127.0.0.1",
                    max_bytes=1000,
                    jar=None,
                )
            assert caught.value.code == "private_ip"

    run(scenario())


def test_an_ipv6_literal_is_reached() -> None:
    async def scenario() -> None:
        try:
            site = await Site({"*": page(b"six")}, host="::1").__aenter__()
        except OSError as error:
            if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                pytest.skip("this machine has no IPv6 loopback")
            raise
        async with fetching(allowed_private_hosts=frozenset({f"[::1]:{site.port}"})) as fetcher:
            response = await get(fetcher, f"http://[0:0::1]:{site.port}/")
            assert (response.body, response.url) == (b"six", f"http://[::1]:{site.port}/")
        await site.__aexit__(None, None, None)

    run(scenario())


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)

    async def scenario() -> None:
        async with Site({"*": page(b"direct")}) as site, fetching(site) as fetcher:
            assert (await get(fetcher, site.url())).body == b"direct"

    run(scenario())


def test_the_client_itself_follows_no_redirect_and_keeps_no_cookie() -> None:
    async def scenario() -> None:
        async with Site({"*": redirect("/b", headers={"set-cookie": "a=1"})}) as site:
            place, _ = read_url(site.url())
            client = (
                Clients(FetchSettings())
                .get(Target(site.url(), place, (ip_address("127.0.0.1"),)), None)
                .client
            )
            for _ in range(2):
                response = await client.get(site.url("/a"))
                assert response.status.as_int() == 302
            assert site.paths() == ["/a", "/a"]
            assert "cookie" not in site.received[1].headers

    run(scenario())


class Proxy(Site):
    """A proxy for plain requests (absolute form), which it answers itself, and for tunnels, which it digs."""

    def __init__(self, answer: bytes = b"", tunnel_to: int = 0) -> None:
        super().__init__({"*": self._answer})
        self._reply = answer or page(b"by proxy")
        self._tunnel_to = tunnel_to

    async def _answer(self, request: Received, writer: asyncio.StreamWriter) -> bytes | None:
        if request.method != "CONNECT" or not self._tunnel_to:
            return self._reply
        reader_there, writer_there = await asyncio.open_connection("127.0.0.1", self._tunnel_to)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(pump(self.readers[writer], writer_there), pump(reader_there, writer))
        return None


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


def test_the_operators_proxy_may_be_private_and_gets_every_request() -> None:
    async def scenario() -> None:
        public = {"shop.example.com": "93.184.216.34"}
        async with (
            Proxy() as proxy,
            fetching(others=public, proxy=f"http://us%40er:pw@{proxy.address}") as fetcher,
        ):
            response = await get(fetcher, "http://shop.example.com/a?b")
            assert (response.body, response.url) == (b"by proxy", "http://shop.example.com/a?b")
            (received,) = proxy.received
            assert received.target == "http://shop.example.com/a?b"
            assert received.headers["proxy-authorization"] == "Basic dXNAZXI6cHc="

    run(scenario())


def test_a_page_over_tls_goes_through_a_tunnel(tmp_path: Path) -> None:
    context, roots = server_context(tmp_path, "shop.example.com")

    async def scenario() -> None:
        async with Site({"*": page(b"safe")}, tls=context) as site, Proxy(tunnel_to=site.port) as proxy:
            public = {"shop.example.com": "93.184.216.34"}
            async with fetching(
                others=public, proxy=f"http://{proxy.address}", ca_file=str(roots)
            ) as fetcher:
                response = await get(fetcher, "https://shop.example.com/a")
                assert response.body == b"safe"
            assert [(request.method, request.target) for request in proxy.received] == [
                ("CONNECT", "shop.example.com:443")
            ]
            assert site.paths() == ["/a"]

    run(scenario())


def test_the_target_behind_a_proxy_is_checked_all_the_same() -> None:
    async def scenario() -> None:
        inside = {"inside.example.com": "10.0.0.1"}
        async with Proxy() as proxy, fetching(others=inside, proxy=f"http://{proxy.address}") as fetcher:
            for url, code in (
                ("http://inside.example.com/", "private_ip"),
                ("http://169.254.169.254/", "private_ip"),
                ("http://nobody.example.com/", "dns_failed"),
                ("http://localhost/", "blocked_hostname"),
            ):
                assert (await failure(fetcher, url)).code == code
            assert proxy.received == []

    run(scenario())


def test_a_proxy_named_by_a_request_is_checked_like_a_target() -> None:
    async def scenario() -> None:
        public = {"shop.example.com": "93.184.216.34"}
        async with Proxy() as proxy:
            async with fetching(others=public) as fetcher:
                for own in (f"http://{proxy.address}", "socks5://localhost:1080", "http://[::1]:3128"):
                    error = await failure(fetcher, "http://shop.example.com/", proxy=own)
                    assert error.code in ("private_ip", "blocked_hostname")
            async with fetching(proxy, others=public, proxy="http://127.0.0.1:1") as fetcher:
                response = await get(fetcher, "http://shop.example.com/", proxy=f"http://{proxy.address}")
                assert response.body == b"by proxy"
            assert len(proxy.received) == 1

    run(scenario())


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    "answer",
    [page(b"who are you", 407), page(b"no", 502), b"220 mail.example.com\r\n\r\n"],
    ids=["407", "502", "junk"],
)
def test_a_proxy_that_does_not_do_its_work_is_named(scheme: str, answer: bytes) -> None:
    async def scenario() -> None:
        public = {"shop.example.com": "93.184.216.34"}
        async with (
            Proxy(answer) as proxy,
            fetching(others=public, proxy=f"http://{proxy.address}", retries=0) as fetcher,
        ):
            if scheme == "http" and b" 502 " in answer:
                # In the absolute form nobody can tell a proxy's 502 from the site's.
                assert (await get(fetcher, "http://shop.example.com/")).status == 502
                return
            error = await failure(fetcher, f"{scheme}://shop.example.com/")
            assert error.code == "proxy_failed", error.message

    run(scenario())


def test_a_proxy_that_is_not_there_is_tried_again() -> None:
    async def scenario() -> None:
        diary = Diary()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{free.getsockname()[1]}"
        public = {"shop.example.com": "93.184.216.34"}
        for scheme in ("http", "socks5"):
            async with fetching(
                others=public, proxy=f"{scheme}://{address}", diary=diary, retries=1
            ) as fetcher:
                error = await failure(fetcher, "http://shop.example.com/")
                assert (error.code, error.retryable) == ("proxy_failed", True)
        assert len(diary.slept) == 2

    run(scenario())


def test_a_message_never_shows_the_proxys_password() -> None:
    async def scenario() -> None:
        public = {"shop.example.com": "93.184.216.34"}
        async with fetching(others=public, proxy="http://user:secret@127.0.0.1:1", retries=0) as fetcher:
            for url in ("http://shop.example.com/", "https://shop.example.com/"):
                assert "secret" not in (await failure(fetcher, url)).message

    run(scenario())


def test_an_overridden_origin_is_fetched_elsewhere_and_keeps_its_url() -> None:
    async def scenario() -> None:
        async with Site({"/shop/a": page(b"mirrored")}) as site:
            overrides = {"https://www.shop.example": site.url("/shop/")}
            async with fetching(
                origin_overrides=overrides
            ) as fetcher:  # its target needs no other permission
                response = await get(fetcher, "https://www.shop.example:443/a?b=c")
                assert (response.body, response.url) == (b"mirrored", "https://www.shop.example/a?b=c")
                assert site.received[0].target == "/shop/a?b=c"
                assert site.received[0].headers["host"] == site.address
                # The permission is for the override, not for whoever names its target.
                assert (await failure(fetcher, site.url("/shop/a"))).code == "private_ip"

    run(scenario())


@pytest.mark.parametrize(
    "location",
    [
        "/b?x=1",
        "b?x=1",
        "/mirror/b?x=1",
        "https://www.shop.example/b?x=1",
        "//www.shop.example/b?x=1",
        "http://{address}/mirror/b?x=1",
    ],
)
def test_a_redirect_of_an_overridden_page_stays_in_the_override(location: str) -> None:
    async def scenario() -> None:
        async with Site({"/mirror/b": page(b"there")}) as site:
            site.routes["/mirror/a"] = redirect(location.format(address=site.address))
            overrides = {"https://www.shop.example": site.url("/mirror")}
            async with fetching(origin_overrides=overrides) as fetcher:
                response = await get(fetcher, "https://www.shop.example/a")
                assert response.url == "https://www.shop.example/b?x=1"
                assert response.redirects == ("https://www.shop.example/a",)
                assert site.paths() == ["/mirror/a", "/mirror/b?x=1"]

    run(scenario())


def test_a_redirect_out_of_an_override_is_checked() -> None:
    async def scenario() -> None:
        async with Site() as site, Site({"*": page(b"secret")}) as other:
            site.routes["/a"] = redirect(other.url("/"))
            async with fetching(origin_overrides={"https://www.shop.example": site.url()}) as fetcher:
                assert (await failure(fetcher, "https://www.shop.example/a")).code == "private_ip"
                assert other.received == []

    run(scenario())


def test_a_path_cannot_climb_out_of_an_override() -> None:
    async def scenario() -> None:
        async with Site({"*": page(b"ok")}) as site:
            async with fetching(origin_overrides={"https://www.shop.example": site.url("/shop")}) as fetcher:
                for path in ("/../admin", "/%2e%2e/admin", "/a/../../admin", "/.%2E/admin"):
                    await get(fetcher, f"https://www.shop.example{path}")
            assert site.paths() == ["/shop/admin"] * 4

    run(scenario())


def test_an_override_leaves_the_proxy_out_and_keeps_the_hosts_pace() -> None:
    async def scenario() -> None:
        diary = Diary()
        async with Site({"*": page(b"mirrored")}) as site:
            overrides = {"https://www.shop.example": site.url()}
            async with fetching(
                origin_overrides=overrides, proxy="http://127.0.0.1:1", diary=diary
            ) as fetcher:
                assert (await get(fetcher, "https://www.shop.example/a")).body == b"mirrored"
                assert diary.slots == ["www.shop.example"]

    run(scenario())


def test_closing_ends_what_is_under_way() -> None:
    async def scenario() -> None:
        arrived = asyncio.Event()

        async def never(request: Received, writer: asyncio.StreamWriter) -> None:
            arrived.set()
            await asyncio.sleep(60)

        routes: dict[str, Route] = {"*": never}
        async with Site(routes) as site:
            fetcher = HttpFetcher(FetchSettings(allowed_private_hosts=frozenset({site.address})))
            task = asyncio.create_task(fetcher.fetch(PageRequest(site.url())))
            await arrived.wait()
            await fetcher.close()
            with pytest.raises(asyncio.CancelledError):
                await task

    run(scenario())
