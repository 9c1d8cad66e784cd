"""What holds for every call: the key, the envelope, the headers, unknown paths."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils.timezone import now

from collections_app.models import ApiKey
from collections_app.services.accounts import account_for_key, create_key, new_key
from collections_app.services.errors import Refused
from tests.collections_app.api.conftest import Caller


def test_an_unknown_path_is_404_in_the_envelope(caller: Caller) -> None:
    for path in ("/", "/nothing", "/collection", "/collections/A/B/C/D", "/account/x"):
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
