"""A collection's requests as files to download: links that end by themselves, files made when they are asked for."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import orjson
from django.conf import settings
from django.core import signing

from collections_app.exporters import EXPORTERS
from collections_app.exporters.csv_cells import field, line
from collections_app.models import Collection
from collections_app.services import requests
from collections_app.services.errors import Refused, bad

SALT = "collections_app.request_exports"
LINKS_LAST = 24 * 3600  # seconds
FORMATS = ("json", "csv")
NOT_FOUND = "There is no such file: the link is wrong, or its Collection was deleted"


class RequestFile(NamedTuple):
    content: bytes
    content_type: str


def links(collection: Collection, format: str, base_url: str) -> dict[str, list[str]]:
    """The links to all pages of 1,000 requests; they work for a day. Raises Refused for an unknown format."""
    if format not in FORMATS:
        raise bad("format", format, f"use one of {', '.join(FORMATS)}")
    token = signing.dumps(collection.pk, salt=SALT)
    root = f"{settings.PUBLIC_URL or base_url.rstrip('/')}/requests/{token}/"
    return {"pages": [root + name(collection, page, format) for page in range(1, page_count(collection) + 1)]}


def page_count(collection: Collection) -> int:
    return -(-collection.request_count // requests.PAGE_ROWS)


def name(collection: Collection, page: int, format: str) -> str:
    return f"Collection_Requests_{collection.public_id}_Page_{page}{EXPORTERS[format].extension}"


def make(token: str, collection_id: str, page: int, format: str) -> RequestFile:
    """A page's file. Raises Refused: 410 for a link that is over, 404 for one that is not of this collection or leads
    past its last page."""
    try:
        key = signing.loads(token, salt=SALT, max_age=LINKS_LAST)
    except signing.SignatureExpired as error:
        raise Refused("This link has expired: ask for a new one", 410) from error
    except signing.BadSignature as error:
        raise Refused(NOT_FOUND, 404) from error
    collection = Collection.objects.filter(pk=key, public_id=collection_id).first()
    if collection is None or not 1 <= page <= page_count(collection) or format not in FORMATS:
        raise Refused(NOT_FOUND, 404)
    rows = requests.page(collection, page).rows
    content = orjson.dumps(rows) if format == "json" else as_csv(rows)
    return RequestFile(content, EXPORTERS[format].content_type)


def as_csv(rows: Iterable[dict[str, Any]]) -> bytes:
    """A line a request; the columns are all parameters that any of them has, in the order in which they first come."""
    rows = list(rows)
    columns = list(dict.fromkeys(column for row in rows for column in row))
    lines = [line([field(column) for column in columns])]
    lines += [line([field(row.get(column)) for column in columns]) for row in rows]
    return "".join(lines).encode()
