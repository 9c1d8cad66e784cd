"""Where things are kept: database, broker and results storage from their URLs, and the paths under ROUNDSMAN_HOME."""

import hashlib
import os
import tempfile
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

SOCKET_PATH_BYTES = 100  # Linux takes 107, macOS 103
BROKER_SCHEMES = ("redis", "rediss", "redis+socket", "sentinel", "amqp", "amqps", "memory")
S3_OPTIONS = {"endpoint_url": "endpoint_url", "region": "region_name", "addressing_style": "addressing_style"}


def database(url: str, home: Path) -> dict[str, object]:
    """Django's entry for `sqlite:///path` or `postgresql://user:password@host:port/name?sslmode=…`; SQLite under
    the home when the URL is empty. Raises ImproperlyConfigured."""
    if not url:
        return sqlite(str(home / "roundsman.sqlite3"))
    parts = _split("DATABASE_URL", url)
    if parts.scheme == "sqlite":
        path = unquote(url.removeprefix("sqlite://")).removeprefix("/")
        if not path:
            raise ImproperlyConfigured("ROUNDSMAN_DATABASE_URL: use sqlite:////absolute/path")
        return sqlite(path)
    if parts.scheme not in ("postgresql", "postgres"):
        raise ImproperlyConfigured(f"ROUNDSMAN_DATABASE_URL: {parts.scheme!r} is not sqlite or postgresql")
    options = dict(parse_qsl(parts.query))
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise ImproperlyConfigured("ROUNDSMAN_DATABASE_URL: name the database, postgresql://…/name")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


def sqlite(path: str) -> dict[str, object]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "TEST": {"NAME": f"{path}.test"},  # a file, as in service: threads and processes share it
        "OPTIONS": {
            # A deferred transaction that turns from reading to writing fails at once instead of waiting.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;",
        },
    }


def broker(url: str, home: Path) -> str:
    """The broker's URL as Celery takes it; that of the embedded broker's socket when none is set."""
    if not url:
        return f"redis+socket://{quote(str(broker_socket(home)))}"
    scheme = _split("BROKER_URL", url).scheme
    if scheme not in BROKER_SCHEMES:
        raise ImproperlyConfigured(
            f"ROUNDSMAN_BROKER_URL: {scheme!r} is not one of {', '.join(BROKER_SCHEMES)}"
        )
    return url


def cache(broker_url: str) -> dict[str, object]:
    """Django's CACHES entry: the broker's Redis, which all web processes share, or this process's memory."""
    parts = urlsplit(broker_url)
    if parts.scheme not in ("redis", "rediss", "redis+socket"):
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    return {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": broker_url.replace("redis+socket://", "unix://", 1),
        "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2},
    }


def broker_socket(home: Path) -> Path:
    """The embedded broker's socket: under the home, or in a short folder of ours when that path is too long."""
    path = home / "run" / "broker.sock"
    if len(os.fsencode(path)) <= SOCKET_PATH_BYTES:
        return path
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"roundsman-{os.getuid()}-{digest}" / "broker.sock"


def results_storage(url: str, home: Path, access_key: str, secret_key: str) -> dict[str, object]:
    """Django's STORAGES entry: a folder (the home's when `url` is empty), or
    `s3://bucket/prefix?endpoint_url=…&region=…&addressing_style=path`. Without keys S3 takes the machine's own.
    Raises ImproperlyConfigured."""
    if "://" not in url:
        return _folder(Path(url) if url else home / "results")
    parts = _split("RESULTS_STORAGE", url)
    if parts.scheme == "file":
        return _folder(Path(unquote(parts.path)))
    if parts.scheme != "s3":
        raise ImproperlyConfigured(
            f"ROUNDSMAN_RESULTS_STORAGE: {parts.scheme!r} is not s3 or file; use s3://bucket/prefix or a folder"
        )
    if not parts.netloc:
        raise ImproperlyConfigured("ROUNDSMAN_RESULTS_STORAGE: name the bucket, s3://bucket/prefix")
    if bool(access_key) != bool(secret_key):
        missing = "RESULTS_SECRET_KEY" if access_key else "RESULTS_ACCESS_KEY"
        raise ImproperlyConfigured(f"ROUNDSMAN_{missing}: is missing; S3 needs both keys, or none")
    options: dict[str, object] = {
        "bucket_name": parts.netloc,
        "location": unquote(parts.path.strip("/")),
        # Never public by itself: Roundsman serves the files behind its own links.
        "default_acl": None,
        "querystring_auth": True,
        "max_memory_size": 1_000_000,  # bytes; the default, 0, holds whole files in memory while they are read
    }
    if access_key:
        options |= {"access_key": access_key, "secret_key": secret_key}
    for name, value in parse_qsl(parts.query):
        if name not in S3_OPTIONS:
            raise ImproperlyConfigured(
                f"ROUNDSMAN_RESULTS_STORAGE: {name!r} is not one of {', '.join(S3_OPTIONS)}"
            )
        options[S3_OPTIONS[name]] = value
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}


def _folder(path: Path) -> dict[str, object]:
    if not path.is_absolute():
        raise ImproperlyConfigured(f"ROUNDSMAN_RESULTS_STORAGE={str(path)!r}: use an absolute path")
    return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": path}}


def _split(name: str, url: str) -> SplitResult:
    """urlsplit, its error under the setting's name; the URL itself may hold a password and is not shown."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  an odd port is refused only when it is read
    except ValueError as error:
        raise ImproperlyConfigured(f"ROUNDSMAN_{name}: is not a URL ({error})") from error
    return parts
