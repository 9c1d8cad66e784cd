"""Through proxies: the operator's, a request's own, and those that do not work."""

import asyncio
import socket
from pathlib import Path

import pytest

from tests.scraping.certificates import server_context
from tests.scraping.fetching import Diary, failure, fetching, get, run
from tests.scraping.site import Received, Site, page


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
