"""All worker processes together keep to a host's limit."""

import asyncio
import uuid
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.utils.timezone import now

from collections_app.models import Host, HostShare
from collections_app.services import hosts
from collections_app.services import throttle as throttling
from collections_app.services.throttle import SharedThrottle

ONE, TWO, THREE = (uuid.UUID(int=n) for n in (1, 2, 3))


@pytest.mark.django_db
def test_a_lone_holder_gets_the_whole_limit(settings: LazySettings) -> None:
    settings.HOST_CONCURRENCY = 8
    assert hosts.ask("shop.test", ONE)[:2] == (8, 1)


@pytest.mark.django_db
def test_shares_never_sum_to_over_the_limit_while_holders_come_and_go(settings: LazySettings) -> None:
    settings.HOST_CONCURRENCY = 9
    assert hosts.ask("shop.test", ONE).granted == 9
    assert hosts.ask("shop.test", TWO).granted == 0  # nothing is free yet
    assert hosts.ask("shop.test", ONE, in_flight=7).granted == 7  # shrinks as its requests end
    assert hosts.ask("shop.test", TWO).granted == 2
    assert hosts.ask("shop.test", ONE, in_flight=2).granted == 4
    assert hosts.ask("shop.test", TWO).granted == 4
    hosts.give_back(["shop.test"], ONE)
    assert hosts.ask("shop.test", TWO).granted == 9


@pytest.mark.django_db
def test_the_share_of_a_holder_that_died_lapses(settings: LazySettings) -> None:
    settings.HOST_CONCURRENCY = 4
    hosts.ask("shop.test", ONE)
    HostShare.objects.update(expires_at=now() - timedelta(seconds=1))
    assert hosts.ask("shop.test", TWO)[:2] == (4, 1)


@pytest.mark.django_db
def test_a_host_that_asked_for_quiet_is_quiet_for_everybody() -> None:
    hosts.ask("shop.test", ONE)
    hosts.slow_down("shop.test", 30)
    hosts.slow_down("shop.test", 5)  # a shorter pause does not end the longer one
    until = hosts.ask("shop.test", TWO).delay_until
    assert until is not None
    assert until > now() + timedelta(seconds=20)


@pytest.mark.django_db(transaction=True)
def test_three_processes_together_keep_the_limit_and_all_get_through(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.HOST_CONCURRENCY = 6
    monkeypatch.setattr(throttling, "RENEW", 0.05)
    monkeypatch.setattr(throttling, "STARVED", 0.05)
    at_once = most = passed = 0

    async def request(throttle: SharedThrottle) -> None:
        nonlocal at_once, most, passed
        async with throttle.slot("shop.test"):
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0.01)
            at_once -= 1
            passed += 1

    async def all_of_them() -> None:
        throttles = [SharedThrottle() for _ in range(3)]
        await asyncio.wait_for(
            asyncio.gather(*(request(throttle) for throttle in throttles for _ in range(60))), 60
        )
        for throttle in throttles:
            await throttle.close()

    asyncio.run(all_of_them())
    assert passed == 180
    assert 3 <= most <= 6
    assert not HostShare.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_cancelled_request_gives_its_place_to_the_next(settings: LazySettings) -> None:
    settings.HOST_CONCURRENCY = 1

    async def scene() -> list[str]:
        throttle = SharedThrottle()
        heard: list[str] = []
        inside, gate = asyncio.Event(), asyncio.Event()

        async def request(name: str) -> None:
            async with throttle.slot("shop.test"):
                heard.append(name)
                inside.set()
                await gate.wait()

        first = asyncio.create_task(request("first"))
        await inside.wait()
        waiting = [asyncio.create_task(request(name)) for name in ("second", "third")]
        await asyncio.sleep(0.05)
        waiting[0].cancel()
        first.cancel()
        gate.set()
        await asyncio.wait_for(waiting[1], 10)
        await throttle.close()
        return heard

    assert asyncio.run(scene()) == ["first", "third"]
    assert Host.objects.count() == 1
