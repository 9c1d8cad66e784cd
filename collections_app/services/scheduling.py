"""Collections and the clock: the only writer of django-celery-beat's tables for collections.

The collection is the truth, beat's row follows it: one PeriodicTask a scheduled collection, named by its id, with
the exact plan as JSON in `kwargs` (that is what `collections_app.beat` goes by) and the nearest cron expression
for people who look at it in the admin. `start_time` is when the plan came into force: nothing before it is due.
"""

import json
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import CharField, QuerySet
from django.db.models.functions import Cast
from django.utils.timezone import now
from django_celery_beat.models import CrontabSchedule, PeriodicTask, PeriodicTasks

from collections_app.models import Account, Collection, Fire
from collections_app.models.schedules import FireOutcome
from collections_app.services.schedules import BadPlan, Plan, fires_after

logger = logging.getLogger(__name__)

FIRE_TASK = "collections.fire"
CHUNK = 500
Row = TypeVar("Row")
WRITTEN = (
    *("task", "kwargs", "crontab", "interval", "solar", "clocked", "enabled", "description"),
    "date_changed",
)
Cron = tuple[str, str, str, str, str]  # minute, hour, day of month, day of week, time zone
Crontabs = dict[
    Cron, set[int]
]  # the rows of an expression: two may have come into being at once, either will do


def plan_of(collection: Collection) -> Plan:
    """The collection's schedule as a value, in its account's time zone. Raises BadPlan."""
    return Plan(
        schedule_type=collection.schedule_type,
        timezone=collection.account.timezone,
        days_of_month=collection.schedule_days_of_month,
        days_of_week=collection.schedule_days_of_week,
        hours=collection.schedule_hours,
        minutes=collection.schedule_minutes,
    )


def next_fires(collection: Collection, after: datetime, count: int) -> list[datetime]:
    """The next `count` moments (UTC) at which the collection is due; none while it is disabled or manual."""
    if not collection.enabled:
        return []
    return list(islice(fires_after(plan_of(collection), after), count))


def last_fires(collection: Collection, count: int) -> list[Fire]:
    """The newest fires with what became of them, newest first."""
    return list(Fire.objects.filter(collection=collection).select_related("run")[:count])


def sync_schedule(collection: Collection) -> None:
    """Make beat's row follow the collection. Call it in the transaction that saves, or after one that deletes.

    A disabled collection keeps its row, disabled; a manual or deleted one has none. An edit of the schedule, and
    enabling it again, count from now on: the past is never run. Raises BadPlan.
    """
    if collection.pk is None:
        forget_schedules([collection.public_id])
        return
    plan = plan_of(collection)
    with transaction.atomic():
        cron = cron_of(plan) if plan.fires else None
        _write([(collection, plan)], _read_crontabs(cron) if cron else {})


def forget_schedules(public_ids: Iterable[str]) -> None:
    """Remove beat's rows of collections that are deleted."""
    names = [row_name(public_id) for public_id in public_ids]
    with transaction.atomic():
        removed = 0
        for chunk in _chunks(names):
            removed += _delete(PeriodicTask.objects.filter(name__in=chunk))
        if removed:
            PeriodicTasks.update_changed()


def sync_account(account: Account) -> Counter[str]:
    """Beat's rows of all collections of the account, after its time zone was changed; counts of what was done."""
    return _resync(Collection.objects.filter(account=account))


def resync_all() -> Counter[str]:
    """Make every row of beat follow its collection again, whatever was done to it; counts of what was done.

    What is right already is not touched. A collection whose schedule cannot be is logged and has no row.
    """
    standing = dict(PeriodicTask.objects.filter(task=FIRE_TASK).values_list("name", "pk"))
    counts = _resync(Collection.objects.all())
    orphans: list[int] = []
    for chunk in _chunks(list(standing)):
        ids = [name.removeprefix(row_name("")) for name in chunk]
        known = set(Collection.objects.filter(public_id__in=ids).values_list("public_id", flat=True))
        orphans += [standing[name] for name, one in zip(chunk, ids, strict=True) if one not in known]
    if orphans:
        with transaction.atomic():
            counts["removed"] += sum(
                _delete(PeriodicTask.objects.filter(pk__in=chunk)) for chunk in _chunks(orphans)
            )
            PeriodicTasks.update_changed()
    return +counts


def record_missed(fires: Sequence[tuple[int, datetime]], reason: str) -> None:
    """Write down fires (collection, moment) that were not run; those that are written down stay as they are."""
    keys = {key for key, _ in fires}
    known = set(Collection.objects.filter(pk__in=keys).values_list("pk", flat=True))
    Fire.objects.bulk_create(
        (
            Fire(collection_id=key, due_at=due, outcome=FireOutcome.MISSED, reason=reason)
            for key, due in fires
            if key in known
        ),
        batch_size=CHUNK,
        ignore_conflicts=True,
    )


def row_name(public_id: str) -> str:
    return f"collection {public_id}"


def cron_of(plan: Plan) -> Cron:
    """The nearest cron expression: exact but for every_25_minutes and the days when clocks are changed."""
    minute = "0"
    if plan.schedule_type == "minutes" and plan.step < 60:
        minute = "*" if plan.step == 1 else f"*/{plan.step}"
    return (
        minute,
        _listed(plan.hours),
        _listed(plan.days_of_month),
        _listed(plan.days_of_week),
        plan.timezone,
    )


def _listed(numbers: Sequence[int]) -> str:
    return ",".join(map(str, numbers)) or "*"


@dataclass(slots=True)
class _Changes:
    created: list[PeriodicTask]
    kept: list[PeriodicTask]  # the plan goes on
    restarted: list[PeriodicTask]  # the plan is a new one, or in force again
    removed: list[int]


