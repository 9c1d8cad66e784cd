"""Result sets: rows to pages, pages to further formats, and the links that lead to them."""

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import BinaryIO, NamedTuple, TypedDict
from urllib.parse import quote

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import now

from collections_app.exporters import EXPORTERS, Options
from collections_app.exporters.csv_fields import joined
from collections_app.models import Collection, ResultSet, Run
from collections_app.models.results import new_link_token
from collections_app.services import csv_columns, result_names
from collections_app.services.errors import Refused, bad
from collections_app.services.result_files import (
    delete_files,
    delete_folder,
    folder_of,
    lines,
    new_file,
    storage,
)
from collections_app.services.result_names import CSV, JSON_LINES, Entry, Files, format_of, key_of, page_name

logger = logging.getLogger(__name__)

MOST_CSV_VARIANTS = 50  # CSV files of different fields that a result set keeps


class Written(NamedTuple):
    """What `write_result_set` wrote: for ResultSet.files, page_count and folder."""

    files: Files
    page_count: int
    folder: str


class Links(TypedDict):
    """Countdown: download_links."""

    pages: list[str]
    all_pages: str | None


def write_result_set(
    run: Run, rows: Iterable[bytes], *, number: int, formats: Sequence[str], csv_fields: str
) -> Written:
    """Write the rows as pages of settings.RESULT_PAGE_ROWS: always as JSON Lines (what other formats are made from
    later), and in `formats`. Each row is one JSON object in bytes; they are taken once, and memory does not grow
    with them. No rows at all are one empty page. The same rows again give the same files.

    `csv_fields` is a comma list, or "" for the collection's default columns.
    """
    if unknown := set(formats) - set(EXPORTERS):
        raise ValueError(f"unknown formats: {', '.join(sorted(unknown))}")
    collection = run.collection
    fields = _fields_or_default(collection, csv_fields)
    keys = [
        JSON_LINES,
        *(key_of(name, fields) for name in EXPORTERS if name in formats and name != JSON_LINES),
    ]
    folder = folder_of(collection.pk, run.pk)
    stem = result_names.stem(collection.public_id, number)
    options = csv_columns.options(fields)
    count = 0
    for count, page in enumerate(paged(rows, settings.RESULT_PAGE_ROWS), 1):
        names = {key: f"{folder}/{page_name(stem, count, key)}" for key in keys}
        with new_file(names.pop(JSON_LINES)) as source:
            EXPORTERS[JSON_LINES].write(page, source, options)
            for key, name in names.items():
                _write_page(key, name, source, options)
    return Written({key: _entry(stem, count, key, fields) for key in keys}, count, folder)


def _fields_or_default(collection: Collection, csv_fields: str) -> tuple[str, ...]:
    """A run of thousands of requests is not lost to a bad setting: it falls back to the default."""
    if not csv_fields:
        return csv_columns.default(collection)
    try:
        return csv_columns.check(csv_fields)
    except Refused as error:
        logger.warning("collection %s: its default columns are used: %s", collection.public_id, error)
        return csv_columns.default(collection)


def _write_page(key: str, name: str, source: BinaryIO, options: Options) -> None:
    """Make one page from its JSON Lines."""
    source.seek(0)
    with new_file(name) as out:
        EXPORTERS[format_of(key)].write(lines(source), out, options)


def _entry(stem: str, count: int, key: str, fields: tuple[str, ...]) -> Entry:
    entry: Entry = {"pages": result_names.page_names(stem, count, key)}
    if format_of(key) == CSV:
        entry["fields"] = joined(fields)
    return entry


def paged(rows: Iterable[bytes], size: int) -> Iterator[Iterator[bytes]]:
    """The rows in groups of `size`, at least one group; each must be used up before the next is taken."""
    rest = iter(rows)
    first = list(islice(rest, 1))
    while True:
        yield chain(first, islice(rest, size - 1))
        first = list(islice(rest, 1))
        if not first:
            return


def ensure_format(result_set: ResultSet, format: str, csv_fields: str = "") -> Entry:
    """The format's entry in ResultSet.files, written from the JSON Lines pages when it is not there yet.

    `csv_fields` "" stands for the collection's own columns. Raises Refused for an unknown format, for fields that
    cannot be used, and (404) when the result set is gone.
    """
    fields = _fields(result_set, format, csv_fields)
    key = key_of(format, fields)
    if key not in result_set.files:
        _make_pages(result_set, key, fields)
        _record(result_set, key, _entry(stem_of(result_set), result_set.page_count, key, fields))
    entry: Entry = result_set.files[key]
    return entry


def _fields(result_set: ResultSet, format: str, csv_fields: str) -> tuple[str, ...]:
    """The columns of a format, which only CSV has."""
    if format not in EXPORTERS:
        raise bad("format", format, f"use one of {', '.join(EXPORTERS)}")
    if format != CSV:
        return ()
    return csv_columns.check(csv_fields) if csv_fields else csv_columns.of(result_set.collection)


