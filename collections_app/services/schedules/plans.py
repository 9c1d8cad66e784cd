"""A schedule as a value: what is listed, and in which time zone."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from zoneinfo import ZoneInfo

FREQUENCIES = {
    "every_minute": 1,
    "every_5_minutes": 5,
    "every_10_minutes": 10,
    "every_15_minutes": 15,
    "every_20_minutes": 20,
    "every_25_minutes": 25,
    "every_30_minutes": 30,
    "every_hour": 60,
}
# Which lists a kind of schedule heeds; what it does not heed is dropped, so that equal schedules are equal plans.
HEEDS = {
    "monthly": {"days_of_month", "hours"},
    "weekly": {"days_of_week", "hours"},
    "daily": {"hours"},
    "minutes": {"days_of_month", "days_of_week", "hours", "minutes"},
    "manual": set[str](),
}


class BadPlan(ValueError):
    """A schedule that cannot be: the message names the field and the value."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A schedule: kind, lists, frequency and time zone (an IANA name).

    Lists are sorted and without repeats. No `hours` means every hour to a minutes plan, midnight to the others; a
    monthly or weekly plan without days, a minutes plan without a frequency and a manual plan never fire. Raises
    BadPlan.
    """

    schedule_type: str
    timezone: str = "UTC"
    days_of_month: tuple[int, ...] = ()
    days_of_week: tuple[int, ...] = ()  # 0 is Sunday
    hours: tuple[int, ...] = ()
    minutes: str = ""  # a name of FREQUENCIES

    def __post_init__(self) -> None:
        if self.schedule_type not in HEEDS:
            raise BadPlan(f"schedule_type: {self.schedule_type!r} is not one of {', '.join(HEEDS)}")
        heeds = HEEDS[self.schedule_type]
        for name, least, most in (("days_of_month", 1, 31), ("days_of_week", 0, 6), ("hours", 0, 23)):
            numbers = _numbers(name, getattr(self, name), least, most) if name in heeds else ()
            object.__setattr__(self, name, numbers)
        if self.schedule_type in ("monthly", "weekly", "daily") and not self.hours:
            object.__setattr__(self, "hours", (0,))
        if "minutes" not in heeds:
            object.__setattr__(self, "minutes", "")
        elif self.minutes and self.minutes not in FREQUENCIES:
            raise BadPlan(f"schedule_minutes: {self.minutes!r} is not one of {', '.join(FREQUENCIES)}")
        if self.days_of_month and self.days_of_week:
            raise BadPlan(
                "schedule_days_of_month and schedule_days_of_week: a minutes schedule takes one of them, not both"
                f" ({list(self.days_of_month)} and {list(self.days_of_week)})"
            )
        _zone(self.timezone)

    @property
    def zone(self) -> ZoneInfo:
        return _zone(self.timezone)

    @property
    def fires(self) -> bool:
        """Whether there is anything to wait for."""
        return {
            "monthly": bool(self.days_of_month),
            "weekly": bool(self.days_of_week),
            "daily": True,
            "minutes": bool(self.minutes),
            "manual": False,
        }[self.schedule_type]

    @property
    def step(self) -> int:
        """Minutes between two fires of a minutes plan."""
        return FREQUENCIES[self.minutes]

    def as_json(self) -> dict[str, Any]:
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
            if value not in ((), "")
        }

    @classmethod
    def from_json(cls, value: object) -> "Plan":
        """The plan that `as_json` wrote. Raises BadPlan for anything else."""
        if not isinstance(value, Mapping):
            raise BadPlan(f"plan: {value!r} is not an object")
        unknown = set(value) - set(cls.__dataclass_fields__)
        if unknown or "schedule_type" not in value:
            raise BadPlan(f"plan: {dict(value)!r} has unknown fields or no schedule_type")
        return cls(**value)


def _numbers(name: str, values: object, least: int, most: int) -> tuple[int, ...]:
    if not isinstance(values, Iterable) or isinstance(values, str | bytes | Mapping):
        raise BadPlan(f"schedule_{name}: {values!r} is not a list of whole numbers")
    numbers = list(values)
    for number in numbers:
        if type(number) is not int or not least <= number <= most:
            raise BadPlan(f"schedule_{name}: {number!r} is not a whole number from {least} to {most}")
    return tuple(sorted(set(numbers)))


def _zone(name: object) -> ZoneInfo:
    try:
        return ZoneInfo(name)  # type: ignore[arg-type]  # a plan may come from a row that somebody edited
    except (KeyError, ValueError, OSError, TypeError) as error:  # what ZoneInfo raises for odd names
        raise BadPlan(f"timezone: {name!r} is not a time zone") from error
