"""The body: unpacked, and no larger than allowed."""

import asyncio
import gzip
import os
import struct
import zlib

import pytest

from tests.scraping.fetching import failure, fetching, get, run
from tests.scraping.site import Received, Route, Site, page

TEXT = b"<html><body>" + b"Good morning. " * 500 + b"</body></html>"


def stored_zstd(text: bytes) -> bytes:
    """A zstd frame with one raw block (RFC 8878): there is no encoder for it in the standard library."""
    return b"\x28\xb5\x2f\xfd\x20" + bytes([len(text)]) + struct.pack("<I", 1 | len(text) << 3)[:3] + text


@pytest.mark.parametrize(
    ("encoding", "packed", "text"),
    [
        ("gzip", gzip.compress(TEXT), TEXT),
        ("deflate", zlib.compress(TEXT), TEXT),
        ("br", b"\x0b\x02\x80hello\x03", b"hello"),
        ("zstd", stored_zstd(b"hello"), b"hello"),
        ("identity", TEXT, TEXT),
    ],
    ids=["gzip", "deflate", "br", "zstd", "identity"],  # not by the bytes: gzip writes the time into them
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
