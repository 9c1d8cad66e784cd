"""What the files of a result set are called (Countdown: result set files).

    Collection_Results_{collection}_{n}_Page_{p}.json    …_All_Pages.zip
    Collection_Results_{collection}_{n}_Page_{p}.jsonl   …_All_Pages_jsonlines.zip
    Collection_Results_{collection}_{n}_Page_{p}_{sha1 of the fields}.csv   …_All_Pages_{sha1}.csv

`ResultSet.files` tells what is written, by key: "jsonlines", "json", "csv:{sha1}". An entry holds the names of its
`pages`; a CSV's also its `fields`, and `made`, a rising number, when it was made on request.
"""

from typing import Any, NamedTuple

from collections_app.exporters import EXPORTERS, csv_fields
from collections_app.models import ResultSet

Entry = dict[str, Any]
Files = dict[str, Entry]
CSV = "csv"
JSON = "json"
JSON_LINES = "jsonlines"


def stem(collection: str, number: int) -> str:
    return f"Collection_Results_{collection}_{number}"


def key_of(format: str, fields: tuple[str, ...]) -> str:
    return f"{CSV}:{csv_fields.digest(fields)}" if format == CSV else format


def format_of(key: str) -> str:
    return key.partition(":")[0]


def page_name(stem: str, page: int, key: str) -> str:
    format, _, digest = key.partition(":")
    return f"{stem}_Page_{page}{'_' if digest else ''}{digest}{EXPORTERS[format].extension}"


def page_names(stem: str, count: int, key: str) -> list[str]:
    return [page_name(stem, page, key) for page in range(1, count + 1)]


def all_pages_name(stem: str, key: str) -> str:
    format, _, digest = key.partition(":")
    if format == CSV:
        return f"{stem}_All_Pages_{digest}.csv"
    return f"{stem}_All_Pages.zip" if format == JSON else f"{stem}_All_Pages_{format}.zip"


class Named(NamedTuple):
    """What a file name of a result set stands for: one page, or all of them together."""

    key: str
    pages: list[str]
    is_all: bool


def find(result_set: ResultSet, name: str) -> Named | None:
    """What the name stands for; None when the result set has no such file. JSON is always had: it is made when it is
    first asked for."""
    base = stem(result_set.collection.public_id, result_set.number)
    for key in dict.fromkeys((JSON_LINES, JSON, *result_set.files)):
        if name == all_pages_name(base, key):
            return Named(key, page_names(base, result_set.page_count, key), True)
        if name in page_names(base, result_set.page_count, key):
            return Named(key, [name], False)
    return None
