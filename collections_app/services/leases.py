"""Leases, by the database's clock: the clocks of the machines that work on one database differ."""

from datetime import timedelta

from django.db.models import Q
from django.db.models.expressions import Combinable
from django.db.models.functions import Now


def until(seconds: float) -> Combinable:
    """The moment so many seconds from now."""
    return Now() + timedelta(seconds=seconds)


def over(field: str, longest: float) -> Q:
    """The lease in `field` has run out; also when it ends later than any could (`longest`, in seconds): then the
    clock was put back since, and nobody may wait for it to come round again."""
    return Q(**{f"{field}__lt": Now()}) | Q(**{f"{field}__gt": until(longest * 2)})
