"""A caller of the API: a client of Django's that adds the key and reads JSON."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils.timezone import now
from pytest_django import Settings

from collections_app.models import Account, Collection, ResultSet, Run
from collections_app.models.runs import RunStatus, Trigger
from collections_app.services.accounts import create_key
from collections_app.services.results import write_result_set

Json = dict[str, Any]


class Caller:
    """Calls as one account. `last` is the last answer as it came."""

    def __init__(self, account: Account, key: str) -> None:
        self.account = account
        self.key = key
        self.client = Client(raise_request_exception=False)
        self.last: Any = None

    def call(
        self,
        verb: str,
        path: str,
        body: Any = None,
        *,
        form: bool = False,
        kind: str | None = None,
        **query: Any,
    ) -> tuple[int, Json]:
        """The status and the answer. A body is sent as JSON, as a form, or, when it is bytes, as it is."""
        url = f"{path}?{urlencode({'api_key': self.key} | query)}"
        if isinstance(body, bytes):
            data, content_type = body, kind or ""
        elif form:
            data, content_type = urlencode(body, doseq=True).encode(), "application/x-www-form-urlencoded"
        else:
            data, content_type = b"" if body is None else json.dumps(body).encode(), "application/json"
        self.last = self.client.generic(verb, url, data, content_type=content_type if kind is None else kind)
        answer = json.loads(self.last.content)
        assert isinstance(answer, dict)
        return self.last.status_code, answer

    def get(self, path: str, **query: Any) -> tuple[int, Json]:
        return self.call("GET", path, **query)

    def ok(self, verb: str, path: str, body: Any = None, **options: Any) -> Json:
        status, answer = self.call(verb, path, body, **options)
        assert status == 200, answer
        assert answer["request_info"]["success"] is True
        return answer

    def refused(self, status: int, verb: str, path: str, body: Any = None, /, **options: Any) -> str:
        """The message of a refusal that has this status and the envelope."""
        answered, answer = self.call(verb, path, body, **options)
        assert answered == status, answer
        assert set(answer) == {"request_info"}
        assert answer["request_info"]["success"] is False
        return str(answer["request_info"]["message"])


MakeCaller = Callable[..., Caller]


@pytest.fixture
def make_caller(db: None) -> MakeCaller:
    """Makes an account with these fields and a caller with its key."""

    def make(name: str = "Testers", **fields: Any) -> Caller:
        account = Account.objects.create(name=name, **fields)
        return Caller(account, create_key(account)[1])

    return make


@pytest.fixture
def caller(make_caller: MakeCaller) -> Caller:
    return make_caller("Testers", email="testers@example.com")


@pytest.fixture
def stranger(make_caller: MakeCaller) -> Caller:
    """A caller with an account of their own."""
    return make_caller("Strangers")


class NewCollection(Protocol):
    def __call__(self, *, requests: list[Json] | None = None, **settings: Any) -> Json: ...


@pytest.fixture
def new_collection(caller: Caller) -> NewCollection:
    """Makes a collection of the caller's; its object."""

    def make(*, requests: list[Json] | None = None, **settings: Any) -> Json:
        body = {"name": "Testing"} | settings | {"requests": requests or []}
        made = caller.ok("POST", "/collections", body)["collection"]
        assert isinstance(made, dict)
        return made

    return make


@pytest.fixture
def a_result_set(tmp_path: Path, settings: Settings) -> Callable[[str], ResultSet]:
    """Rows and files as a finished run leaves them, in a storage of the test's own."""
    backend = "django.core.files.storage.FileSystemStorage"
    settings.STORAGES = settings.STORAGES | {
        "results": {"BACKEND": backend, "OPTIONS": {"location": tmp_path}}
    }

    def make(collection_id: str) -> ResultSet:
        collection = Collection.objects.get(public_id=collection_id)
        number, moment = (
            collection.next_result_set_number,
            now().replace(microsecond=1000 * (now().microsecond // 1000)),
        )
        run = Run.objects.create(
            collection=collection,
            account=collection.account,
            status=RunStatus.COMPLETED,
            trigger=Trigger.API,
            number=number,
            request_count=collection.request_count,
            completed_count=collection.request_count,
            started_at=moment,
            ended_at=moment,
        )
        Collection.objects.filter(pk=collection.pk).update(
            next_result_set_number=number + 1, last_run_at=moment
        )
        row = {
            "success": True,
            "id": "R1",
            "request": {"type": "page"},
            "total_time_taken": 0.1,
            "result": {},
        }
        written = write_result_set(
            run, [json.dumps(row).encode()], number=number, formats=["json"], csv_fields=""
        )
        return ResultSet.objects.create(
            run=run,
            collection=collection,
            number=number,
            started_at=moment,
            ended_at=moment,
            expires_at=moment + timedelta(days=14),
            request_count=run.request_count,
            completed_count=run.request_count,
            failed_count=0,
            page_count=written.page_count,
            files=written.files,
            folder=written.folder,
        )

    return make
