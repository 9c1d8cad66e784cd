"""A simulated clock, and beats that go by it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from celery import Celery

from collections_app.beat import RoundsmanScheduler
from collections_app.models import Account, Collection
from collections_app.services import scheduling


class Clock:
    """Calling it tells the time; `pass_` lets time pass."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def pass_(self, **time: float) -> None:
        self.moment += timedelta(**time)


class SimulatedScheduler(RoundsmanScheduler):
    """Beat itself, by a given clock. `run_until` is the loop of celery's beat service without the sleeping."""

    def __init__(self, app: Celery, simulated: Clock) -> None:
        self.simulated = simulated
        super().__init__(app=app)

    def clock(self) -> datetime:
        return self.simulated()

    def run_until(self, end: datetime) -> None:
        while self.simulated.moment < end:
            wait = self.tick()
            self.simulated.moment = min(end, self.simulated.moment + timedelta(seconds=max(wait, 0.001)))
        self.tick()


@pytest.fixture
def app() -> Iterator[Celery]:
    app = Celery("test-of-beat", broker="memory://", set_as_current=False)
    app.conf.beat_schedule = {}
    yield app
    app.close()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(datetime(2026, 6, 1, 12, 0, 30, tzinfo=UTC))
    monkeypatch.setattr(scheduling, "now", clock)
    return clock


@pytest.fixture
def beat(app: Celery, clock: Clock) -> Callable[[], SimulatedScheduler]:
    """Call it for another beat; those of a test share the clock and the database."""
    return lambda: SimulatedScheduler(app, clock)


@pytest.fixture
def account(db: None) -> Account:
    return Account.objects.create(name="Shop", timezone="Europe/Berlin")


@pytest.fixture
def collect(account: Account) -> Callable[..., Collection]:
    """Call it with schedule fields for a collection with one request and its row of beat."""

    def make(owner: Account = account, **fields: object) -> Collection:
        fields = {name if name in OTHER else f"schedule_{name}": value for name, value in fields.items()}
        collection = Collection.objects.create(account=owner, request_count=1, **{"name": "c", **fields})
        scheduling.sync_schedule(collection)
        return collection

    return make


OTHER = {"name", "enabled", "priority", "schedule_type", "request_count"}
