"""What is kept, and for how long: files go first, then rows, in bites; every step may run twice or stop anywhere."""

import logging
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Model, QuerySet
from django.utils.timezone import now as current_time

from collections_app.models import Collection, ErrorLog, Fire, Result, ResultSet, Run
from collections_app.models.runs import ACTIVE
from collections_app.services import parts
from collections_app.services.result_files import (
    collection_folder,
    delete_folder,
    folder_of,
    last_changed,
    listing,
)

logger = logging.getLogger(__name__)

RUNS_AT_ONCE = 200  # runs that one call deletes; each may hold 15,000 results
ROWS_AT_ONCE = 5000
FIRES_KEPT = timedelta(days=90)
ERROR_LOGS_KEPT = timedelta(days=3)  # Countdown: error logs
ORPHAN_AGE = timedelta(days=1)
ROUNDS = (
    24  # of the collections' folders, one in so many is looked through at a time, so each about once a day
)
PRIMARY_KEY = re.compile(r"[1-9][0-9]{0,17}")


def expire(now: datetime | None = None) -> int:
    """Delete what has expired at `now`: result sets with their runs, old runs that left none, old fires and error
    logs, and folders that no row knows. Returns how many runs, rows and folders went; ring again while it is not 0.

    What cannot be deleted now (a storage that does not answer) is logged, left whole and tried next time.
    """
    moment = now or current_time()
    count = 0
    for run in [*_expired(moment), *_left_nothing(moment)][:RUNS_AT_ONCE]:
        try:
            _forget_run(run)
        except Exception:
            logger.exception("run %s: its files could not be deleted", run.pk)
        else:
            count += 1
    count += _delete_some(Fire.objects.filter(due_at__lt=moment - FIRES_KEPT))
    count += _delete_some(ErrorLog.objects.filter(date__lt=moment - ERROR_LOGS_KEPT))
    return count + sweep_orphans(moment)


def _expired(moment: datetime) -> QuerySet[Run]:
    return Run.objects.filter(result_set__expires_at__lte=moment).order_by("result_set__expires_at")[
        :RUNS_AT_ONCE
    ]


def _left_nothing(moment: datetime) -> QuerySet[Run]:
    """Ended runs without a result set: stopped before anything was done, or failed."""
    oldest = moment - timedelta(days=settings.RETENTION_DAYS)
    ended = Run.objects.exclude(status__in=ACTIVE).filter(result_set=None, ended_at__lt=oldest)
    return ended.order_by("ended_at")[:RUNS_AT_ONCE]


def _forget_run(run: Run) -> None:
    delete_folder(folder_of(run.collection_id, run.pk))
    delete_folder(parts.folder(run.pk))
    # The many rows one statement at a time, not in one long transaction with all that hangs on the run.
    while _delete_some(Result.objects.filter(run=run)):
        pass
    ResultSet.objects.filter(run=run).delete()
    run.delete()


def _delete_some(rows: QuerySet[Any]) -> int:
    """Delete up to ROWS_AT_ONCE of the rows, and tell how many."""
    some = list(rows.order_by("pk").values_list("pk", flat=True)[:ROWS_AT_ONCE])
    return rows.filter(pk__lte=some[-1]).delete()[0] if some else 0


def forget_collection_files(collection_id: int, run_ids: Iterable[int] = ()) -> None:
    """Delete the files of a collection whose rows are gone: all its result sets, and the part files of `run_ids`.
    `collection_id` is the primary key, not the public id. A worker that still writes leaves a folder behind, which
    `sweep_orphans` takes a day later."""
    delete_folder(collection_folder(collection_id))
    for run in run_ids:
        delete_folder(parts.folder(run))


def sweep_orphans(now: datetime | None = None) -> int:
    """Delete folders of result sets and part files whose run is no longer there; how many.

    Left alone: what changed within a day (a run may be starting, or its rows not be written yet), and names that are
    not ours.
    """
    moment = now or current_time()
    folders = [parts.folder(run) for run in _unknown("parts", Run)]
    gone = _unknown("sets", Collection)
    folders += [collection_folder(collection) for collection in gone]
    for collection in set(_numbers("sets")) - set(gone):
        if collection % ROUNDS == moment.hour % ROUNDS:
            runs = _unknown(collection_folder(collection), Run)
            folders += [folder_of(collection, run) for run in runs]
    return sum(_delete_if_old(folder, moment) for folder in folders)


def _numbers(folder: str) -> list[int]:
    """The folders inside that are named as a primary key is written."""
    return [int(name) for name in listing(folder)[0] if PRIMARY_KEY.fullmatch(name)]


def _unknown(folder: str, model: type[Model]) -> list[int]:
    """The folders named after a row that is no longer there."""
    numbers = _numbers(folder)
    known: set[int] = set()
    for start in range(0, len(numbers), ROWS_AT_ONCE):
        some = numbers[start : start + ROWS_AT_ONCE]
        known.update(model._default_manager.filter(pk__in=some).values_list("pk", flat=True))
    return [number for number in numbers if number not in known]


def _delete_if_old(folder: str, moment: datetime) -> bool:
    try:
        changed = last_changed(folder)
        if changed is None or changed > moment - ORPHAN_AGE:
            return False
        delete_folder(folder)
    except Exception:
        logger.exception("%s: an orphan that could not be deleted", folder)
        return False
    return True
