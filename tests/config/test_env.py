"""Settings come from the environment; an odd value stops the start with its name."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env, locations
from tests.servers.service import ROOT


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def put(name: str, value: str) -> None:
        monkeypatch.setenv(f"ROUNDSMAN_{name}", value)

    return put


def test_values_are_read_in_their_types(setting: Callable[..., None]) -> None:
    setting("A_NUMBER", " 7 ")
    setting("A_FLOAT", "0.5")
    setting("A_FLAG", "Yes")
    setting("A_LIST", "a, b,,c ")
    setting("A_MAP", '{"https://a.example": "http://127.0.0.1:1"}')
    assert env.env_int("A_NUMBER", 1) == 7
    assert env.env_float("A_FLOAT", 1.0) == 0.5
    assert env.env_bool("A_FLAG", False) is True
    assert env.env_list("A_LIST") == ["a", "b", "c"]
    assert env.env_map("A_MAP") == {"https://a.example": "http://127.0.0.1:1"}


def test_what_is_not_set_or_empty_has_its_default(setting: Callable[..., None]) -> None:
    setting("EMPTY", "")
    assert env.env_int("EMPTY", 5) == 5
    assert env.env_float("NOT_THERE", 2.5) == 2.5
    assert env.env_choice("EMPTY", "latest", ("latest", "skip")) == "latest"
    assert env.env_bool("NOT_THERE", True) is True
    assert env.env_map("EMPTY") == {}


@pytest.mark.parametrize(
    ("read", "value", "message"),
    [
        (lambda: env.env_int("X", 1), "seven", "ROUNDSMAN_X='seven': use a whole number"),
        (lambda: env.env_int("X", 1), "1.5", "ROUNDSMAN_X='1.5': use a whole number"),
        (lambda: env.env_int("X", 1, least=1, most=9), "0", "ROUNDSMAN_X=0: use a number from 1 to 9"),
        (lambda: env.env_int("X", 1, least=1, most=9), "10", "ROUNDSMAN_X=10: use a number from 1 to 9"),
        (lambda: env.env_float("X", 1.0), "fast", "ROUNDSMAN_X='fast': use a number"),
        (lambda: env.env_float("X", 1.0), "nan", "ROUNDSMAN_X=nan: use a number of at least 0.0"),
        (lambda: env.env_float("X", 1.0), "inf", "ROUNDSMAN_X=inf: use a number of at least 0.0"),
        (lambda: env.env_float("X", 1.0, least=0.1), "0", "ROUNDSMAN_X=0: use a number of at least 0.1"),
        (lambda: env.env_bool("X", False), "maybe", "ROUNDSMAN_X='maybe': use true or false"),
        (lambda: env.env_choice("X", "a", ("a", "b")), "c", "ROUNDSMAN_X='c': use one of a, b"),
        (lambda: env.env_map("X"), "[1]", "ROUNDSMAN_X: use a JSON object with text values"),
        (lambda: env.env_map("X"), '{"a": 1}', "ROUNDSMAN_X: use a JSON object with text values"),
        (lambda: env.env_map("X"), "{", "ROUNDSMAN_X: not JSON ("),
    ],
)
def test_an_odd_value_is_refused_with_its_name(
    setting: Callable[..., None], read: Callable[[], Any], value: str, message: str
) -> None:
    setting("X", value)
    with pytest.raises(ImproperlyConfigured) as refused:
        read()
    assert str(refused.value).startswith(message)


def test_a_secret_may_stand_in_a_file(setting: Callable[..., None], tmp_path: Path) -> None:
    (tmp_path / "key").write_text("of the file\n")
    setting("KEY_FILE", str(tmp_path / "key"))
    assert env.env_str("KEY") == "of the file"

    setting("KEY", "of the environment")
    with pytest.raises(ImproperlyConfigured, match="ROUNDSMAN_KEY and ROUNDSMAN_KEY_FILE are both set"):
        env.env_str("KEY")


def test_a_secret_file_that_is_not_there_is_refused(setting: Callable[..., None], tmp_path: Path) -> None:
    setting("KEY_FILE", str(tmp_path / "none"))
    with pytest.raises(
        ImproperlyConfigured, match=r"ROUNDSMAN_KEY_FILE=.*none: cannot be read \(No such file"
    ):
        env.env_str("KEY")


HOME = Path("/srv/roundsman")


def test_the_database_is_sqlite_in_the_home_unless_another_is_named() -> None:
    entry: Any = locations.database("", HOME)
    assert entry["NAME"] == "/srv/roundsman/roundsman.sqlite3"
    assert entry["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "WAL" in entry["OPTIONS"]["init_command"]
    named: Any = locations.database("sqlite:////var/lib/a%20b.sqlite3", HOME)
    assert named["NAME"] == "/var/lib/a b.sqlite3"


def test_a_postgres_url_is_taken_apart() -> None:
    entry: Any = locations.database("postgresql://ann:p%40ss@db.example:6432/runs?sslmode=require", HOME)
    assert (entry["USER"], entry["PASSWORD"], entry["HOST"]) == ("ann", "p@ss", "db.example")
    assert (entry["PORT"], entry["NAME"], entry["OPTIONS"]) == ("6432", "runs", {"sslmode": "require"})
    by_socket: Any = locations.database("postgresql://ann@/runs?host=/run/postgresql", HOME)
    assert (by_socket["HOST"], by_socket["OPTIONS"]) == ("/run/postgresql", {})


def test_the_broker_is_the_embedded_one_unless_another_is_named() -> None:
    assert locations.broker("", HOME) == "redis+socket:///srv/roundsman/run/broker.sock"
    assert locations.broker("amqp://guest@mq.example//", HOME) == "amqp://guest@mq.example//"


def test_a_long_home_has_a_short_socket_of_its_own() -> None:
    one, other = (locations.broker_socket(Path("/srv") / (name * 30)) for name in ("one/", "two/"))
    assert one != other
    assert all(len(os.fsencode(path)) <= locations.SOCKET_PATH_BYTES for path in (one, other))


def test_results_may_lie_in_a_bucket() -> None:
    entry: Any = locations.results_storage(
        "s3://bucket/some/prefix/?endpoint_url=http://127.0.0.1:9000&region=eu-1", HOME, "key", "secret"
    )
    options = entry["OPTIONS"]
    assert entry["BACKEND"] == "storages.backends.s3.S3Storage"
    assert (options["bucket_name"], options["location"]) == ("bucket", "some/prefix")
    assert (options["endpoint_url"], options["region_name"]) == ("http://127.0.0.1:9000", "eu-1")
    assert (options["access_key"], options["secret_key"]) == ("key", "secret")
    own: Any = locations.results_storage("s3://bucket", HOME, "", "")
    assert "access_key" not in own["OPTIONS"]  # the machine's own


def test_results_lie_in_a_folder_by_default() -> None:
    default: Any = locations.results_storage("", HOME, "", "")
    assert default["OPTIONS"] == {"location": HOME / "results"}
    named: Any = locations.results_storage("/mnt/results", HOME, "", "")
    assert named["OPTIONS"] == {"location": Path("/mnt/results")}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("DATABASE_URL", "mysql://a/b", "'mysql' is not sqlite or postgresql"),
        ("DATABASE_URL", "postgresql://host", "name the database"),
        ("DATABASE_URL", "postgresql://host:port/name", "is not a URL"),
        ("DATABASE_URL", "sqlite://", "use sqlite:////absolute/path"),
        ("BROKER_URL", "kafka://host", "'kafka' is not one of redis"),
        ("RESULTS_STORAGE", "gs://bucket", "'gs' is not s3 or file"),
        ("RESULTS_STORAGE", "s3:///prefix", "name the bucket"),
        ("RESULTS_STORAGE", "s3://bucket?acl=public", "'acl' is not one of endpoint_url"),
        ("RESULTS_STORAGE", "results", "use an absolute path"),
        ("PUBLIC_URL", "runs.example.com", "use a URL such as"),
        ("PORT", "99999", "use a number from 0 to 65535"),
        ("CATCH_UP", "sometimes", "use one of latest, skip"),
        ("LOG_LEVEL", "loud", "use one of DEBUG"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_its_name(name: str, value: str, message: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], f"ROUNDSMAN_{name}": value},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"ROUNDSMAN_{name}")
    assert message in line


def test_a_bucket_with_half_of_its_keys_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="ROUNDSMAN_RESULTS_SECRET_KEY: is missing"):
        locations.results_storage("s3://bucket", HOME, "key", "")


def settings_of(**environment: str) -> Any:
    """What the settings are in a process with these ROUNDSMAN_* variables."""
    names = (
        "ALLOWED_HOSTS CSRF_TRUSTED_ORIGINS SESSION_COOKIE_SECURE CSRF_COOKIE_SECURE SESSION_COOKIE_HTTPONLY"
        " SECURE_PROXY_SSL_HEADER"
    )
    code = (
        "import json; from config import settings as s; "
        f"print(json.dumps({{name: getattr(s, name, None) for name in {names.split()}}}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            **{f"ROUNDSMAN_{name}": value for name, value in environment.items()},
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(done.stdout)


def test_a_service_for_this_machine_answers_to_its_names_only() -> None:
    found = settings_of()
    assert found["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert found["SESSION_COOKIE_HTTPONLY"] is True
    assert found["SESSION_COOKIE_SECURE"] is False  # plain http on loopback
    assert found["SECURE_PROXY_SSL_HEADER"] is None
    assert settings_of(BIND="192.0.2.1")["ALLOWED_HOSTS"] == ["*"]


def test_a_public_https_url_makes_cookies_secure_and_is_trusted() -> None:
    found = settings_of(PUBLIC_URL="https://runs.example.com/", BIND="192.0.2.1", TRUSTED_PROXY="true")
    assert found["ALLOWED_HOSTS"][0] == "runs.example.com"
    assert "*" not in found["ALLOWED_HOSTS"]
    assert found["CSRF_TRUSTED_ORIGINS"] == ["https://runs.example.com"]
    assert found["SESSION_COOKIE_SECURE"] is found["CSRF_COOKIE_SECURE"] is True
    assert found["SECURE_PROXY_SSL_HEADER"] == ["HTTP_X_FORWARDED_PROTO", "https"]
