"""What holds for every call: the key, the envelope, the headers, unknown paths."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.core.cache import cache
from django.db import OperationalError
from django.utils.timezone import now
from pytest_django import Settings

from collections_app.models import ApiKey
from collections_app.services.accounts import account_for_key, create_key, new_key
from collections_app.services.errors import Refused
from config import locations
from tests.collections_app.api.conftest import Caller
from tests.servers.broker import Broker


def test_an_unknown_path_is_404_in_the_envelope(caller: Caller) -> None:
    for path in ("/nothing", "/collection", "/collections/A/B/C/D", "/account/x"):
        assert path in caller.refused(404, "GET", path)


def test_a_key_is_kept_as_a_digest_only(caller: Caller) -> None:
    key = ApiKey.objects.get()
    assert len(caller.key) == 32
    assert int(caller.key, 16) >= 0
    assert caller.key == caller.key.upper()
    assert caller.key not in str(vars(key))
    assert caller.key.startswith(key.prefix)


def test_a_preset_key_is_taken_and_may_be_given_twice(caller: Caller, stranger: Caller) -> None:
    first, plain = create_key(caller.account, key="demo")
    assert plain == "demo"
    assert first.prefix == "d"
    assert create_key(caller.account, key="demo")[0] == first
    assert account_for_key("demo") == caller.account
    with pytest.raises(Refused, match="another account"):
        create_key(stranger.account, key="demo")
    for bad in ("abc", "with space", "ü" * 8, "a" * 200):
        with pytest.raises(Refused):
            create_key(caller.account, key=bad)


def test_a_revoked_key_is_nobodys(caller: Caller) -> None:
    row, plain = create_key(caller.account)
    row.revoked_at = now()
    row.save()
    with pytest.raises(Refused, match="not valid"):
        account_for_key(plain)
    with pytest.raises(Refused, match="not valid"):
        account_for_key(new_key())


def test_the_use_of_a_key_is_noted_once_a_minute(caller: Caller) -> None:
    account_for_key(caller.key)
    first = ApiKey.objects.get().last_used_at
    assert first is not None
    account_for_key(caller.key)
    assert ApiKey.objects.get().last_used_at == first
    ApiKey.objects.update(last_used_at=first - timedelta(minutes=2))
    account_for_key(caller.key)
    noted = ApiKey.objects.get().last_used_at
    assert noted is not None
    assert noted >= first


def test_every_answer_carries_its_headers(caller: Caller) -> None:
    caller.call("GET", "/nothing")
    headers = caller.last.headers
    assert UUID(headers["X-Trace-ID"])
    assert headers["Cache-Control"] == "no-store"
    assert headers["Access-Control-Expose-Headers"] == "X-Trace-ID"
    assert headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("verb", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["/collections", "/collections/ABCDEF01", "/account"])
def test_every_call_needs_a_valid_key(caller: Caller, verb: str, path: str) -> None:
    answer = caller.client.generic(verb, path)
    assert answer.status_code == 401
    assert "api_key" in answer.json()["request_info"]["message"]
    caller.key = "0" * 32
    assert caller.refused(401, verb, path, {}) == "Supplied api_key is not valid"


def test_a_key_elsewhere_than_in_the_query_is_no_key(caller: Caller) -> None:
    headers = {"Authorization": f"Bearer {caller.key}", "X-API-Key": caller.key}
    answer = caller.client.post("/collections", {"api_key": caller.key, "name": "x"}, headers=headers)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("PATCH", "/collections"),
        ("DELETE", "/collections"),
        ("PUT", "/collections"),
        ("POST", "/collections/{id}"),
        ("POST", "/collections/{id}/start"),
        ("PUT", "/collections/{id}/start"),
        ("DELETE", "/collections/{id}/stop"),
        ("GET", "/collections/{id}/clear"),
        ("POST", "/collections/stopall"),
        ("POST", "/account"),
        ("GET", "/collections/{id}/requests"),
        ("PUT", "/collections/{id}/requests/1"),
        ("GET", "/collections/{id}/requests/first"),
        ("GET", "/collections/{id}/requests/-1"),
        ("GET", "/collections/{id}/0123456789ABCDEF"),
        ("BREW", "/collections"),
    ],
)
def test_a_wrong_verb_or_path_is_404_not_405(caller: Caller, verb: str, path: str) -> None:
    made = caller.ok("POST", "/collections", {"name": "x"})["collection"]["id"]
    assert "not known" in caller.refused(404, verb, path.format(id=made), {})


def test_a_browser_may_ask_before_it_calls(caller: Caller) -> None:
    answer = caller.client.options("/collections/ABCDEF01")
    assert answer.status_code == 204
    assert "DELETE" in answer.headers["Access-Control-Allow-Methods"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_fault_of_ours_is_an_enveloped_500_with_its_trace(
    caller: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(*_: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("collections_app.services.usage.months", break_down)
    message = caller.refused(500, "GET", "/account")
    assert caller.last.headers["X-Trace-ID"] in message
    assert "secret" not in message
    assert "secret detail" in caplog.text


def test_a_busy_database_is_503(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def lock(*_: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr("collections_app.services.usage.months", lock)
    assert "retry" in caller.refused(503, "GET", "/account")


def test_listing_is_limited_when_the_operator_says_so(
    caller: Caller, stranger: Caller, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collections_app.api.traject.rate.time.time", lambda: 1_000_000.0)
    cache.clear()
    settings.LIST_RATE = 2
    caller.ok("GET", "/collections")
    caller.ok("GET", "/collections")
    assert "2" in caller.refused(429, "GET", "/collections")
    stranger.ok("GET", "/collections")
    monkeypatch.setattr("collections_app.api.traject.rate.time.time", lambda: 1_000_060.0)
    caller.ok("GET", "/collections")
    settings.LIST_RATE = 0
    for _ in range(3):
        caller.ok("GET", "/collections")


def test_too_many_query_parameters_are_refused(caller: Caller) -> None:
    many = {f"a{number}": "1" for number in range(1001)}
    assert "could not be read" in caller.refused(400, "GET", "/collections", **many)


def test_a_host_that_is_not_ours_is_refused_as_json(caller: Caller, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["runs.example.com"]
    answer = caller.client.get(f"/collections?api_key={caller.key}", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert answer.json()["request_info"]["success"] is False


def test_what_breaks_outside_a_view_is_json_too(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("django.contrib.sessions.middleware.SessionMiddleware.process_response", break_down)
    assert "retry" in caller.refused(500, "GET", "/account")


def test_listing_calls_are_counted_by_all_processes_together(
    caller: Caller, settings: Settings, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes have two cache objects and one Valkey."""
    monkeypatch.setattr("collections_app.api.traject.rate.time.time", lambda: 1_000_000.0)
    settings.LIST_RATE = 3
    for _ in range(3):
        settings.CACHES = {"default": locations.cache(broker.url)}
        caller.ok("GET", "/collections")
    settings.CACHES = {"default": locations.cache(broker.url)}
    caller.refused(429, "GET", "/collections")
    broker.kill()
    settings.CACHES = {"default": locations.cache(broker.url)}
    caller.ok("GET", "/collections")


def test_without_redis_each_process_counts_for_itself() -> None:
    assert "locmem" in str(locations.cache("amqp://localhost//")["BACKEND"])
    assert locations.cache("redis://:secret@host:1/2")["LOCATION"] == "redis://:secret@host:1/2"
