"""The client says hello as Chrome does: TLS, then HTTP/2."""

import asyncio
import contextlib
import struct
from pathlib import Path

from scraping.errors import ScrapeError
from tests.scraping.certificates import server_context
from tests.scraping.fetching import fetching, get, run

# RFC 8701: reserved values that Chrome mixes into its hello, and command-line clients do not
GREASE = {0x0A0A + 0x1010 * number for number in range(16)}


def cipher_suites(hello: bytes) -> list[int]:
    """Those of a ClientHello record (RFC 8446, 4.1.2)."""
    at = 5 + 4 + 2 + 32  # record header, handshake header, version, random
    at += 1 + hello[at]  # session id
    (length,) = struct.unpack_from(">H", hello, at)
    return list(struct.unpack_from(f">{length // 2}H", hello, at + 2))


def settings_frame(start: bytes) -> dict[int, int]:
    """The SETTINGS that follow the connection's preface (RFC 9113, 6.5): identifier -> value."""
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    assert start.startswith(preface)
    frame = start[len(preface) :]
    length, kind = int.from_bytes(frame[:3], "big"), frame[3]
    assert kind == 4
    return dict(struct.iter_unpack(">HI", frame[9 : 9 + length]))


def test_the_tls_hello_is_a_browsers() -> None:
    async def scenario() -> None:
        hello: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            hello.set_result(await reader.read(4096))
            writer.close()

        server = await asyncio.start_server(listen, "127.0.0.1", 0)
        address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with fetching(allowed_private_hosts=frozenset({address}), retries=0) as fetcher:
            with contextlib.suppress(ScrapeError):
                await get(fetcher, f"https://{address}/")
        suites = cipher_suites(await hello)
        assert suites[0] in GREASE
        assert suites[1:4] == [0x1301, 0x1302, 0x1303]  # the three of TLS 1.3, in Chrome's order
        server.close()

    run(scenario())


def test_http2_is_chosen_with_a_browsers_settings(tmp_path: Path) -> None:
    context, roots = server_context(tmp_path, "shop.example.com")
    context.set_alpn_protocols(["h2", "http/1.1"])

    async def scenario() -> None:
        start: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            start.set_result(await reader.readexactly(24 + 9 + 4 * 6))
            writer.close()

        server = await asyncio.start_server(listen, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        allowed = frozenset({f"shop.example.com:{port}"})
        # The name is pinned by `others`, and allowed with this port only.
        names = {"shop.example.com": "127.0.0.1"}
        async with fetching(
            others=names, allowed_private_hosts=allowed, ca_file=str(roots), retries=0
        ) as fetcher:
            with contextlib.suppress(ScrapeError):
                await get(fetcher, f"https://shop.example.com:{port}/")
        settings = settings_frame(await start)
        assert settings == {1: 65536, 2: 0, 4: 6291456, 6: 262144}
        server.close()

    run(scenario())
