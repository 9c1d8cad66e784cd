"""Collections as they are looked at: with status, number of result sets and next run; filtered, sorted, by page
(Countdown: list collections). The number of queries does not grow with the rows."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast, Coalesce
from django.utils.timezone import now

from collections_app.models import Account, Collection, ResultSet, Run
from collections_app.models.runs import ACTIVE
from collections_app.services import scheduling
from collections_app.services.errors import Refused, bad

IDLE = "idle"
STATUSES = ("all", IDLE, *(str(status) for status in ACTIVE))
SEARCH_TYPES = ("contains", "starts_with", "ends_with", "exact")
SORTS = ("name", "created_at", "last_run", "priority", "status")
DIRECTIONS = ("ascending", "descending")
PAGE_SIZE = 25
MAX_PAGE_SIZE = 1_000
LONGEST_TERM = 500


@dataclass(frozen=True)
class Query:
    """What to list. Texts are one of the tuples above, moments are aware, empty means no such filter."""

    only_with_results: bool = False
    only_without_results: bool = False
    search_term: str = ""
    search_type: str = "contains"
    status: str = "all"
    created_before: datetime | None = None
    created_after: datetime | None = None
    last_run_before: datetime | None = None
    last_run_after: datetime | None = None
    destination_id: str = ""
    page: int = 1
    page_size: int = PAGE_SIZE
    sort_by: str = "name"
    sort_direction: str = "ascending"


@dataclass(frozen=True)
class Seen:
    """A collection and what its row does not hold."""

    collection: Collection
    status: str
    results_count: int
    next_run_at: datetime | None


@dataclass(frozen=True)
class Listed:
    total: int
    pages: int
    page: int
    rows: list[Seen] = field(default_factory=list)


def listing(account: Account, query: Query) -> Listed:
    """A page of the account's collections. Raises Refused for a value that is not allowed."""
    _check(query)
    found = _filtered(Collection.objects.filter(account=account), query)
    total = found.count()
    pages = -(-total // query.page_size)
    start = (query.page - 1) * query.page_size
    if start >= total:
        return Listed(total, pages, query.page)
    return Listed(total, pages, query.page, see(_sorted(found, query)[start : start + query.page_size]))


def annotated(collections: QuerySet[Collection]) -> QuerySet[Collection]:
    """With `seen_status` (idle, queued, running) and `seen_results` (how many result sets are kept)."""
    sets = _result_sets().order_by().values("collection")
    return collections.annotate(
        seen_status=_status(),
        seen_results=Coalesce(Subquery(sets.annotate(size=Count("pk")).values("size")), 0),
    )


def see(collections: QuerySet[Collection]) -> list[Seen]:
    """The collections with status, number of result sets and next run, in one query."""
    moment = now()
    return [
        Seen(row, row.seen_status, row.seen_results, next_run_at(row, moment))  # type: ignore[attr-defined]  # annotated
        for row in annotated(collections.select_related("account"))
    ]


def see_one(collection: Collection) -> Seen:
    """Raises Refused (404) when it is gone meanwhile."""
    seen = see(Collection.objects.filter(pk=collection.pk))
    if not seen:
        raise Refused(f"Collection with ID '{collection.public_id}' was not found", 404)
    return seen[0]


def next_run_at(collection: Collection, after: datetime) -> datetime | None:
    """When its schedule is due next; None for a disabled or manual one."""
    fires = scheduling.next_fires(collection, after, 1) if collection.enabled else []
    return fires[0] if fires else None


def _result_sets() -> QuerySet[ResultSet]:
    return ResultSet.objects.filter(collection=OuterRef("pk"), expires_at__gt=now())


def _status() -> Coalesce:
    active = Run.objects.filter(collection=OuterRef("pk"), status__in=ACTIVE).order_by().values("status")
    return Coalesce(Subquery(active[:1]), Value(IDLE))


def _check(query: Query) -> None:
    for name, words in (
        ("status", STATUSES),
        ("search_type", SEARCH_TYPES),
        ("sort_by", SORTS),
        ("sort_direction", DIRECTIONS),
    ):
        if getattr(query, name) not in words:
            raise bad(name, getattr(query, name), f"use one of {', '.join(words)}")
    if len(query.search_term) > LONGEST_TERM:
        raise bad("search_term", query.search_term, f"use at most {LONGEST_TERM} characters")
    if query.page < 1:
        raise bad("page", query.page, "use a whole number of at least 1")
    if not 1 <= query.page_size <= MAX_PAGE_SIZE:
        raise bad("page_size", query.page_size, f"use a whole number from 1 to {MAX_PAGE_SIZE}")
    if query.only_with_results and query.only_without_results:
        raise bad("only_without_results", True, "only_with_results is true as well: use one of them")


def _filtered(found: QuerySet[Collection], query: Query) -> QuerySet[Collection]:
    has_results = Exists(_result_sets())
    if query.only_with_results:
        found = found.filter(has_results)
    if query.only_without_results:
        found = found.filter(~has_results)
    if query.status != "all":
        found = found.filter(has_status(query.status))
    moments: dict[str, Any] = {
        "created_at__lt": query.created_before,
        "created_at__gt": query.created_after,
        "last_run_at__lt": query.last_run_before,
        "last_run_at__gt": query.last_run_after,
    }
    found = found.filter(**{lookup: moment for lookup, moment in moments.items() if moment})
    if query.destination_id:
        # Neither database looks into a JSON list in a way the other knows; the ids are words without quotes.
        found = found.alias(ids=Cast("destination_ids", TextField())).filter(
            ids__contains=f'"{query.destination_id}"'
        )
    return (
        found.filter(SEARCHES[query.search_type](query.search_term)) if query.search_term.strip() else found
    )


def has_status(status: str) -> Q:
    """Whether a collection is idle, queued or running."""
    active = Run.objects.filter(collection=OuterRef("pk"))
    if status == IDLE:
        return Q(~Exists(active.filter(status__in=ACTIVE)))
    return Q(Exists(active.filter(status=status)))


def _contains(term: str) -> Q:
    """Every word stands in the name or the id; what is neither letter nor digit parts words."""
    words = Q()
    for word in re.findall(r"[^\W_]+", term)[:50]:
        words &= Q(name__iregex=_any_case(word)) | Q(public_id__iregex=_any_case(word))
    return words


def _any_case(term: str) -> str:
    """A regular expression for the term, upper and lower case alike: databases know that of A to Z, of other
    letters only in some locales."""
    return "".join(
        f"[{letter.lower()}{letter.upper()}]"
        if not letter.isascii() and len(letter.lower()) == len(letter.upper()) == 1
        else re.escape(letter)
        for letter in term
    )


SEARCHES: dict[str, Callable[[str], Q]] = {
    "contains": _contains,
    "starts_with": lambda term: Q(name__iregex="^" + _any_case(term)),
    "ends_with": lambda term: Q(name__iregex=_any_case(term) + "$"),
    "exact": lambda term: Q(name=term),
}


def _sorted(found: QuerySet[Collection], query: Query) -> QuerySet[Collection]:
    down = query.sort_direction == "descending"
    if query.sort_by == "status":
        found = found.alias(by_status=_status())
    column = F({"last_run": "last_run_at", "status": "by_status"}.get(query.sort_by, query.sort_by))
    if query.sort_by != "last_run":
        return found.order_by(column.desc() if down else column.asc(), "-pk" if down else "pk")
    # What never ran is older than everything, in both databases.
    return found.order_by(
        column.desc(nulls_last=True) if down else column.asc(nulls_first=True), "-pk" if down else "pk"
    )
