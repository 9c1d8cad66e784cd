"""The throttle of a worker process: its share of each host's limit, renewed in the background."""

import asyncio
import contextlib
import logging
import time
import uuid
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections
from django.utils.timezone import now

from collections_app.services import hosts

logger = logging.getLogger(__name__)

RENEW = hosts.TTL.total_seconds() / 3
STARVED = 0.25  # seconds until a holder with nothing asks again
LAPSED = hosts.TTL.total_seconds()  # a share that was not renewed for so long is no longer ours

DATABASE_GONE = (OperationalError, InterfaceError)

P = ParamSpec("P")
T = TypeVar("T")


class _Host:
    """What this process knows of a host. Times are of the monotonic clock."""

    def __init__(self) -> None:
        self.granted = 0
        self.holders = 1
        self.in_flight = 0
        self.next_start = 0.0
        self.asked = 0.0
        self.used = 0.0
        self.waiting: deque[asyncio.Future[None]] = deque()
        self.asking = asyncio.Lock()

    def wake(self) -> None:
        free = self.granted - self.in_flight
        while self.waiting and free > 0:
            waiter = self.waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                free -= 1


class SharedThrottle:
    """scraping.Throttle over the database's shares; lives in one event loop."""

    def __init__(self) -> None:
        self.holder = uuid.uuid4()
        self._hosts: dict[str, _Host] = {}
        self._renewing: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    @asynccontextmanager
    async def slot(self, host: str) -> AsyncIterator[None]:
        state = self._hosts.setdefault(host, _Host())
        await self._enter(host, state)
        try:
            await self._turn(state)
            yield
        finally:
            state.in_flight -= 1
            state.used = time.monotonic()
            state.wake()

    async def slow_down(self, host: str, seconds: float) -> None:
        state = self._hosts.setdefault(host, _Host())
        state.next_start = max(state.next_start, time.monotonic() + seconds)
        try:
            await self._in_thread(hosts.slow_down, host, seconds)
        except DATABASE_GONE as error:
            logger.warning("%s: that it wants quiet could not be passed on: %s", host, error)

    async def close(self) -> None:
        """Give every share back; the throttle is of no use afterwards."""
        self._closing.set()
        if self._renewing is not None:
            # Let it end: a cancelled task leaves its database call running, which would take a share again.
            await self._renewing
        await self._in_thread(hosts.give_back, list(self._hosts), self.holder)

    async def _enter(self, host: str, state: _Host) -> None:
        """Wait for a place; counts it as taken."""
        while True:
            moment = time.monotonic()
            state.used = moment
            if moment >= state.asked + LAPSED or state.granted == 0:
                await self._ask(host, state, since=moment)
                if state.granted <= state.in_flight == 0:
                    await asyncio.sleep(STARVED)
                    continue
            if state.in_flight < state.granted:
                state.in_flight += 1
                return
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            state.waiting.append(waiter)
            try:
                await waiter
            except asyncio.CancelledError:
                if waiter.done() and not waiter.cancelled():
                    state.wake()
                raise

    async def _turn(self, state: _Host) -> None:
        """Keep the minimum delay: with several holders each takes its turn less often."""
        delay = settings.HOST_DELAY * state.holders
        while (pause := state.next_start - time.monotonic()) > 0:  # noqa: ASYNC110  a moment, not an event
            await asyncio.sleep(pause)
        if delay:
            state.next_start = time.monotonic() + delay

    async def _ask(self, host: str, state: _Host, *, since: float = float("inf")) -> None:
        """Ask for a share, unless somebody else did after `since`."""
        async with state.asking:
            if state.asked >= since:
                return
            moment = time.monotonic()
            try:
                share = await self._in_thread(hosts.ask, host, self.holder, state.in_flight)
            except DATABASE_GONE as error:
                # A request does not fail for that. A share that was granted lasts a while; who has none waits.
                logger.warning("%s: no share of it, the database does not answer: %s", host, error)
                if moment >= state.asked + LAPSED:
                    state.granted = 0
                return
            state.granted, state.holders = share.granted, share.holders
            state.asked = moment
            if share.delay_until is not None:
                state.next_start = max(state.next_start, moment + (share.delay_until - now()).total_seconds())
            state.wake()
        if (self._renewing is None or self._renewing.done()) and not self._closing.is_set():
            self._renewing = asyncio.get_running_loop().create_task(self._renew())

    async def _renew(self) -> None:
        """Ask again for the hosts in use, give back those that are idle; ends when none is left."""
        while self._hosts:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), RENEW)
            if self._closing.is_set():
                return
            moment = time.monotonic()
            idle = [
                name
                for name, state in self._hosts.items()
                if not state.in_flight and not state.waiting and moment - state.used > RENEW
            ]
            try:
                if idle:
                    for name in idle:
                        self._hosts[name].granted = 0
                    await self._in_thread(hosts.give_back, idle, self.holder)
                for name, state in list(self._hosts.items()):
                    if name not in idle:
                        await self._ask(name, state)
            except Exception as error:
                # The share lapses by itself; whoever needs it asks again and meets the same error there.
                logger.warning("shares of hosts could not be renewed: %s", error)
            for name in idle:
                state = self._hosts[name]
                if not state.in_flight and not state.waiting and not state.granted:
                    del self._hosts[name]

    @staticmethod
    async def _in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Database calls leave the loop free, and leave no connection behind that went bad."""

        def call() -> T:
            close_old_connections()
            try:
                return function(*args, **kwargs)
            finally:
                close_old_connections()

        return await asyncio.to_thread(call)
