"""What may be done with a collection: create, update, delete, start, stop."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from collections_app.models import Account, Collection, Result, Run
from collections_app.models.collections import new_collection_id
from collections_app.models.runs import ACTIVE
from collections_app.services import launching, requests, retention, scheduling
from collections_app.services.collection_settings import checked
from collections_app.services.editing import active_status, gone, held, held_idle_or_queued
from collections_app.services.errors import Refused, bad

MAX_COLLECTIONS = 10_000  # of an account (Countdown: limits)
RESULTS_AT_ONCE = 5_000


def find(account: Account, public_id: str) -> Collection:
    """The account's collection. Raises Refused (404) for one that is not there or is another account's."""
    collection = Collection.objects.filter(account=account, public_id=public_id).first()
    if collection is None:
        raise gone(public_id)
    collection.account = account
    return collection


def create(account: Account, settings: Mapping[str, Any], new_requests: Sequence[Any] = ()) -> Collection:
    """Make a collection, with its first requests when some are given; all or nothing.

    `settings` holds the API's names in their types (see collection_settings.checked). Raises Refused.
    """
    values = checked(settings)
    prepared = requests.prepare(new_requests)
    with transaction.atomic():
        # The account's row is the lock: two calls must not both take the last free place.
        # (no_key: rows that point at the account may come into being meanwhile.)
        Account.objects.select_for_update(no_key=True).get(pk=account.pk)
        if Collection.objects.filter(account=account).count() >= MAX_COLLECTIONS:
            raise Refused(
                f"The account has {MAX_COLLECTIONS} Collections, which is the limit: delete some first"
            )
        collection = Collection.objects.create(account=account, public_id=_free_id(), **values)
        requests.insert(collection, prepared)
        scheduling.sync_schedule(collection)
    return collection


def _free_id() -> str:
    """32 bits meet each other now and then among many collections."""
    while Collection.objects.filter(public_id=(found := new_collection_id())).exists():
        pass
    return found


def update(
    collection: Collection, changes: Mapping[str, Any], new_requests: Sequence[Any] | None = None
) -> Collection:
    """Change settings and add requests, all or nothing; returns the collection as it is then.

    Raises Refused: a bad value, `requests_type` other than it is, running, `priority` while queued.
    """
    prepared = requests.prepare(new_requests or ())
    with transaction.atomic():
        holder = held_idle_or_queued(collection)
        values = checked(changes, holder)
        if values.get("priority", holder.priority) != holder.priority and active_status(holder):
            raise bad(
                "priority",
                changes["priority"],
                "it cannot be changed while the Collection is queued or running",
            )
        for name, value in values.items():
            setattr(holder, name, value)
        if values:
            holder.save()
            scheduling.sync_schedule(holder)
        requests.insert(holder, prepared)
    return holder


def set_enabled(collection: Collection, enabled: bool) -> None:
    """Let its schedule start it or not; also while it runs, for that changes nothing about the run."""
    with transaction.atomic():
        holder = held(collection)
        if holder.enabled != enabled:
            holder.enabled = enabled
            holder.save(update_fields=["enabled", "updated_at"])
            scheduling.sync_schedule(holder)


def delete(collection: Collection) -> None:
    """Delete it with its requests, runs and result sets. Raises Refused while it runs."""
    with transaction.atomic():
        held_idle_or_queued(collection)
    # The many rows first, in bites: one transaction for all would hold everybody up.
    while some := list(
        Result.objects.filter(run__collection=collection)
        .order_by()
        .values_list("pk", flat=True)[:RESULTS_AT_ONCE]
    ):
        Result.objects.filter(pk__in=some).delete()
    with transaction.atomic():
        holder = held_idle_or_queued(collection)
        key = holder.pk
        runs = list(Run.objects.filter(collection=holder).values_list("pk", flat=True))
        scheduling.forget_schedules([holder.public_id])
        holder.delete()
        # What a broken storage keeps now is swept up later.
        transaction.on_commit(lambda: retention.forget_collection_files(key, runs), robust=True)


def start(collection: Collection, trigger: str) -> Run:
    """Queue a run now. Raises Refused: no requests, already queued or running."""
    if not collection.request_count:
        raise Refused(
            f"Collection with ID '{collection.public_id}' has no requests: add some before it is started"
        )
    run = launching.launch(collection, trigger)
    if run is None:
        status = active_status(collection) or "running"
        raise Refused(
            f"Collection with ID '{collection.public_id}' is already {status}; it cannot be started while it is "
            "queued or running"
        )
    return run


def stop(collection: Collection) -> Run:
    """Stop its run. Raises Refused when it is neither queued nor running."""
    run = launching.stop(collection)
    if run is None:
        raise Refused(f"Collection with ID '{collection.public_id}' is neither queued nor running")
    return run


def stop_run(run: Run) -> Run:
    """Stop this run. Raises Refused when it is over."""
    if run.status in ACTIVE:
        return stop(run.collection)
    raise Refused(f"Run {run.pk} of Collection with ID '{run.collection.public_id}' is {run.status} already")
