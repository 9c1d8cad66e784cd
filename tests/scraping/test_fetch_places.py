"""Where a request really goes: to the pinned address, and nowhere the environment says."""

import asyncio
import errno
from ipaddress import ip_address

import pytest

from scraping.errors import ScrapeError
from scraping.fetchers import FetchSettings, HttpFetcher
from scraping.fetchers.clients import Clients, Lane
from scraping.fetchers.exchange import exchange
from scraping.fetchers.redirects import Hop
from scraping.guard import Guard, Target
from scraping.messages import PageRequest
from scraping.urls import read_url
from tests.scraping.fetching import fetching, get, run
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
