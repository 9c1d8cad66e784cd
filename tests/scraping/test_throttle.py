"""The pace per host."""

import asyncio
from itertools import pairwise

import pytest

from scraping.throttle import FORGET_ABOVE, LocalThrottle


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)
        self.now += seconds


def test_no_more_than_the_limit_are_at_one_host_and_hosts_do_not_wait_for_each_other() -> None:
    async def scenario() -> None:
        throttle = LocalThrottle(2)
        busy = {"a": 0, "b": 0}
        most = {"a": 0, "b": 0}

        async def ask(host: str) -> None:
            async with throttle.slot(host):
                busy[host] += 1
                most[host] = max(most[host], busy[host])
                await asyncio.sleep(0.001)
                busy[host] -= 1

        await asyncio.gather(*(ask(host) for host in "ab" for _ in range(10)))
        assert most == {"a": 2, "b": 2}

    asyncio.run(scenario())


def test_starts_at_one_host_are_as_far_apart_as_the_delay() -> None:
    async def scenario() -> None:
        clock = Clock()
        throttle = LocalThrottle(10, 2.0, sleep=clock.sleep, clock=clock)
        starts: list[float] = []
        for _ in range(4):
            async with throttle.slot("a"):
                starts.append(clock.now)
        async with throttle.slot("b"):
            starts.append(clock.now)
        assert starts == [100.0, 102.0, 104.0, 106.0, 106.0]

    asyncio.run(scenario())


def test_requests_that_wait_together_still_start_one_after_the_other() -> None:
    async def scenario() -> None:
        clock = Clock()
        throttle = LocalThrottle(10, 2.0, sleep=clock.sleep, clock=clock)
        starts: list[float] = []

        async def ask() -> None:
            async with throttle.slot("a"):
                starts.append(clock.now)

        await asyncio.gather(*(ask() for _ in range(6)))
        assert len(starts) == 6
        assert all(later - earlier >= 2.0 for earlier, later in pairwise(starts))

    asyncio.run(scenario())


def test_a_host_that_asked_for_quiet_is_left_alone_that_long() -> None:
    async def scenario() -> None:
        clock = Clock()
        throttle = LocalThrottle(sleep=clock.sleep, clock=clock)
        await throttle.slow_down("a", 30.0)
        await throttle.slow_down("a", 5.0)  # a shorter wish does not undo the longer one
        async with throttle.slot("b"):
            assert clock.now == 100.0
        async with throttle.slot("a"):
            assert clock.now == 130.0

    asyncio.run(scenario())


def test_quiet_that_is_asked_for_while_others_wait_holds_for_them_too() -> None:
    async def scenario() -> None:
        clock = Clock()
        throttle = LocalThrottle(10, 1.0, sleep=clock.sleep, clock=clock)
        async with throttle.slot("a"):
            waiting = asyncio.create_task(throttle.slot("a").__aenter__())
            await asyncio.sleep(0)
            await throttle.slow_down("a", 50.0)
        await waiting
        assert clock.now == 150.0

    asyncio.run(scenario())


def test_whoever_is_cancelled_leaves_nothing_taken() -> None:
    async def scenario() -> None:
        throttle = LocalThrottle(1)
        inside = asyncio.Event()

        async def hold() -> None:
            async with throttle.slot("a"):
                inside.set()
                await asyncio.sleep(60)

        async def pass_through() -> None:
            async with throttle.slot("a"):
                pass

        holder = asyncio.create_task(hold())
        await inside.wait()
        waiters = [asyncio.create_task(pass_through()) for _ in range(3)]
        await asyncio.sleep(0)
        waiters[0].cancel()
        holder.cancel()
        results = await asyncio.gather(holder, *waiters, return_exceptions=True)
        assert [type(result) for result in results] == [
            asyncio.CancelledError,
            asyncio.CancelledError,
            type(None),
            type(None),
        ]
        await asyncio.wait_for(pass_through(), 5)

    asyncio.run(scenario())


def test_whoever_is_cancelled_during_its_delay_gives_the_place_back() -> None:
    async def scenario() -> None:
        throttle = LocalThrottle(1)
        await throttle.slow_down("a", 60.0)
        waiting = asyncio.create_task(throttle.slot("a").__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        state = throttle._hosts["a"]
        assert (state.users, state.places.locked()) == (0, False)

    asyncio.run(scenario())


def test_hosts_that_nobody_asks_any_more_are_forgotten() -> None:
    async def scenario() -> None:
        clock = Clock()
        throttle = LocalThrottle(sleep=clock.sleep, clock=clock)
        await throttle.slow_down("quiet", 1000.0)
        async with throttle.slot("busy"):
            for number in range(FORGET_ABOVE * 2):
                async with throttle.slot(f"host{number}"):
                    pass
            assert len(throttle._hosts) <= FORGET_ABOVE
            assert {"quiet", "busy"} <= set(throttle._hosts)

    asyncio.run(scenario())


@pytest.mark.parametrize(("limit", "delay", "named"), [(0, 0.0, "limit=0"), (1, -1.0, r"delay=-1\.0")])
def test_a_pace_that_cannot_be_is_refused(limit: int, delay: float, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        LocalThrottle(limit, delay)
