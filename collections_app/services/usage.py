"""What an account has used. Nothing is billed here: a credit is a scraped request, and there is no end of them."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import F, Sum
from django.db.models.functions import TruncDate
from django.utils.timezone import now

from collections_app.models import Account, Collection, Run, SchedulerLease
from collections_app.services.collections import MAX_COLLECTIONS

# Clients compare `credits_remaining` with what a run needs, so it is a number, and one that no run reaches.
CREDITS_LIMIT = 1_000_000_000
DESTINATIONS_LIMIT = 50


@dataclass
class Month:
    """Scraped requests by day of a month, in the account's time zone."""

    year: int
    month: int
    per_day: dict[int, int] = field(default_factory=lambda: defaultdict(int))


def collections_used(account: Account) -> tuple[int, int]:
    """How many, of how many."""
    return Collection.objects.filter(account=account).count(), MAX_COLLECTIONS


def months(account: Account) -> list[Month]:
    """The months of which runs are kept, the current one first; it is there also when nothing was scraped."""
    days = (
        Run.objects.filter(account=account, ended_at__isnull=False)
        .order_by()
        .annotate(day=TruncDate("ended_at", tzinfo=ZoneInfo(account.timezone)))
        .values("day")
        .annotate(scraped=Sum(F("completed_count") + F("failed_count")))
    )
    today = local_now(account)
    found = {(today.year, today.month): Month(today.year, today.month)}
    for row in days:
        day = row["day"]
        month = found.setdefault((day.year, day.month), Month(day.year, day.month))
        month.per_day[day.day] += row["scraped"] or 0
    return [found[key] for key in sorted(found, reverse=True)]


def local_now(account: Account) -> datetime:
    return now().astimezone(ZoneInfo(account.timezone))


def components() -> dict[str, bool]:
    """The parts of the service that can be asked from here, and whether they work: beat holds a lease."""
    return {"scheduler": SchedulerLease.objects.filter(expires_at__gt=now()).exists()}
