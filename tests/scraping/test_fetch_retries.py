"""Asking again: when, how often, after how long, and who else waits."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from scraping.fetchers.retries import FIRST_WAIT, LONGEST_WAIT, backoff, retry_after
from tests.scraping.fetching import Diary, failure, fetching, get, run
from tests.scraping.site import Received, Route, Site, page, redirect


def fails_first(times: int, answer: bytes | None) -> Route:
    """The answer so often (None: the connection breaks), then a page."""
    left = times

    async def route(request: Received, writer: asyncio.StreamWriter) -> bytes | None:
        nonlocal left
        left -= 1
        return answer if left >= 0 else page(b"there")

    return route


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_status_that_may_pass_is_asked_again(status: int) -> None:
    async def scenario() -> None:
        diary = Diary()
        async with (
            Site({"*": fails_first(2, page(b"no", status))}) as site,
            fetching(site, diary=diary) as fetcher,
        ):
            assert (await get(fetcher, site.url())).body == b"there"
            assert len(site.received) == 3
            first, second = diary.slept
            assert FIRST_WAIT / 2 <= first <= FIRST_WAIT
            assert FIRST_WAIT <= second <= FIRST_WAIT * 2

    run(scenario())


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 501, 505, 520])
def test_a_status_that_will_stay_is_not(status: int) -> None:
    async def scenario() -> None:
        diary = Diary()
        async with Site({"*": page(b"no", status)}) as site, fetching(site, diary=diary) as fetcher:
            assert (await get(fetcher, site.url())).status == status
            assert (len(site.received), diary.slept) == (1, [])

    run(scenario())


def test_after_the_last_attempt_the_answer_is_handed_over_as_it_is() -> None:
    async def scenario() -> None:
        for retries in (0, 1, 3):
            async with Site({"*": page(b"busy", 503)}) as site, fetching(site, retries=retries) as fetcher:
                response = await get(fetcher, site.url())
                assert (response.status, response.body) == (503, b"busy")
                assert len(site.received) == retries + 1

    run(scenario())


def test_a_broken_connection_and_a_status_share_the_attempts() -> None:
    async def scenario() -> None:
        answers = [None, page(b"busy", 503), page(b"there")]

        async def route(request: Received, writer: asyncio.StreamWriter) -> bytes | None:
            return answers.pop(0) if answers else page(b"too often")

        async with Site({"*": route}) as site, fetching(site, retries=2) as fetcher:
            assert (await get(fetcher, site.url())).body == b"there"

    run(scenario())


def test_the_hop_that_failed_is_asked_again_and_not_the_whole_way() -> None:
    async def scenario() -> None:
        routes: dict[str, Route] = {"/a": redirect("/b"), "/b": fails_first(1, page(b"no", 500))}
        async with Site(routes) as site, fetching(site) as fetcher:
            await get(fetcher, site.url("/a"))
            assert site.paths() == ["/a", "/b", "/b"]

    run(scenario())


def test_a_request_that_must_not_happen_twice_is_sent_once() -> None:
    async def scenario() -> None:
        async with Site({"*": page(b"no", 503)}) as site, fetching(site) as fetcher:
            assert (await get(fetcher, site.url(), method="POST", body=b"buy")).status == 503
            assert len(site.received) == 1

    run(scenario())


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_heeded_here_and_by_everyone_who_asks_the_host(status: int) -> None:
    async def scenario() -> None:
        diary = Diary()
        answer = page(b"no", status, {"retry-after": "7"})
        async with Site({"*": fails_first(1, answer)}) as site, fetching(site, diary=diary) as fetcher:
            assert (await get(fetcher, site.url())).status == 200
            assert diary.slept == [7.0]
            assert diary.slowed == [("127.0.0.1", 7.0)]

    run(scenario())


def test_a_host_that_asks_for_quiet_without_saying_how_long_gets_some() -> None:
    async def scenario() -> None:
        diary = Diary()
        async with Site({"*": page(b"no", 429)}) as site, fetching(site, diary=diary, retries=0) as fetcher:
            await get(fetcher, site.url())
            ((host, seconds),) = diary.slowed
            assert (host, diary.slept) == ("127.0.0.1", [])
            assert seconds > 0

    run(scenario())


def test_a_wait_that_does_not_fit_into_the_time_left_is_not_begun() -> None:
    async def scenario() -> None:
        diary = Diary()
        routes: dict[str, Route] = {
            "/busy": page(b"no", 503, {"retry-after": "30"}),
            "/broken": fails_first(9, None),
        }
        async with Site(routes) as site, fetching(site, diary=diary, total_timeout=20.0) as fetcher:
            assert (await get(fetcher, site.url("/busy"))).status == 503
            assert (await failure(fetcher, site.url("/broken"), timeout=0.2)).code == "connection_failed"
            assert diary.slept == []

    run(scenario())


def test_the_place_is_given_back_while_waiting() -> None:
    async def scenario() -> None:
        diary = Diary()
        async with (
            Site({"*": fails_first(2, page(b"no", 503))}) as site,
            fetching(site, diary=diary) as fetcher,
        ):
            await get(fetcher, site.url())
            assert diary.slots == ["127.0.0.1"] * 3
            assert (diary.held, diary.held_while_sleeping) == (0, 0)

    run(scenario())


def test_waiting_for_the_hosts_turn_does_not_count_as_time_on_the_way() -> None:
    class Slow(Diary):
        @asynccontextmanager
        async def slot(self, host: str) -> AsyncIterator[None]:
            await asyncio.sleep(0.6)
            async with super().slot(host):
                yield

    async def never(request: Received, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async def scenario() -> None:
        routes: dict[str, Route] = {"/a": redirect("/b"), "/b": page(b"there"), "/never": never}
        async with Site(routes) as site, fetching(site, throttle=Slow(), total_timeout=0.5) as fetcher:
            # Two turns took longer than the page may; on the way it was for a moment only.
            assert (await get(fetcher, site.url("/a"))).body == b"there"
            assert (await failure(fetcher, site.url("/never"))).code == "timeout"

    run(scenario())


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("5", 5.0),
        (" 12 ", 12.0),
        ("3600", LONGEST_WAIT),
        ("9" * 400, LONGEST_WAIT),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
    ],
)
def test_retry_after_in_seconds(value: str | None, seconds: float | None) -> None:
    assert retry_after(value) == seconds


@pytest.mark.parametrize(("ahead", "seconds"), [(20, 20.0), (-20, 0.0), (86400, LONGEST_WAIT)])
def test_retry_after_as_a_date(ahead: int, seconds: float) -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert retry_after(format_datetime(now + timedelta(seconds=ahead), usegmt=True), now) == seconds


def test_the_wait_grows_and_is_spread() -> None:
    waits = [[backoff(attempt) for _ in range(50)] for attempt in range(1, 12)]
    for attempt, drawn in enumerate(waits, start=1):
        whole = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempt - 1))
        assert all(whole / 2 <= wait <= whole for wait in drawn)
        assert len(set(drawn)) > 10
