"""A collection's requests: added, changed and deleted all or nothing, counters kept in the same transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
from django.db import transaction
from django.db.models import Count, Q, QuerySet, Sum

from collections_app.models import Collection, CollectionRequest, Run
from collections_app.models.collections import MIXED
from collections_app.models.runs import RunStatus
from collections_app.services.editing import held_idle_or_queued
from collections_app.services.errors import Refused, bad, shown
from scraping.errors import BadParameter
from scraping.request_types import request_type

MAX_ADDED = 1_000  # in one call (these three: Countdown's limits)
MAX_REQUESTS = 15_000  # in a collection; a request of n pages counts n times
MAX_WITH_HTML = 100  # in a collection that holds one with include_html
PAGE_ROWS = 1_000
MAX_PARAMS = 65_536  # bytes of one request's JSON
LONGEST_MESSAGE = 500
SQL_VALUES = 500  # ids in one statement
# Ours, the caller's secret, or what client libraries add to every body: never part of a stored request.
NOT_STORED = ("id", "api_key", "source")


class Prepared(NamedTuple):
    """A checked request, as its row will be."""

    type: str
    params: str
    max_page: int
    include_html: bool


@dataclass(frozen=True)
class Page:
    """`number` of `pages`; `rows` hold each request's stored parameters with its id."""

    number: int
    pages: int
    total: int
    rows: list[dict[str, Any]]


def prepare(requests: Sequence[Any]) -> list[Prepared]:
    """Check what a client wants to add; needs no database. Raises Refused that names the request by its index."""
    if len(requests) > MAX_ADDED:
        raise Refused(
            f"requests holds {len(requests)} entries: add at most {MAX_ADDED} in one call", field="requests"
        )
    return [_prepared(params, f"requests[{index}]") for index, params in enumerate(requests)]


def _prepared(params: Any, where: str) -> Prepared:
    if not isinstance(params, Mapping):
        raise Refused(f"{where} has the value {shown(params)}: use an object", field=where)
    kept = {name: value for name, value in params.items() if name not in NOT_STORED}
    try:
        kind = request_type(kept)
        clean = kind.parameters.check(kept)
        text = orjson.dumps(kept).decode()
    except BadParameter as error:
        sentence = f"{where}.{error.field} has the value {shown(error.value)}: {error.allowed}"
        raise Refused(sentence[:LONGEST_MESSAGE], field=f"{where}.{error.field}") from error
    if len(text) > MAX_PARAMS:
        raise Refused(f"{where} is {len(text)} characters of JSON: use at most {MAX_PARAMS}", field=where)
    return Prepared(kind.name, text, clean.get("max_page") or 1, bool(clean.get("include_html")))


def add(collection: Collection, requests: Sequence[Any]) -> list[CollectionRequest]:
    """Add requests, all or none. Raises Refused: bad parameters, limits, lock, running."""
    prepared = prepare(requests)
    with transaction.atomic():
        return insert(held_idle_or_queued(collection), prepared)


def insert(collection: Collection, prepared: Sequence[Prepared]) -> list[CollectionRequest]:
    """Add prepared requests to a held collection, in the caller's transaction."""
    if not prepared:
        return []
    _refuse_beyond(collection.page_count + sum(one.max_page for one in prepared))
    for index, one in enumerate(prepared):
        _refuse_locked_out(collection, one.type, f"requests[{index}].type")
    first = collection.next_position
    rows = CollectionRequest.objects.bulk_create(
        CollectionRequest(
            collection=collection,
            position=first + place,
            type=one.type,
            params=one.params,
            max_page=one.max_page,
            include_html=one.include_html,
        )
        for place, one in enumerate(prepared)
    )
    collection.next_position = first + len(rows)
    count(collection)
    return rows


def _refuse_locked_out(collection: Collection, type_: str, where: str) -> None:
    if collection.requests_type_locked and type_ != collection.requests_type:
        raise Refused(
            f"{where} has the value '{type_}': the Collection is locked to requests of type "
            f"'{collection.requests_type}'",
            field=where,
        )


def _refuse_beyond(pages: int) -> None:
    if pages > MAX_REQUESTS:
        raise Refused(
            f"The Collection would hold {pages} requests (a request of several pages counts max_page times): "
            f"the limit is {MAX_REQUESTS}",
            field="requests",
        )


