"""What clients send, as the types that services take. Forms, PHP and the services' own examples send text for
everything: "9,17", "1", "True", "" for false. Each function raises Refused with the field's name and value."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from django.utils.dateparse import parse_date, parse_datetime

from collections_app.services.errors import bad

TRUE = {"true", "1", "yes", "on"}
FALSE = {"false", "0", "no", "off", ""}
_WHOLE = re.compile(r"[+-]?\d{1,18}")


def text(name: str, value: Any) -> str:
    """Text; a number as its digits, a list as its entries with commas."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        return ",".join(value)
    raise bad(name, value, "use a text")


def flag(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, str | int) else None
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise bad(name, value, "use true or false")


def whole(name: str, value: Any) -> int:
    if isinstance(value, float) and value.is_integer() and abs(value) < 10**15:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(value)
    raise bad(name, value, "use a whole number")


def entries(name: str, value: Any) -> list[Any]:
    """A list; a text is split at its commas (or read, when it is a JSON array), a single value stands alone."""
    if isinstance(value, list):
        return value
    if isinstance(value, str):
        if value.lstrip().startswith("["):
            return _json_array(name, value)
        return [part.strip() for part in value.split(",") if part.strip()]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [value]
    raise bad(name, value, "use a list, or a text with commas")


def _json_array(name: str, value: str) -> list[Any]:
    try:
        found = orjson.loads(value)
    except orjson.JSONDecodeError:
        raise bad(name, value, "use a list, or a text with commas") from None
    if not isinstance(found, list):
        raise bad(name, value, "use a list, or a text with commas")
    return found


def wholes(name: str, value: Any) -> list[int]:
    return [whole(name, entry) for entry in entries(name, value)]


def texts(name: str, value: Any) -> list[str]:
    return [text(name, entry) for entry in entries(name, value)]


def moment(name: str, value: Any) -> datetime:
    """An ISO 8601 time; UTC when it names no offset, midnight when it is a date."""
    try:
        # A plus sign that was not encoded arrives as a space.
        found = parse_datetime(re.sub(r"(T.*) (\d\d:?\d\d)$", r"\1+\2", value))
        if found is None and (day := parse_date(value)):
            found = datetime(day.year, day.month, day.day)  # noqa: DTZ001  becomes UTC below
        if found is not None:
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, TypeError):
        pass
    raise bad(name, value, "use an ISO 8601 time such as 2020-01-31T09:00:00.000Z")


Coercion = Callable[[str, Any], Any]

SETTINGS: dict[str, Coercion] = {
    "name": text,
    "enabled": flag,
    "schedule_type": text,
    "priority": text,
    "schedule_days_of_month": wholes,
    "schedule_days_of_week": wholes,
    "schedule_hours": wholes,
    "schedule_minutes": text,
    "destination_ids": texts,
    "notification_email": text,
    "notification_webhook": text,
    "notification_as_json": flag,
    "notification_as_jsonlines": flag,
    "notification_as_csv": flag,
    "notification_csv_fields": text,
    "requests_type": text,
}
EMPTY: dict[Coercion, Any] = {text: "", texts: [], wholes: []}
# One of a few words: none of them is empty, so that an empty text says nothing.
WORDS = {"schedule_type", "priority", "requests_type"}
# An example in the wild sends the singular.
ALIASES = {"request_type": "requests_type"}


def settings(fields: Mapping[str, Any]) -> dict[str, Any]:
    """A collection's settings among the fields of a body; others are left out. null empties what can be empty
    and otherwise counts as not sent."""
    found: dict[str, Any] = {}
    for name, value in fields.items():
        setting = ALIASES.get(name, name)
        coercion = SETTINGS.get(setting)
        if coercion is None or (setting != name and setting in fields):
            continue
        if setting in WORDS and value in (None, ""):
            continue
        if value is not None:
            found[setting] = coercion(setting, value)
        elif coercion in EMPTY:
            found[setting] = EMPTY[coercion]
    return found


def only(fields: Mapping[str, Any], coercions: Mapping[str, Coercion]) -> dict[str, Any]:
    """Those of `fields` that are known and not empty, coerced."""
    return {
        name: coercion(name, fields[name])
        for name, coercion in coercions.items()
        if fields.get(name) not in (None, "")
    }