def _resync(collections: QuerySet[Collection]) -> Counter[str]:
    counts: Counter[str] = Counter()
    keys = list(collections.order_by("pk").values_list("pk", flat=True))
    crontabs = _read_crontabs()
    for chunk in _chunks(keys):
        with transaction.atomic():
            held = Collection.objects.select_for_update(of=("self",)).filter(pk__in=chunk)
            pairs = [(one, _plan_or_none(one)) for one in held.order_by("pk").select_related("account")]
            counts += _write(pairs, crontabs)
    return counts


def _plan_or_none(collection: Collection) -> Plan | None:
    try:
        return plan_of(collection)
    except BadPlan as error:
        logger.error("collection %s cannot be scheduled: %s", collection.public_id, error)
        return None


def _write(pairs: Sequence[tuple[Collection, Plan | None]], crontabs: Crontabs) -> Counter[str]:
    """Bring the rows of these collections in line, with a handful of statements however many they are."""
    names = [row_name(collection.public_id) for collection, _ in pairs]
    rows = {row.name: row for row in PeriodicTask.objects.filter(name__in=names)}
    _make_crontabs({cron_of(plan) for _, plan in pairs if plan and plan.fires}, crontabs)
    changes = _Changes([], [], [], [])
    moment = now()
    for name, (collection, plan) in zip(names, pairs, strict=True):
        row = rows.get(name)
        if plan is None or not plan.fires:
            if row is not None:
                changes.removed.append(row.pk)
        elif row is None:
            row = PeriodicTask(name=name, start_time=moment)
            _set(row, _wanted(collection, plan, crontabs))
            changes.created.append(row)
        else:
            _follow(row, _wanted(collection, plan, crontabs), moment, changes)
    _save(changes)
    return Counter(
        created=len(changes.created),
        changed=len(changes.kept) + len(changes.restarted),
        removed=len(changes.removed),
    )


def _wanted(collection: Collection, plan: Plan, crontabs: Crontabs) -> dict[str, Any]:
    return {
        "task": FIRE_TASK,
        "kwargs": json.dumps({"collection": collection.pk, "plan": plan.as_json()}, sort_keys=True),
        "crontab_id": crontabs[cron_of(plan)],
        "interval_id": None,
        "solar_id": None,
        "clocked_id": None,
        "enabled": collection.enabled,
        "description": collection.name,
    }


def _follow(row: PeriodicTask, wanted: dict[str, Any], moment: datetime, changes: _Changes) -> None:
    """Set what differs. A new plan, or one that is enabled again, counts from `moment`."""
    if row.crontab_id in wanted["crontab_id"]:
        wanted["crontab_id"] = {row.crontab_id}
    restarts = (
        row.kwargs != wanted["kwargs"] or row.start_time is None or (wanted["enabled"] and not row.enabled)
    )
    before = {field: getattr(row, field) for field in wanted}
    _set(row, wanted)
    if restarts:
        row.start_time, row.last_run_at = moment, None
        changes.restarted.append(row)
    elif before != {field: getattr(row, field) for field in wanted}:
        changes.kept.append(row)


def _set(row: PeriodicTask, wanted: dict[str, Any]) -> None:
    for field, value in wanted.items():
        setattr(row, field, min(value) if field == "crontab_id" else value)


def _save(changes: _Changes) -> None:
    """Bulk statements send no signals, so beat is told once."""
    _upsert(changes.kept, WRITTEN)  # last_run_at is beat's, who may be writing it now
    _upsert(changes.created + changes.restarted, (*WRITTEN, "start_time", "last_run_at"))
    if changes.removed:
        _delete(PeriodicTask.objects.filter(pk__in=changes.removed))
    if changes.created or changes.kept or changes.restarted or changes.removed:
        PeriodicTasks.update_changed()


def _upsert(rows: Sequence[PeriodicTask], fields: Sequence[str]) -> None:
    """INSERT ... ON CONFLICT (name) DO UPDATE: many times faster than bulk_update, and two that create at once agree."""
    for row in rows:
        row.pk = None
    PeriodicTask.objects.bulk_create(
        rows, batch_size=CHUNK, update_conflicts=True, unique_fields=["name"], update_fields=fields
    )


def _delete(rows: QuerySet[PeriodicTask]) -> int:
    # delete() would tell beat once a row: a quarter of a minute and more for 10,000. Nothing refers to these rows.
    return int(rows._raw_delete(rows.db))


def _read_crontabs(cron: Cron | None = None) -> Crontabs:
    """All of them, or those of one expression."""
    rows = CrontabSchedule.objects.order_by().filter(month_of_year="*")
    if cron:
        rows = rows.filter(**dict(zip(("minute", "hour", "day_of_month", "day_of_week"), cron, strict=False)))
    # As text: a row with a time zone that is none would raise on being read.
    rows = rows.annotate(zone=Cast("timezone", CharField()))
    found: Crontabs = {}
    for key, *columns in rows.values_list("pk", "minute", "hour", "day_of_month", "day_of_week", "zone"):
        found.setdefault(tuple(columns), set()).add(key)
    return found


def _make_crontabs(crons: set[Cron], known: Crontabs) -> None:
    """Rows for what is not yet known, added to it."""
    missing = sorted(crons - known.keys())
    made = CrontabSchedule.objects.bulk_create(
        CrontabSchedule(minute=minute, hour=hour, day_of_month=of_month, day_of_week=of_week, timezone=zone)
        for minute, hour, of_month, of_week, zone in missing
    )
    for cron, row in zip(missing, made, strict=True):
        known[cron] = {row.pk}


def _chunks(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]
