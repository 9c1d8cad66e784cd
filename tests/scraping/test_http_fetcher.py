"""Getting a page: what is sent, how the answer is read, and what each failure is called."""

import asyncio
import gzip
import os
import socket
import struct
import zlib
from pathlib import Path

import pytest

from scraping.fetchers import FETCHERS, FetchSettings
from scraping.fetchers.clients import KEPT
from scraping.messages import PageRequest
from tests.scraping.certificates import server_context
from tests.scraping.fetching import Diary, failure, fetching, get, run
from tests.scraping.site import Received, Route, Site, page

TEXT = b"<html><body>" + b"Good morning. " * 500 + b"</body></html>"


def stored_zstd(text: bytes) -> bytes:
    """A zstd frame with one raw block (RFC 8878): there is no encoder for it in the standard library."""
    return b"\x28\xb5\x2f\xfd\x20" + bytes([len(text)]) + struct.pack("<I", 1 | len(text) << 3)[:3] + text


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
    ("encoding", "packed", "text"),
    [
        ("gzip", gzip.compress(TEXT), TEXT),
        ("deflate", zlib.compress(TEXT), TEXT),
        ("br", b"\x0b\x02\x80hello\x03", b"hello"),
        ("zstd", stored_zstd(b"hello"), b"hello"),
        ("identity", TEXT, TEXT),
    ],
)
def test_a_compressed_body_is_unpacked(encoding: str, packed: bytes, text: bytes) -> None:
    async def scenario() -> None:
        routes = {
            "/whole": page(packed, headers={"content-encoding": encoding}),
            "/chunked": page(
                b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (packed[:3], packed[3:]))
                + b"0\r\n\r\n",
                headers={"content-encoding": encoding, "transfer-encoding": "chunked"},
                length=False,
            ),
        }
        async with Site(routes) as site, fetching(site) as fetcher:
            assert (await get(fetcher, site.url("/whole"))).body == text
            assert (await get(fetcher, site.url("/chunked"))).body == text

    run(scenario())


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", b"this is no gzip"),
        ("gzip", gzip.compress(os.urandom(5000))[:3000]),
        ("br", b"hellohellohello"),
        ("zstd", b"hellohellohello"),
        ("deflate", b"\x00\x01hellohello"),
    ],
)
def test_a_body_that_cannot_be_unpacked_is_called_so(encoding: str, packed: bytes) -> None:
    async def scenario() -> None:
        async with (
            Site({"*": page(packed, headers={"content-encoding": encoding})}) as site,
            fetching(site) as fetcher,
        ):
            error = await failure(fetcher, site.url())
            assert (error.code, error.retryable) == ("bad_encoding", False)

    run(scenario())