def open_page(result_set: ResultSet, key: str, name: str) -> "File[bytes]":
    """A page file, open to read; made again from the JSON Lines when it is not there (it never was asked for, or
    it made room for others meanwhile). Raises Refused (404) when the result set is gone."""
    path = f"{result_set.folder}/{name}"
    try:
        return storage().open(path)
    except FileNotFoundError:
        if key == JSON_LINES:
            raise gone(result_set) from None
    fields = result_set.files.get(key, {}).get("fields", "")
    if key in result_set.files:
        _make_pages(result_set, key, tuple(fields.split(",")) if fields else ())
    else:
        ensure_format(result_set, format_of(key), fields)
    return storage().open(path)


def _make_pages(result_set: ResultSet, key: str, fields: tuple[str, ...]) -> None:
    """Write all pages of a format from the JSON Lines pages. Raises Refused (404) when those are gone."""
    stem, folder = stem_of(result_set), result_set.folder
    options = csv_columns.options(fields)
    for page in range(1, result_set.page_count + 1):
        try:
            source = storage().open(f"{folder}/{page_name(stem, page, JSON_LINES)}")
        except FileNotFoundError as error:
            raise gone(result_set) from error
        with source, new_file(f"{folder}/{page_name(stem, page, key)}") as out:
            EXPORTERS[format_of(key)].write(lines(source), out, options)


def _record(result_set: ResultSet, key: str, entry: Entry) -> None:
    """Note the format in the row, whatever others note at the same time; the oldest CSV makes room."""
    leaving: list[str] = []
    with transaction.atomic():
        row = ResultSet.objects.select_for_update().filter(pk=result_set.pk).first()
        if row is not None:
            made = [other["made"] for other in row.files.values() if "made" in other]
            row.files.setdefault(key, entry | {"made": max(made, default=0) + 1})
            for old in _too_many(row.files):
                leaving += row.files.pop(old)["pages"]
            row.save(update_fields=["files"])
            result_set.files = row.files
    if row is None:
        # It expired while its pages were being written.
        delete_folder(result_set.folder)
        raise gone(result_set)
    delete_files(f"{result_set.folder}/{name}" for name in leaving)


def _too_many(files: Files) -> list[str]:
    """The oldest CSVs made on request, over the limit. What was written with the run stays."""
    csvs = [key for key in files if format_of(key) == CSV]
    made = sorted((key for key in csvs if "made" in files[key]), key=lambda key: files[key]["made"])
    return made[: max(0, len(csvs) - MOST_CSV_VARIANTS)]


def stem_of(result_set: ResultSet) -> str:
    return result_names.stem(result_set.collection.public_id, result_set.number)


def gone(result_set: ResultSet) -> Refused:
    return Refused(f"Result Set {result_set.number} is no longer there", 404)


def of_collection(collection: Collection) -> QuerySet[ResultSet]:
    """The collection's result sets that have not expired, newest first."""
    found = ResultSet.objects.filter(collection=collection, expires_at__gt=now()).select_related("collection")
    return found.order_by("-number")


def find(collection: Collection, number: str) -> ResultSet:
    """The collection's result set of that number. Raises Refused (404) when there is none, or it has expired."""
    wanted = int(number) if re.fullmatch("[0-9]{1,9}", number) else 0
    result_set = of_collection(collection).filter(number=wanted).first()
    if result_set is None:
        raise Refused(f"Result Set with ID '{number[:80]}' was not found", 404)
    result_set.collection = collection
    return result_set


def links(result_set: ResultSet, format: str, csv_fields: str = "", base_url: str = "") -> Links:
    """The download links of a format. JSON is made when it is first downloaded, CSV now (raises Refused as
    `ensure_format` does). Revoked links are not given: no pages, and null."""
    if result_set.links_revoked_at is not None:
        return {"pages": [], "all_pages": None}
    stem = stem_of(result_set)
    key = key_of(format, _fields(result_set, format, csv_fields))
    if format == CSV:
        ensure_format(result_set, format, csv_fields)
    root = f"{settings.PUBLIC_URL or base_url.rstrip('/')}/results/{result_set.link_token}/"
    names = result_names.page_names(stem, result_set.page_count, key)
    return {
        "pages": [root + quote(name) for name in names],
        "all_pages": root + quote(result_names.all_pages_name(stem, key)),
    }


def revoke_links(result_set: ResultSet) -> None:
    """Its download links stop working; none are given until there are new ones."""
    result_set.links_revoked_at = now()
    ResultSet.objects.filter(pk=result_set.pk).update(links_revoked_at=result_set.links_revoked_at)


def renew_links(result_set: ResultSet) -> None:
    """New download links; all that were given before are unknown."""
    result_set.link_token, result_set.links_revoked_at = new_link_token(), None
    ResultSet.objects.filter(pk=result_set.pk).update(link_token=result_set.link_token, links_revoked_at=None)
