"""Names to addresses: by the system, off the event loop, each name once at a time, remembered for a short while."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address

from scraping.addresses import IPAddress
from scraping.errors import ScrapeError

Lookup = Callable[[str], Sequence[IPAddress]]

REMEMBER = 30.0  # seconds an answer is good for
REMEMBER_FAILURE = (
    5.0  # seconds a failure is: long enough that a batch does not ask for a dead name 100 times
)
REMEMBER_NAMES = 4096
THREADS = 16  # the loop's own pool has few threads, and one slow name server would fill it


def system_lookup(host: str) -> list[IPAddress]:
    """All addresses of a name in the system's order of preference. Raises OSError (socket.gaierror)."""
    answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    # dict.fromkeys: one of each, order kept
    return list(dict.fromkeys(ip_address(str(answer[4][0])) for answer in answers))


class Resolver:
    """Belongs to one event loop. `timeout` is seconds for one lookup."""

    def __init__(
        self,
        lookup: Lookup = system_lookup,
        *,
        timeout: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lookup = lookup
        self._timeout = timeout
        self._clock = clock
        self._known: dict[str, tuple[float, tuple[IPAddress, ...] | ScrapeError]] = {}
        self._asking: dict[str, asyncio.Task[tuple[IPAddress, ...]]] = {}
        self._pool: ThreadPoolExecutor | None = None

    async def resolve(self, host: str, within: float | None = None) -> tuple[IPAddress, ...]:
        """The name's addresses, at least one. Raises ScrapeError (dns_failed), and TimeoutError when this caller
        has no more than `within` seconds and they are over."""
        known = self._known.get(host)
        if known is not None and known[0] > self._clock():
            if isinstance(known[1], ScrapeError):
                raise _copy(known[1])
            return known[1]
        task = self._asking.get(host)
        if task is None:
            task = self._asking[host] = asyncio.create_task(self._ask(host))
            task.add_done_callback(lambda done: self._asked(host, done))
        # Shielded: others may wait for the same answer when this caller is cancelled.
        async with asyncio.timeout(within):
            return await asyncio.shield(task)

    def resolve_blocking(self, host: str) -> tuple[IPAddress, ...]:
        """The same in the calling thread, without the memory. Raises ScrapeError (dns_failed)."""
        try:
            return _answered(host, self._lookup(host))
        except (OSError, UnicodeError) as error:
            raise _failure(host, error) from error

    def close(self) -> None:
        for task in self._asking.values():
            task.cancel()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    async def _ask(self, host: str) -> tuple[IPAddress, ...]:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="resolver")
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._timeout):
                found = await loop.run_in_executor(self._pool, self._lookup, host)
            return _answered(host, found)
        except TimeoutError as error:
            raise ScrapeError(
                "dns_failed",
                f"The name servers did not answer for {host} within {self._timeout:g} s.",
                retryable=True,
            ) from error
        except (OSError, UnicodeError) as error:
            raise _failure(host, error) from error

    def _asked(self, host: str, task: asyncio.Task[tuple[IPAddress, ...]]) -> None:
        del self._asking[host]
        if task.cancelled():
            return
        if len(self._known) >= REMEMBER_NAMES:
            self._known.clear()
        error = task.exception()
        if error is None:
            self._known[host] = (self._clock() + REMEMBER, task.result())
        elif isinstance(error, ScrapeError) and not error.retryable:
            self._known[host] = (self._clock() + REMEMBER_FAILURE, error)


def _answered(host: str, addresses: Sequence[IPAddress]) -> tuple[IPAddress, ...]:
    if not addresses:
        raise ScrapeError("dns_failed", f"The host name {host} has no address.")
    return tuple(addresses)


def _failure(host: str, error: Exception) -> ScrapeError:
    if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
        return ScrapeError(
            "dns_failed", f"The name servers could not answer for {host} just now.", retryable=True
        )
    return ScrapeError("dns_failed", f"The host name {host} does not exist or has no address.")


def _copy(error: ScrapeError) -> ScrapeError:
    """A remembered failure, raised anew: one exception object must not collect every caller's traceback."""
    return ScrapeError(error.code, error.message, retryable=error.retryable)
