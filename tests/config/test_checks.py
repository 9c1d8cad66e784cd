"""What `manage.py check` says, and the README's table of settings."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from config import checks, env
from tests.servers.service import ROOT


def messages(check: Any) -> list[tuple[str, str, str]]:
    return [(found.id, found.msg, found.hint or "") for found in check(None)]


def test_a_misspelt_setting_is_told_with_the_likely_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUNDSMAN_WORKES", "3")
    monkeypatch.setenv("ROUNDSMAN_SECRET_KEY_FILE", "")
    assert messages(checks.names) == [
        (
            "roundsman.W001",
            "ROUNDSMAN_WORKES is not a setting and has no effect.",
            "Did you mean ROUNDSMAN_WORKERS?",
        )
    ]


def test_too_many_workers_for_sqlite_are_told(settings: LazySettings) -> None:
    settings.SQLITE, settings.WORKERS = True, 4
    assert messages(checks.sqlite_workers) == []
    settings.WORKERS = 5
    ((code, message, hint),) = messages(checks.sqlite_workers)
    assert code == "roundsman.W002"
    assert "ROUNDSMAN_WORKERS=5" in message
    assert "ROUNDSMAN_DATABASE_URL" in hint
    settings.SQLITE = False
    assert messages(checks.sqlite_workers) == []


def test_a_broker_in_memory_is_for_tests_only(settings: LazySettings) -> None:
    settings.TESTING, settings.BROKER_URL = False, "memory://"
    assert [code for code, _, _ in messages(checks.broker_for_many)] == ["roundsman.E002"]
    settings.BROKER_URL = "redis://broker.example"
    assert messages(checks.broker_for_many) == []


def test_nothing_is_signed_without_a_key(settings: LazySettings, tmp_path: Path) -> None:
    assert messages(checks.secret_key) == []
    settings.SECRET_KEY, settings.SECRET_KEY_FILE = "", tmp_path / "secret_key"
    ((code, message, _),) = messages(checks.secret_key)
    assert code == "roundsman.E001"
    assert str(tmp_path / "secret_key") in message
    with pytest.raises(ImproperlyConfigured, match="ROUNDSMAN_SECRET_KEY is not set"):
        checks.require_secret_key()


@pytest.mark.django_db
def test_health_says_that_the_database_answers(client: Client) -> None:
    answer = client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"database": "ok"})


def test_the_readme_lists_every_setting_and_no_other() -> None:
    rows = re.findall(r"^\| `ROUNDSMAN_([A-Z0-9_]+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert len(rows) == len(set(rows))
    used = {
        name
        for path in (ROOT / "config").rglob("*.py")
        for name in re.findall(r"env_(?:str|bool|int|float|list|choice|map)\(\s*\"(\w+)\"", path.read_text())
    }
    assert used <= env.KNOWN
    assert sorted(rows) == sorted(used)
