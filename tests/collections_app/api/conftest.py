"""A caller of the API: a client of Django's that adds the key and reads JSON."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from collections_app.models import Account
from collections_app.services.accounts import create_key

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

    def refused(self, status: int, verb: str, path: str, body: Any = None, **options: Any) -> str:
        """The message of a refusal that has this status and the envelope."""
        answered, answer = self.call(verb, path, body, **options)
        assert answered == status, answer
        assert set(answer) == {"request_info"}
        assert answer["request_info"]["success"] is False
        return str(answer["request_info"]["message"])


@pytest.fixture
def make_caller(db: None) -> Callable[..., Caller]:
    def make(name: str = "Testers", **fields: Any) -> Caller:
        account = Account.objects.create(name=name, **fields)
        return Caller(account, create_key(account)[1])

    return make


@pytest.fixture
def caller(make_caller: Callable[..., Caller]) -> Caller:
    return make_caller("Testers", email="testers@example.com")


@pytest.fixture
def stranger(make_caller: Callable[..., Caller]) -> Caller:
    """A caller with an account of their own."""
    return make_caller("Strangers")
