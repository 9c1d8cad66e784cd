"""Several beats, one clock: who fires, who waits, and who takes over."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, connections
from pytest_django.fixtures import Settings

from collections_app.beat import handover
from collections_app.beat.lease import Lease, LeaseLost
from collections_app.models import Collection, Fire, Run, SchedulerLease
from tests.collections_app.schedules.conftest import Clock, SimulatedScheduler

Collect = Callable[..., Collection]
Beat = Callable[[], SimulatedScheduler]
TTL = timedelta(seconds=10)


@pytest.fixture(autouse=True)
def _ten_seconds(settings: Settings) -> None:
    settings.BEAT_LEASE = TTL.total_seconds()


def tick_both(first: SimulatedScheduler, second: SimulatedScheduler, clock: Clock, seconds: int) -> None:
    for _ in range(seconds):
        first.tick()
        second.tick()
        clock.pass_(seconds=1)


@pytest.mark.django_db
def test_of_two_beats_one_fires(beat: Beat, clock: Clock, collect: Collect) -> None:
    collection = collect(type="minutes", minutes="every_minute")
    first, second = beat(), beat()
    tick_both(first, second, clock, 100)
    assert [fire.outcome for fire in collection.fires.order_by("due_at")] == ["ran", "skipped"]
    assert SchedulerLease.objects.get().holder == first.lease.holder
    assert first.timetable.entries
    assert not second.timetable.entries


@pytest.mark.django_db
def test_when_the_holder_dies_the_other_takes_over_within_the_lease(
    beat: Beat, clock: Clock, collect: Collect
) -> None:
    collection = collect(type="minutes", minutes="every_minute")
    first, second = beat(), beat()
    tick_both(first, second, clock, 28)
    died = clock.moment
    while SchedulerLease.objects.get().holder == first.lease.holder:
        second.tick()
        clock.pass_(seconds=1)
    assert clock.moment - died <= TTL + timedelta(seconds=2)
    assert [fire.outcome for fire in collection.fires.all()] == ["ran"]  # late by some seconds only
    assert Run.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_beat_that_stops_hands_over_at_once(beat: Beat, clock: Clock, collect: Collect) -> None:
    collect(type="minutes", minutes="every_minute")
    first, second = beat(), beat()
    tick_both(first, second, clock, 3)
    first.close()
    first.close()  # celery closes twice: on the signal and on leaving its loop
    clock.pass_(seconds=1)
    second.tick()
    assert SchedulerLease.objects.get().holder == second.lease.holder
    assert second.timetable.entries


@pytest.mark.django_db
def test_a_beat_that_slept_past_its_lease_fires_nothing_on_waking(
    beat: Beat, clock: Clock, collect: Collect
) -> None:
    collect(type="minutes", minutes="every_minute")
    frozen, other = beat(), beat()
    frozen.tick()
    clock.pass_(seconds=25)
    other.tick()  # takes over
    clock.pass_(seconds=5)
    with pytest.raises(LeaseLost):
        frozen._hand_over()  # frozen between looking at the clock and handing over
    assert not Fire.objects.exists()
    frozen.tick()
    assert not Fire.objects.exists()
    other.tick()
    assert [fire.outcome for fire in Fire.objects.all()] == ["ran"]


@pytest.mark.django_db
def test_a_beat_whose_lease_ran_out_unnoticed_takes_it_again_before_it_fires(
    beat: Beat, clock: Clock, collect: Collect
) -> None:
    collection = collect(type="minutes", minutes="every_minute")
    scheduler = beat()
    scheduler.tick()
    clock.pass_(seconds=35)
    with pytest.raises(LeaseLost):
        scheduler._hand_over()
    clock.pass_(seconds=1)
    scheduler.tick()
    assert [fire.outcome for fire in collection.fires.all()] == ["ran"]
    assert SchedulerLease.objects.get().expires_at > clock.moment


@pytest.mark.django_db
def test_what_another_beat_fired_in_between_is_not_fired_again(
    beat: Beat, clock: Clock, collect: Collect
) -> None:
    collection = collect(type="minutes", minutes="every_minute")
    frozen, other = beat(), beat()
    frozen.tick()
    clock.pass_(seconds=30)
    other.tick()
    SchedulerLease.objects.update(expires_at=clock.moment)  # it stopped
    Run.objects.update(status="completed")
    clock.pass_(seconds=1)
    frozen.tick()
    frozen.tick()
    assert [fire.outcome for fire in collection.fires.all()] == ["ran"]
    assert Run.objects.count() == 1


@pytest.mark.django_db
def test_a_clock_that_is_ahead_takes_over_but_nothing_runs_twice(
    beat: Beat, clock: Clock, collect: Collect
) -> None:
    collection = collect(type="minutes", minutes="every_minute")
    behind, ahead = beat(), beat()
    ahead.clock = lambda: clock.moment + timedelta(seconds=20)  # type: ignore[method-assign]  # its machine's time
    for _ in range(120):
        behind.tick()
        ahead.tick()
        clock.pass_(seconds=1)
    moments = [fire.due_at for fire in collection.fires.order_by("due_at")]
    assert len(moments) == len(set(moments)) == 2
    assert Run.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_only_one_of_many_gets_a_free_lease(clock: Clock) -> None:
    """Each from a thread and connection of its own, none knowing of the row beforehand."""
    leases = [Lease(10, clock) for _ in range(8)]
    won: list[Lease] = []
    together = threading.Barrier(len(leases))

    def compete(lease: Lease) -> None:
        together.wait()
        try:
            if lease.hold():
                won.append(lease)
        finally:
            connections.close_all()

    for _ in range(3):
        threads = [threading.Thread(target=compete, args=(lease,)) for lease in leases]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) == 1
        assert SchedulerLease.objects.get().holder == won.pop().holder
        clock.pass_(seconds=11)


@pytest.mark.django_db(transaction=True)
def test_a_hand_over_that_fails_leaves_nothing(
    beat: Beat, clock: Clock, collect: Collect, monkeypatch: pytest.MonkeyPatch
) -> None:
    collect(type="minutes", minutes="every_minute")
    scheduler = beat()
    scheduler.tick()
    clock.pass_(seconds=30)

    def is_killed(*args: object) -> None:
        assert Fire.objects.exists()
        assert connection.in_atomic_block
        scheduler.close()  # the signal to stop arrives here
        raise SystemExit

    monkeypatch.setattr(handover, "_move_on", is_killed)
    with pytest.raises(SystemExit):
        scheduler.tick()
    assert not Fire.objects.exists()
    assert not Run.objects.exists()
    scheduler.close()
    assert SchedulerLease.objects.get().expires_at < clock.moment
