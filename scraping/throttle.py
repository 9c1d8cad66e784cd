"""How fast one host may be asked: so many requests at once, so long between two of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

FORGET_ABOVE = 1000  # hosts remembered before idle ones are dropped


class Throttle(Protocol):
    """The pace per host, shared by whoever shares the throttle. `host` is a host name as it stands in the URL."""

    def slot(self, host: str) -> AbstractAsyncContextManager[None]:
        """Wait for a place and for the host's minimum delay; the place is free again when the block ends."""
        ...

    async def slow_down(self, host: str, seconds: float) -> None:
        """The host asked for quiet (429 or 503): nothing is sent to it for so long."""
        ...


class LocalThrottle:
    """A throttle for one process and one event loop.

    `limit` requests at once and `delay` seconds between two starts, per host. A request that is cancelled while
    it waits gives its place and its turn to the next.
    """

    def __init__(
        self,
        limit: int = 32,
        delay: float = 0.0,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if limit < 1:
            raise ValueError(f"limit={limit}: at least one request must be allowed at a time")
        if delay < 0:
            raise ValueError(f"delay={delay}: seconds cannot be negative")
        self._limit = limit
        self._delay = delay
        self._sleep = sleep
        self._clock = clock
        self._hosts: dict[str, _Host] = {}

    def slot(self, host: str) -> AbstractAsyncContextManager[None]:
        return _Slot(self, host)

    async def slow_down(self, host: str, seconds: float) -> None:
        state = self.host(host)
        state.next_start = max(state.next_start, self._clock() + seconds)

    async def turn(self, state: _Host) -> None:
        """Wait until the host may be asked again, then take that moment."""
        while (wait := state.next_start - self._clock()) > 0:
            # Whoever is woken first takes the turn; the others see the later moment and sleep on.
            await self._sleep(wait)
        state.next_start = self._clock() + self._delay

    def host(self, name: str) -> _Host:
        state = self._hosts.get(name)
        if state is None:
            if len(self._hosts) >= FORGET_ABOVE:
                self._forget_idle()
            state = self._hosts[name] = _Host(asyncio.Semaphore(self._limit))
        return state

    def _forget_idle(self) -> None:
        now = self._clock()
        self._hosts = {
            name: state for name, state in self._hosts.items() if state.users or state.next_start > now
        }


class _Slot:
    """One request's stay at a host. A class, since every page passes here and @asynccontextmanager costs twice."""

    __slots__ = ("_name", "_state", "_throttle")

    def __init__(self, throttle: LocalThrottle, name: str) -> None:
        self._throttle = throttle
        self._name = name

    async def __aenter__(self) -> None:
        self._state = state = self._throttle.host(self._name)
        state.users += 1
        try:
            await state.places.acquire()
        except BaseException:
            state.users -= 1
            raise
        try:
            await self._throttle.turn(state)
        except BaseException:
            self._leave()
            raise

    async def __aexit__(self, *failure: object) -> None:
        self._leave()

    def _leave(self) -> None:
        self._state.users -= 1
        self._state.places.release()


class _Host:
    """What is known of one host: its places, who holds or awaits one, and when the next request may start."""

    __slots__ = ("next_start", "places", "users")

    def __init__(self, places: asyncio.Semaphore) -> None:
        self.places = places
        self.users = 0
        self.next_start = 0.0
