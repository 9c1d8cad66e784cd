"""A results storage of one's own, and runs with result sets in it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.conf import LazySettings
from django.utils.timezone import now

from collections_app.models import Account, Collection, ResultSet, Run
from collections_app.services.results import write_result_set

FINISHED = {"status": "completed", "trigger": "api"}


@pytest.fixture(autouse=True)
def results_folder(tmp_path: Path, settings: LazySettings) -> Path:
    folder = tmp_path / "results"
    backend = "django.core.files.storage.FileSystemStorage"
    settings.STORAGES = {
        **settings.STORAGES,
        "results": {"BACKEND": backend, "OPTIONS": {"location": folder}},
    }
    settings.RESULT_PAGE_ROWS = 10
    settings.PUBLIC_URL = ""
    return folder


@pytest.fixture
def account(db: None) -> Account:
    return Account.objects.create(name="Alice")


@pytest.fixture
def collection(account: Account) -> Collection:
    return Collection.objects.create(account=account, name="Prices")


@pytest.fixture
def run(collection: Collection) -> Run:
    return make_run(collection)


def make_run(collection: Collection, **fields: Any) -> Run:
    moment = now()
    fields = {**FINISHED, "started_at": moment, "ended_at": moment, **fields}
    return Run.objects.create(collection=collection, account=collection.account, **fields)


def rows(count: int, size: int = 0) -> Iterator[bytes]:
    """Rows of a search with two results each; every third one failed."""
    for number in range(1, count + 1):
        result: dict[str, Any] = {
            "request_parameters": {"type": "search"},
            "search_results": [{"position": 1, "title": f"Ä{number}"}, {"position": 2, "title": "=x" * size}],
        }
        if number % 3 == 0:
            result = {"request_info": {"success": False, "message": "No answer in time", "error": "timeout"}}
        yield orjson.dumps(
            {
                "success": number % 3 != 0,
                "id": f"R{number}",
                "request": {"type": "search", "search_term": f"drill {number}", "custom_id": f"C{number}"},
                "total_time_taken": 0.5,
                "result": result,
            }
        )


@pytest.fixture
def make_result_set(collection: Collection) -> Callable[..., ResultSet]:
    def make(
        count: int = 25,
        *,
        number: int = 1,
        collection: Collection = collection,
        formats: tuple[str, ...] = ("json",),
        csv_fields: str = "",
        **fields: Any,
    ) -> ResultSet:
        run = make_run(collection, number=number)
        written = write_result_set(run, rows(count), number=number, formats=formats, csv_fields=csv_fields)
        failed = count // 3
        return ResultSet.objects.create(
            **{
                "run": run,
                "collection": collection,
                "number": number,
                "started_at": run.started_at,
                "ended_at": run.ended_at,
                "expires_at": now() + timedelta(days=14),
                "request_count": count,
                "completed_count": count - failed,
                "failed_count": failed,
                "page_count": written.page_count,
                "files": written.files,
                "folder": written.folder,
                **fields,
            }
        )

    return make
