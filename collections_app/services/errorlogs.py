"""Real-time requests that failed, kept for three days (Countdown: error logs)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.timezone import now

from collections_app.models import Account, ErrorLog
from collections_app.services.errors import bad

KEPT = timedelta(days=3)
PER_PAGE = 10
SORTS = {"date": "date", "count": "count"}
DIRECTIONS = {"ascending": "", "descending": "-"}


@dataclass(frozen=True)
class Query:
    search_term: str = ""
    page: int = 1
    sort_by: str = "date"
    sort_direction: str = "descending"


@dataclass(frozen=True)
class Found:
    """A page of logs; `total` and `pages` are of all that fit."""

    logs: list[ErrorLog]
    page: int
    pages: int
    total: int


def record(
    account: Account, params: Mapping[str, Any], *, api_url: str, engine_url: str, result: Mapping[str, Any]
) -> None:
    """Write down a request that ended with HTTP 500. The same request again raises the count and begins the three
    days anew; its latest answer is the one that is kept."""
    latest = {"date": now(), "api_url": api_url, "engine_url": engine_url, "result": _storable(dict(result))}
    digest = hashlib.sha256(orjson.dumps(dict(params), option=orjson.OPT_SORT_KEYS)).hexdigest()
    same = ErrorLog.objects.filter(account=account, digest=digest)
    same.filter(date__lt=now() - KEPT).delete()
    for _ in range(2):
        if same.update(count=F("count") + 1, **latest):
            return
        try:
            with transaction.atomic():
                ErrorLog.objects.create(
                    account=account, digest=digest, parameters=_storable(dict(params)), **latest
                )
        except IntegrityError:
            continue  # another process wrote it first: now it can be counted up
        return


def listing(account: Account, query: Query) -> Found:
    """The account's logs. Raises Refused for a query that makes no sense."""
    if query.page < 1:
        raise bad("page", query.page, "use a whole number of at least 1")
    if query.sort_by not in SORTS:
        raise bad("sort_by", query.sort_by, f"use one of {', '.join(SORTS)}")
    if query.sort_direction not in DIRECTIONS:
        raise bad("sort_direction", query.sort_direction, f"use one of {', '.join(DIRECTIONS)}")
    logs = ErrorLog.objects.filter(account=account, date__gte=now() - KEPT)
    for word in query.search_term.split():
        # SQLite keeps JSON as the text that json.dumps writes, PostgreSQL as the signs themselves.
        escaped = json.dumps(word)[1:-1]
        logs = logs.filter(Q(parameters__icontains=word) | Q(parameters__icontains=escaped))
    direction = DIRECTIONS[query.sort_direction]
    logs = logs.order_by(f"{direction}{SORTS[query.sort_by]}", f"{direction}id")
    total = logs.count()
    begin = (query.page - 1) * PER_PAGE
    return Found(list(logs[begin : begin + PER_PAGE]), query.page, -(-total // PER_PAGE), total)


def _storable(value: Any) -> Any:
    """Without NUL characters and lone surrogates, which PostgreSQL's JSON cannot hold."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    return [_storable(item) for item in value] if isinstance(value, list | tuple) else value