def test_a_small_file_that_unpacks_without_end_is_given_up_at_the_limit() -> None:
    async def bomb(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n")
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        while True:  # until the client goes away: read to its end, this page would never come
            part = packer.compress(bytes(1_000_000)) + packer.flush(zlib.Z_SYNC_FLUSH)
            writer.write(b"%x\r\n%s\r\n" % (len(part), part))
            await writer.drain()
            await asyncio.sleep(0)  # drain alone does not let the client, in the same loop, have its turn

    async def scenario() -> None:
        async with Site({"*": bomb}) as site, fetching(site, max_bytes=5_000_000) as fetcher:
            error = await failure(fetcher, site.url())
            assert (error.code, error.retryable) == ("body_too_large", False)
            assert "5,000,000 bytes" in error.message

    run(scenario())


def test_the_limit_is_for_the_unpacked_body_whatever_its_length_says() -> None:
    async def scenario() -> None:
        packed = gzip.compress(bytes(20_000_000))
        async with Site({"*": page(packed, headers={"content-encoding": "gzip"})}) as site:
            async with fetching(site, max_bytes=1_000_000) as fetcher:
                assert len(packed) < 1_000_000
                assert (await failure(fetcher, site.url())).code == "body_too_large"
            async with fetching(site, max_bytes=20_000_000) as fetcher:
                assert len((await get(fetcher, site.url())).body) == 20_000_000

    run(scenario())


def test_a_body_over_the_limit_is_refused_by_its_length_before_it_comes() -> None:
    async def only_promises(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n")
        await asyncio.sleep(60)

    async def scenario() -> None:
        routes: dict[str, Route] = {
            "/large": only_promises,
            "/fits": page(b"x" * 1000),
            "/over": page(b"x" * 1001),
        }
        async with Site(routes) as site, fetching(site, max_bytes=1000) as fetcher:
            assert (await failure(fetcher, site.url("/large"))).code == "body_too_large"
            assert (await failure(fetcher, site.url("/over"))).code == "body_too_large"
            assert len((await get(fetcher, site.url("/fits"))).body) == 1000

    run(scenario())


def test_the_length_in_an_answer_to_head_is_no_body() -> None:
    async def scenario() -> None:
        head = b"HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n"
        async with Site({"*": head}) as site, fetching(site, max_bytes=1000) as fetcher:
            response = await get(fetcher, site.url(), method="HEAD")
            assert (response.body, response.headers["content-length"]) == (b"", "99999")

    run(scenario())


async def says_nothing(request: Received, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def stops_in_the_middle(request: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhello")
    await asyncio.sleep(60)


async def drips(request: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("route", [says_nothing, stops_in_the_middle])
def test_a_silence_longer_than_the_read_timeout_ends_the_page(route: Route) -> None:
    async def scenario() -> None:
        async with Site({"*": route}) as site, fetching(site, read_timeout=0.2) as fetcher:
            error = await failure(fetcher, site.url())
            assert (error.code, error.retryable) == ("timeout", False)
            assert len(site.received) == 1

    run(scenario())


@pytest.mark.parametrize("route", [says_nothing, drips])
def test_the_total_timeout_holds_even_when_something_always_comes(route: Route) -> None:
    async def scenario() -> None:
        async with Site({"*": route}) as site, fetching(site, total_timeout=0.5) as fetcher:
            error = await failure(fetcher, site.url())
            assert (error.code, "0.5 s" in error.message) == ("timeout", True)
            assert (await failure(fetcher, site.url(), timeout=0.3)).message.endswith("within 0.3 s.")

    run(scenario())


def test_a_connection_that_is_not_made_in_time_is_a_timeout_that_may_pass() -> None:
    async def never_shakes_hands(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async def scenario() -> None:
        server = await asyncio.start_server(never_shakes_hands, "127.0.0.1", 0)
        address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        diary = Diary()
        hosts = frozenset({address})
        async with fetching(
            diary=diary, connect_timeout=0.2, allowed_private_hosts=hosts, retries=1
        ) as fetcher:
            error = await failure(fetcher, f"https://{address}/")
            assert (error.code, error.retryable) == ("timeout", True)
            assert len(diary.slept) == 1
        server.close()

    run(scenario())


async def closes_at_once(request: Received, writer: asyncio.StreamWriter) -> None:
    return None


async def closes_in_the_middle(request: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhello")


async def closes_between_chunks(request: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n")


async def closes_in_the_middle_of_gzip(request: Received, writer: asyncio.StreamWriter) -> None:
    packed = gzip.compress(os.urandom(5000))
    head = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(packed)
    writer.write(head + packed[:3000])


async def resets(request: Received, writer: asyncio.StreamWriter) -> None:
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def speaks_something_else(request: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 mail.example.com ESMTP\r\n\r\n")


@pytest.mark.parametrize(
    "route",
    [
        closes_at_once,
        closes_in_the_middle,
        closes_between_chunks,
        closes_in_the_middle_of_gzip,
        resets,
        speaks_something_else,
    ],
)
def test_a_connection_that_breaks_is_tried_again_and_then_called_so(route: Route) -> None:
    async def scenario() -> None:
        diary = Diary()
        async with Site({"*": route}) as site, fetching(site, diary=diary, retries=1) as fetcher:
            error = await failure(fetcher, site.url())
            assert (error.code, error.retryable) == ("connection_failed", True)
            assert len(diary.slept) == 1
            assert len(site.received) >= 2

    run(scenario())


def test_a_closed_port_is_a_failed_connection() -> None:
    async def scenario() -> None:
        async with Site() as site:
            pass
        async with fetching(site, retries=0) as fetcher:
            error = await failure(fetcher, site.url())
            assert (error.code, error.retryable) == ("connection_failed", True)

    run(scenario())


def test_a_certificate_must_be_trusted_and_fit_the_name(tmp_path: Path) -> None:
    context, roots = server_context(tmp_path, "shop.example.com")

    async def scenario() -> None:
        names = {"shop.example.com": "127.0.0.1", "other.example.com": "127.0.0.1"}
        async with Site({"*": page(b"safe")}, tls=context) as site:
            async with fetching(site, names=names) as fetcher:
                error = await failure(fetcher, site.url(host="shop.example.com"))
                assert (error.code, error.retryable) == ("tls_failed", False)
            async with fetching(site, names=names, ca_file=str(roots)) as fetcher:
                assert (await get(fetcher, site.url(host="shop.example.com"))).body == b"safe"
                assert (await failure(fetcher, site.url(host="other.example.com"))).code == "tls_failed"
            assert site.paths() == ["/"]

    run(scenario())


def test_a_server_without_tls_is_a_failed_handshake() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
        writer.close()

    async def scenario() -> None:
        server = await asyncio.start_server(plain, "127.0.0.1", 0)
        address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with fetching(allowed_private_hosts=frozenset({address})) as fetcher:
            assert (await failure(fetcher, f"https://{address}/")).code == "tls_failed"
        server.close()

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
