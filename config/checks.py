"""System checks: what would go wrong later is said at the start. `manage.py check [--deploy]` asks them."""

import difflib
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured

from config.env import KNOWN, PREFIX, unknown_names

NO_SECRET_KEY = (
    f"{PREFIX}SECRET_KEY is not set, and there is no {{}}: set it (the same on every machine), "
    "or let `./run up` make one"
)


def require_secret_key() -> None:
    """Raises ImproperlyConfigured when nothing could be signed."""
    try:
        settings.SECRET_KEY  # noqa: B018  Django refuses an empty one when it is read
    except ImproperlyConfigured:
        raise ImproperlyConfigured(NO_SECRET_KEY.format(settings.SECRET_KEY_FILE)) from None


@register(Tags.security, deploy=True)
def secret_key(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    try:
        require_secret_key()
    except ImproperlyConfigured as error:
        return [Error(str(error), id="roundsman.E001")]
    return []


@register()
def names(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """A misspelt variable would otherwise be silence."""
    found: list[CheckMessage] = []
    for name in unknown_names():
        close = difflib.get_close_matches(name.removeprefix(PREFIX), sorted(KNOWN), n=1)
        hint = f"Did you mean {PREFIX}{close[0]}?" if close else "README lists the settings."
        found.append(Warning(f"{name} is not a setting and has no effect.", hint=hint, id="roundsman.W001"))
    return found


@register()
def sqlite_workers(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    if not settings.SQLITE or settings.WORKERS <= settings.SQLITE_WORKERS:
        return []
    return [
        Warning(
            f"{PREFIX}WORKERS={settings.WORKERS}: SQLite takes one writer at a time.",
            hint=f"Use at most {settings.SQLITE_WORKERS}, or PostgreSQL ({PREFIX}DATABASE_URL).",
            id="roundsman.W002",
        )
    ]


@register()
def broker_for_many(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """An in-memory broker lives in one process: web server and worker would not hear each other."""
    if not settings.BROKER_URL.startswith("memory") or settings.TESTING:
        return []
    return [Error(f"{PREFIX}BROKER_URL: memory:// is for tests only.", id="roundsman.E002")]


@register(Tags.security, deploy=True)
def public_url(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Links in e-mails and webhooks have no request to take the host from."""
    if settings.PUBLIC_URL:
        return []
    return [
        Warning(
            f"{PREFIX}PUBLIC_URL is not set.",
            hint="Set it to the URL at which the service is reached; https makes the cookies secure.",
            id="roundsman.W003",
        )
    ]
