"""What goes wrong on the way, and what each of it is called."""

import asyncio
import gzip
import os
import socket
import struct
from pathlib import Path

import pytest

from tests.scraping.certificates import server_context
from tests.scraping.fetching import Diary, failure, fetching, get, run
from tests.scraping.site import Received, Route, Site, page


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
