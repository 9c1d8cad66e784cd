"""What a page costs each HTTP client, on one machine, in one run: `python -m benchmarks.fetch`.

A small server in a process of its own serves the same 60 KB page, plain and gzipped. The clients take turns, several
rounds each, and the best round counts. Look at the ratios; the milliseconds are this machine's. There is no latency
and no TLS: this is the client's own work, which is what a batch of many pages at once is bound by.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import importlib.util
import random
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack

PAGE_BYTES = 60_000
CONCURRENCY = 32

Get = Callable[[str], Awaitable[int]]  # URL -> bytes received


def page() -> bytes:
    """A listing page with prices, so that it compresses like one."""
    dice = random.Random(7)  # noqa: S311 - the same page in every run
    rows = [
        f'<li class="item"><a href="/p/{dice.getrandbits(32)}">Item {dice.getrandbits(40):x}</a>'
        f"<span>{dice.uniform(1, 900):.2f} €</span></li>\n"
        for _ in range(800)
    ]
    return ("<html><body><ul>" + "".join(rows)).encode()[:PAGE_BYTES]


async def serve() -> None:
    body, packed = page(), gzip.compress(page(), 6)
    plain = b"HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: %d\r\n\r\n" % len(
        body
    )
    zipped = b"HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n"
    answers = {b"/plain": plain + body, b"/gzip": zipped % len(packed) + packed}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(answers[head.split(b" ", 2)[1].partition(b"?")[0]])
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def bare_wreq(stack: AsyncExitStack, port: int) -> Get:
    import wreq

    from scraping.fetchers.clients import BROWSER

    client = wreq.Client(emulation=BROWSER, no_proxy=True, redirect=wreq.Policy.none())
    stack.callback(client.close)

    async def get(url: str) -> int:
        response = await client.get(url)
        return len(bytes(await response.bytes()))

    return get


async def our_fetcher(stack: AsyncExitStack, port: int) -> Get:
    from scraping.fetchers import FetchSettings, HttpFetcher
    from scraping.messages import PageRequest

    fetcher = HttpFetcher(FetchSettings(allowed_private_hosts=frozenset({f"127.0.0.1:{port}"})))
    stack.push_async_callback(fetcher.close)

    async def get(url: str) -> int:
        return len((await fetcher.fetch(PageRequest(url))).body)

    return get


async def with_curl_cffi(stack: AsyncExitStack, port: int) -> Get:
    from curl_cffi.requests import AsyncSession

    session = await stack.enter_async_context(AsyncSession(impersonate="chrome", max_clients=CONCURRENCY))

    async def get(url: str) -> int:
        return len((await session.get(url)).content)

    return get


async def with_aiohttp(stack: AsyncExitStack, port: int) -> Get:
    import aiohttp

    session = await stack.enter_async_context(aiohttp.ClientSession())

    async def get(url: str) -> int:
        async with session.get(url) as response:
            return len(await response.read())

    return get


async def with_requests(stack: AsyncExitStack, port: int) -> Get:
    """In threads, with one session for all, as a first version would have it."""
    import requests

    pool = stack.enter_context(ThreadPoolExecutor(16))
    session = stack.enter_context(requests.Session())
    adapter = requests.adapters.HTTPAdapter(pool_maxsize=16)
    session.mount("http://", adapter)
    loop = asyncio.get_running_loop()

    async def get(url: str) -> int:
        return await loop.run_in_executor(pool, lambda: len(session.get(url, timeout=30).content))

    return get


# name -> (how to make it, the module it needs)
CLIENTS = {
    "wreq": (bare_wreq, "wreq"),
    "HttpFetcher": (our_fetcher, "wreq"),
    "aiohttp": (with_aiohttp, "aiohttp"),
    "curl_cffi": (with_curl_cffi, "curl_cffi"),
    "requests": (with_requests, "requests"),
}


async def one_round(get: Get, url: str, pages: int) -> tuple[float, float]:
    """Get so many pages: (CPU seconds, wall seconds) for each."""
    numbers = iter(range(pages))

    async def work() -> None:
        for _ in numbers:
            assert await get(url) == PAGE_BYTES

    started, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(work() for _ in range(CONCURRENCY)))
    return (time.process_time() - cpu) / pages, (time.perf_counter() - started) / pages


async def measure(port: int, pages: int, rounds: int) -> dict[str, dict[str, tuple[float, float]]]:
    """kind of page -> client -> its best round (by CPU)."""
    async with AsyncExitStack() as stack:
        clients = {}
        for name, (make, module) in CLIENTS.items():
            if importlib.util.find_spec(module) is None:
                print(f"{name}: left out, {module} is not installed (pip install {module})", file=sys.stderr)
                continue
            clients[name] = await make(stack, port)
        best: dict[str, dict[str, tuple[float, float]]] = {}
        for kind in ("plain", "gzip"):
            url = f"http://127.0.0.1:{port}/{kind}"
            for get in clients.values():
                await one_round(get, url, CONCURRENCY * 2)  # connections are made outside the measured rounds
            seen: dict[str, list[tuple[float, float]]] = {name: [] for name in clients}
            for _ in range(rounds):
                for name, get in clients.items():
                    seen[name].append(await one_round(get, url, pages))
            best[kind] = {name: min(times) for name, times in seen.items()}
        return best


def report(best: dict[str, dict[str, tuple[float, float]]]) -> None:
    for kind, clients in best.items():
        print(f"\n{PAGE_BYTES // 1000} KB pages, {kind}, {CONCURRENCY} at once")
        print(f"{'client':14}{'CPU ms/page':>14}{'pages/s':>12}{'CPU ÷ wreq':>14}")
        base = clients["wreq"][0]
        for name, (cpu, wall) in sorted(clients.items(), key=lambda item: item[1]):
            print(f"{name:14}{cpu * 1000:14.3f}{1 / wall:12,.0f}{cpu / base:14.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pages", type=int, default=600, help="pages in a round (default: 600)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each client (default: 5)")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve())
        return
    command = [sys.executable, "-m", "benchmarks.fetch", "--serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        try:
            assert server.stdout is not None
            report(asyncio.run(measure(int(server.stdout.readline()), options.pages, options.rounds)))
        finally:
            server.kill()


if __name__ == "__main__":
    main()
