"""Two that hold one row each and want the other's: on PostgreSQL such a pair must not come about."""

from collections.abc import Callable, Iterable
from threading import Event, Thread

import pytest
from django.conf import settings
from django.db import connection
from django.utils.timezone import now

from collections_app.models import Account, Run
from collections_app.models.runs import ACTIVE, RunStatus, Trigger
from collections_app.services import collections, dispatching, launching

LONGEST = 20  # seconds; a deadlock ends with an error long before
PAGE = {"type": "page", "url": "https://shop.example/"}


@pytest.mark.skipif(
    settings.SQLITE, reason="SQLite lets one writer in at a time: there is nothing to wait for in turn"
)
@pytest.mark.django_db(transaction=True)
def test_a_dispatch_and_a_fire_of_the_same_account_pass_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """The dispatcher holds the account and wants the queued collection; the fire holds both collections and makes a
    run, which points at the account."""
    account = Account.objects.create(name="A")
    queued = collections.create(account, {"name": "queued"}, [PAGE])
    idle = collections.create(account, {"name": "idle"}, [PAGE])
    launching.launch(queued, Trigger.API)
    account_held, collections_held = Event(), Event()
    begin, bulk_create = dispatching.begin, Run.objects.bulk_create

    def begin_late(run: Run) -> bool:
        account_held.set()
        collections_held.wait(LONGEST)
        return begin(run)

    def create_late(runs: Iterable[Run]) -> list[Run]:
        collections_held.set()
        account_held.wait(LONGEST)
        return bulk_create(runs)

    monkeypatch.setattr(dispatching, "begin", begin_late)
    monkeypatch.setattr(Run.objects, "bulk_create", create_late)
    errors: list[Exception] = []

    def caught(act: Callable[[], object]) -> None:
        try:
            act()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    fire = Thread(target=caught, args=(lambda: launching.launch_due([(queued.pk, now()), (idle.pk, now())]),))
    dispatcher = Thread(target=caught, args=(lambda: dispatching.dispatch(account.pk),))
    fire.start()
    collections_held.wait(LONGEST)
    dispatcher.start()
    fire.join()
    dispatcher.join()
    assert errors == []
    assert Run.objects.get(collection=queued).status == RunStatus.RUNNING
    assert Run.objects.get(collection=idle).status in ACTIVE