def count(collection: Collection) -> None:
    """Bring a held collection's counters, detected type and queued run up to its requests. Raises Refused for
    what is over a limit."""
    per_type: dict[str, int] = {}
    pages = html = 0
    counted = CollectionRequest.objects.filter(collection=collection).order_by().values("type")
    for row in counted.annotate(
        size=Count("pk"), pages=Sum("max_page"), html=Count("pk", filter=Q(include_html=True))
    ):
        per_type[row["type"]] = row["size"]
        pages += row["pages"]
        html += row["html"]
    total = sum(per_type.values())
    _refuse_beyond(pages)
    if html and total > MAX_WITH_HTML:
        raise Refused(
            f"The Collection would hold {total} requests, {html} of them with include_html=true: "
            f"with include_html the limit is {MAX_WITH_HTML}",
            field="include_html",
        )
    collection.requests_per_type = per_type
    collection.request_count, collection.page_count, collection.html_count = total, pages, html
    if not collection.requests_type_locked:
        collection.requests_type = next(iter(per_type)) if len(per_type) == 1 else MIXED
    collection.save()
    Run.objects.filter(collection=collection, status=RunStatus.QUEUED).update(request_count=total)


def update_one(collection: Collection, request_id: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Change a request's parameters (null takes one away); returns what was changed. Raises Refused."""
    changes = {name: value for name, value in changes.items() if name not in NOT_STORED}
    with transaction.atomic():
        holder = held_idle_or_queued(collection)
        row = find(holder, request_id)
        merged = {**orjson.loads(row.params), **changes}
        one = _prepared({name: value for name, value in merged.items() if value is not None}, "request")
        _refuse_locked_out(holder, one.type, "request.type")
        row.type, row.params, row.max_page, row.include_html = one
        row.save()
        count(holder)
    return changes


def find(collection: Collection, request_id: str) -> CollectionRequest:
    row = CollectionRequest.objects.filter(collection=collection, public_id=request_id).first()
    if row is None:
        raise _missing(request_id)
    return row


def _missing(request_id: str) -> Refused:
    return Refused(
        f"No Request with ID '{request_id[:80]}' was found in this Collection, please check the ID and try again",
        404,
    )


def delete_one(collection: Collection, request_id: str) -> None:
    """Raises Refused: not there (404), running."""
    delete_many(collection, [request_id])


def delete_many(collection: Collection, request_ids: Sequence[Any]) -> int:
    """Delete those of the requests that are there; returns how many. Raises Refused when none is (404)."""
    if len(request_ids) > MAX_REQUESTS:
        raise Refused(
            f"{len(request_ids)} request ids: send at most {MAX_REQUESTS} in one call", field="requests"
        )
    for index, request_id in enumerate(request_ids):
        if not isinstance(request_id, str):
            raise Refused(
                f"[{index}] has the value {shown(request_id)}: use a request's id", field=f"[{index}]"
            )
    wanted = list(dict.fromkeys(request_ids))
    if not wanted:
        raise Refused("The array of request ids is empty: name the requests to delete", field="requests")
    deleted = 0
    with transaction.atomic():
        holder = held_idle_or_queued(collection)
        for start in range(0, len(wanted), SQL_VALUES):
            part = wanted[start : start + SQL_VALUES]
            deleted += holder.requests.filter(public_id__in=part).delete()[0]
        if not deleted:
            raise _missing(wanted[0])
        count(holder)
    return deleted


def clear(collection: Collection) -> int:
    """Delete all requests; returns how many. Raises Refused while it runs."""
    with transaction.atomic():
        holder = held_idle_or_queued(collection)
        deleted: int = holder.requests.all().delete()[0]
        count(holder)
    return deleted


def page(collection: Collection, number: int, q: str | None = None) -> Page:
    """A page of the requests, or of those with `q` in a parameter's value (upper and lower case are alike).
    Beyond the last page there are no rows. Raises Refused for a number out of range."""
    if not 1 <= number <= 10**9:
        raise bad("page", number, "use a whole number of at least 1")
    every = CollectionRequest.objects.filter(collection=collection).order_by("position")
    start = (number - 1) * PAGE_ROWS
    if q and q.strip():
        found = _matching(every, q.strip().casefold())
        total = len(found)
        rows = every.filter(position__in=found[start : start + PAGE_ROWS])
    else:
        total = collection.request_count
        rows = every[start : start + PAGE_ROWS] if start < total else every.none()
    listed = [
        {**orjson.loads(params), "id": public_id}
        for public_id, params in rows.values_list("public_id", "params")
    ]
    return Page(number, -(-total // PAGE_ROWS), total, listed)


def _matching(every: QuerySet[CollectionRequest], sought: str) -> list[int]:
    """The positions of the requests that have the text in a value. Read one after another, for the JSON text in the
    database has escapes, and its upper and lower case are the database's own affair."""
    return [
        position
        for position, params in every.values_list("position", "params").iterator(2000)
        if any(sought in text.casefold() for text in _texts(orjson.loads(params)))
    ]


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, bool):
        yield str(value).lower()
    elif value is not None:
        yield str(value)
