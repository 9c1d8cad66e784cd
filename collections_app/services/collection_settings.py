"""What a collection's settings may be: each alone, and together as a schedule (Countdown: create collection)."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from collections_app.models import Collection
from collections_app.models.collections import MIXED, Priority, ScheduleType
from collections_app.services import csv_columns
from collections_app.services.errors import Refused, bad
from collections_app.services.schedules.plans import FREQUENCIES
from scraping.request_types import REQUEST_TYPES

NAME_LENGTH = 500
EMAILS = 20
PRIORITIES = {priority.name.lower(): priority for priority in Priority}
MIDNIGHT = [0]
# What a schedule of each type looks at; the first is required.
SCHEDULE_USES = {
    ScheduleType.MONTHLY: ("schedule_days_of_month", "schedule_hours"),
    ScheduleType.WEEKLY: ("schedule_days_of_week", "schedule_hours"),
    ScheduleType.DAILY: ("schedule_hours",),
    ScheduleType.MINUTES: (
        "schedule_minutes",
        "schedule_hours",
        "schedule_days_of_week",
        "schedule_days_of_month",
    ),
    ScheduleType.MANUAL: (),
}
SCHEDULE_FIELDS = SCHEDULE_USES[ScheduleType.MINUTES]
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def checked(settings: Mapping[str, Any], current: Collection | None = None) -> dict[str, Any]:
    """The settings as values of Collection's columns, with those that follow from them.

    `settings` holds the API's names: texts, booleans, lists of integers or texts; names it does not know are left
    out. `current` is the collection that is changed, None for a new one. Raises Refused.
    """
    values = {name: check(name, settings[name]) for name, check in CHECKS.items() if name in settings}
    if current is None and "name" not in values:
        raise Refused("name is required: the name of the Collection", field="name")
    _check_type(values, current)
    _complete_schedule(values, current)
    return values


def _name(field: str, value: str) -> str:
    name = _plain(field, value)
    if not name:
        raise bad(field, value, "the Collection must have a name")
    if len(name) > NAME_LENGTH:
        raise bad(field, value, f"use at most {NAME_LENGTH} characters")
    return name


def _plain(field: str, value: str) -> str:
    if _CONTROL.search(value.strip()):
        raise bad(field, value, "use a text without control characters")
    return value.strip()


def _flag(field: str, value: bool) -> bool:
    return value


def _one_of(*words: str) -> Callable[[str, str], str]:
    def check(field: str, value: str) -> str:
        word = value.strip().lower()
        if word not in words:
            raise bad(field, value, f"use one of {', '.join(filter(None, words))}")
        return word

    return check


def _priority(field: str, value: str) -> int:
    return PRIORITIES[_one_of(*PRIORITIES)(field, value)]


def _within(least: int, most: int) -> Callable[[str, list[int]], list[int]]:
    def check(field: str, value: list[int]) -> list[int]:
        for number in value:
            if not least <= number <= most:
                raise bad(field, number, f"use whole numbers from {least} to {most}")
        return sorted(set(value))

    return check


def _destinations(field: str, value: list[str]) -> list[str]:
    for destination in value:
        raise Refused(f"{field}: a Destination with ID '{destination[:80]}' was not found", field=field)
    return []


def _emails(field: str, value: str) -> str:
    addresses = [part.strip() for part in re.split("[,;]", _plain(field, value)) if part.strip()]
    if len(addresses) > EMAILS:
        raise bad(field, value, f"use at most {EMAILS} addresses")
    for address in addresses:
        try:
            validate_email(address)
        except ValidationError:
            raise bad(
                field, address, "use e-mail addresses such as john@example.com, with commas between"
            ) from None
    return ",".join(addresses)


def _webhook(field: str, value: str) -> str:
    url = _plain(field, value)
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        whole = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
        parts.port  # noqa: B018  reading it is the check: odd ports are refused only here
    except ValueError:
        whole = False
    if not whole or len(url) > 2000 or re.search(r"[\s<>\"\\]", url):
        raise bad(field, value, "use a fully qualified URL such as https://yourserver.com/hook")
    return url


def _csv_fields(field: str, value: str) -> str:
    names = [part.strip() for part in value.split(",") if part.strip()]
    return ",".join(csv_columns.check(",".join(names), field)) if names else ""


def _requests_type(field: str, value: str) -> str:
    return _one_of(MIXED, *REQUEST_TYPES)(field, value)


# The fields in the API's words; each check takes the field's name and value and gives the column's value.
CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "name": _name,
    "enabled": _flag,
    "schedule_type": _one_of(*ScheduleType.values),
    "priority": _priority,
    "schedule_days_of_month": _within(1, 31),
    "schedule_days_of_week": _within(0, 6),
    "schedule_hours": _within(0, 23),
    "schedule_minutes": _one_of(*FREQUENCIES, ""),
    "destination_ids": _destinations,
    "notification_email": _emails,
    "notification_webhook": _webhook,
    "notification_as_json": _flag,
    "notification_as_jsonlines": _flag,
    "notification_as_csv": _flag,
    "notification_csv_fields": _csv_fields,
    "requests_type": _requests_type,
}


def _check_type(values: dict[str, Any], current: Collection | None) -> None:
    """`requests_type` locks a new collection, and never changes."""
    wanted = values.pop("requests_type", None)
    if wanted is None:
        return
    if current is None:
        values |= {"requests_type": wanted, "requests_type_locked": wanted != MIXED}
    elif wanted != current.requests_type and not (wanted == MIXED and not current.requests_type_locked):
        raise bad(
            "requests_type", wanted, f"it cannot be changed after creation (it is {current.requests_type})"
        )


def _complete_schedule(values: dict[str, Any], current: Collection | None) -> None:
    """The schedule as it will be must be able to fire; what a new schedule type has no use for is emptied, unless
    it is sent along."""
    kind = values.get("schedule_type") or (current.schedule_type if current else ScheduleType.MANUAL)
    uses = SCHEDULE_USES[ScheduleType(kind)]
    if current and kind != current.schedule_type:
        for field in SCHEDULE_FIELDS:
            if field not in uses and field not in values:
                values[field] = "" if field == "schedule_minutes" else []

    def will_be(field: str) -> Any:
        return values[field] if field in values else getattr(current, field, None)

    if kind in (ScheduleType.MONTHLY, ScheduleType.WEEKLY, ScheduleType.DAILY) and not will_be(
        "schedule_hours"
    ):
        values["schedule_hours"] = MIDNIGHT
    for field in uses[:1]:
        if not will_be(field):
            raise Refused(f"{field} is required when schedule_type={kind}", field=field)
    if (
        kind == ScheduleType.MINUTES
        and will_be("schedule_days_of_week")
        and will_be("schedule_days_of_month")
    ):
        raise bad(
            "schedule_days_of_month",
            will_be("schedule_days_of_month"),
            "when schedule_type=minutes use either it or schedule_days_of_week "
            f"(which is {will_be('schedule_days_of_week')}), and send the other one empty",
        )
