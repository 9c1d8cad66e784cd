"""Taking a collection to change it: its row is the lock, and what a running collection forbids is asked under it."""

from collections_app.models import Collection, Run
from collections_app.models.runs import ACTIVE, RunStatus
from collections_app.services.errors import Refused


def held(collection: Collection) -> Collection:
    """The collection's row, locked until the transaction ends. Raises Refused (404) when it is gone meanwhile."""
    found = Collection.objects.select_for_update().filter(pk=collection.pk).first()
    if found is None:
        raise gone(collection.public_id)
    found.account = collection.account
    return found


def held_idle_or_queued(collection: Collection) -> Collection:
    """As `held`. Raises Refused while the collection runs."""
    found = held(collection)
    if active_status(found) == RunStatus.RUNNING:
        raise Refused(
            f"Collection with ID '{found.public_id}' is running: it can be changed when its run has ended or is stopped"
        )
    return found


def active_status(collection: Collection) -> str | None:
    """queued or running; None when the collection is idle."""
    return (
        Run.objects.filter(collection=collection, status__in=ACTIVE).values_list("status", flat=True).first()
    )


def gone(public_id: str) -> Refused:
    return Refused(f"Collection with ID '{public_id[:80]}' was not found", 404)
