"""Rows to pages and formats, and the links to them."""

import csv
import hashlib
import io
import os
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.conf import LazySettings
from django.db import connection

from collections_app.models import Collection, ResultSet, Run
from collections_app.services import csv_columns, results
from collections_app.services.errors import Refused
from collections_app.services.results import ensure_format, links, write_result_set
from scraping.request_types import REQUEST_TYPES
from tests.collections_app.results.conftest import rows

FIELDS = "id,request.search_term,search_results.title"
DIGEST = hashlib.sha1(FIELDS.encode()).hexdigest()  # noqa: S324  the contract's own


def folder_of(root: Path, run: Run) -> Path:
    return root / "sets" / str(run.collection_id) / str(run.pk)


def write(
    run: Run, count: int, formats: tuple[str, ...] = ("json", "csv"), fields: str = FIELDS
) -> results.Written:
    return write_result_set(run, rows(count), number=3, formats=formats, csv_fields=fields)


def test_all_formats_are_written_in_one_pass_over_the_rows(results_folder: Path, run: Run) -> None:
    written = write(run, 25)
    stem = f"Collection_Results_{run.collection.public_id}_3_Page"
    pages = range(1, 4)
    assert written.page_count == 3
    assert written.folder == f"sets/{run.collection_id}/{run.pk}"
    assert written.files == {
        "jsonlines": {"pages": [f"{stem}_{page}.jsonl" for page in pages]},
        "json": {"pages": [f"{stem}_{page}.json" for page in pages]},
        f"csv:{DIGEST}": {"pages": [f"{stem}_{page}_{DIGEST}.csv" for page in pages], "fields": FIELDS},
    }
    folder = folder_of(results_folder, run)
    expected = list(rows(25))
    for page in pages:
        slice_ = expected[(page - 1) * 10 : page * 10]
        assert (folder / f"{stem}_{page}.jsonl").read_bytes().splitlines() == slice_
        assert orjson.loads((folder / f"{stem}_{page}.json").read_bytes()) == list(map(orjson.loads, slice_))
        table = list(
            csv.reader(io.StringIO((folder / f"{stem}_{page}_{DIGEST}.csv").read_text("utf-8"), newline=""))
        )
        assert table[0] == FIELDS.split(",")
        assert list(dict.fromkeys(line[0] for line in table[1:])) == [
            orjson.loads(row)["id"] for row in slice_
        ]


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (1, 1), (10, 1), (11, 2), (20, 2)])
def test_pages_hold_the_set_number_of_rows(results_folder: Path, run: Run, count: int, pages: int) -> None:
    written = write(run, count)
    assert written.page_count == pages
    assert sorted(os.listdir(folder_of(results_folder, run))) == sorted(
        name for entry in written.files.values() for name in entry["pages"]
    )


def test_no_rows_are_one_empty_page(results_folder: Path, run: Run) -> None:
    written = write(run, 0)
    folder = folder_of(results_folder, run)
    contents = {key: (folder / entry["pages"][0]).read_bytes() for key, entry in written.files.items()}
    assert contents == {
        "jsonlines": b"",
        "json": b"[]",
        f"csv:{DIGEST}": b"id,request.search_term,search_results.title\r\n",
    }


def test_json_lines_are_written_whatever_is_asked_for(run: Run) -> None:
    assert list(write(run, 1, ()).files) == ["jsonlines"]


def test_the_same_rows_again_give_the_same_files(results_folder: Path, run: Run) -> None:
    def snapshot() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in folder_of(results_folder, run).iterdir()}

    first, before = write(run, 25), snapshot()
    for path in folder_of(results_folder, run).iterdir():
        path.write_bytes(b"a half-written file of an attempt that died")
    assert write(run, 25) == first
    assert snapshot() == before


def test_what_breaks_off_leaves_no_page_behind(results_folder: Path, run: Run) -> None:
    def broken() -> Iterator[bytes]:
        yield from rows(13)
        raise RuntimeError("a part file is missing")

    with pytest.raises(RuntimeError, match="a part file is missing"):
        write_result_set(run, broken(), number=3, formats=["json"], csv_fields="")
    # The first page was whole; of the second nothing is there, not even a hidden file.
    stem = f"Collection_Results_{run.collection.public_id}_3_Page_1"
    assert sorted(os.listdir(folder_of(results_folder, run))) == [f"{stem}.json", f"{stem}.jsonl"]


def test_a_row_with_a_newline_is_refused(run: Run) -> None:
    with pytest.raises(ValueError, match="newline"):
        write_result_set(run, [b'{"id":\n"R1"}'], number=1, formats=[], csv_fields="")


def test_an_unknown_format_is_refused(run: Run) -> None:
    with pytest.raises(ValueError, match="unknown formats: xml"):
        write_result_set(run, rows(1), number=1, formats=["json", "xml"], csv_fields="")


def test_bad_columns_in_the_settings_do_not_cost_the_run(run: Run) -> None:
    written = write(run, 2, ("csv",), "a,,b")
    fields = next(entry["fields"] for key, entry in written.files.items() if key.startswith("csv:"))
    assert fields == ",".join(csv_columns.default(run.collection))


def test_memory_does_not_grow_with_the_rows(run: Run, settings: LazySettings) -> None:
    settings.RESULT_PAGE_ROWS = 1000

    def peak(count: int) -> int:
        tracemalloc.start()
        try:
            written = write_result_set(
                run, rows(count, 500), number=1, formats=["json", "jsonlines", "csv"], csv_fields=FIELDS
            )
            assert written.page_count == max(1, count // 1000)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    small = peak(1000)
    assert small < 4_000_000  # a page of these rows is over a megabyte in each of the three formats
    assert peak(20_000) < small + 1_000_000


def test_the_default_columns_follow_the_request_type(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Kind:
        def __init__(self, *csv_fields: str) -> None:
            self.csv_fields = csv_fields
            self.main_list = None

    kinds = {"search": Kind("id", "result.search_results.title"), "product": Kind("result.product.title")}
    monkeypatch.setattr(csv_columns, "REQUEST_TYPES", kinds)
    first, last = list(csv_columns.FIRST), list(csv_columns.LAST)

    collection.requests_type = "search"
    assert list(csv_columns.default(collection)) == [*first, "result.search_results.title", *last]
    collection.requests_type = "mixed"
    collection.requests_per_type = {"product": 3, "search": 0}
    assert list(csv_columns.default(collection)) == [*first, "result.product.title", *last]
    collection.requests_per_type = {"product": 3, "search": 1}
    both = [*first, "result.search_results.title", "result.product.title", *last]
    assert list(csv_columns.default(collection)) == both
    collection.requests_per_type = {}
    assert list(csv_columns.default(collection)) == both


@pytest.mark.parametrize("name", REQUEST_TYPES)
def test_the_default_columns_of_every_request_type_can_be_asked_for(
    collection: Collection, name: str
) -> None:
    collection.requests_type = name
    default = csv_columns.default(collection)
    assert csv_columns.check(",".join(default)) == default


def test_a_format_is_made_on_first_request_and_noted(
    results_folder: Path, make_result_set: Callable[..., ResultSet]
) -> None:
    result_set = make_result_set(25, formats=("json",))
    entry = ensure_format(result_set, "csv", FIELDS)
    stem = f"Collection_Results_{result_set.collection.public_id}_1_Page"
    assert entry == {
        "pages": [f"{stem}_{page}_{DIGEST}.csv" for page in (1, 2, 3)],
        "fields": FIELDS,
        "made": 1,
    }
    assert ResultSet.objects.get().files[f"csv:{DIGEST}"] == entry

    at_once = write_result_set(result_set.run, rows(25), number=9, formats=["csv"], csv_fields=FIELDS)
    folder = results_folder / result_set.folder
    for later, earlier in zip(entry["pages"], at_once.files[f"csv:{DIGEST}"]["pages"], strict=True):
        assert (folder / later).read_bytes() == (folder / earlier).read_bytes()


def test_a_format_that_is_there_is_not_written_again(
    results_folder: Path, make_result_set: Callable[..., ResultSet]
) -> None:
    result_set = make_result_set(3, formats=("json",))
    page = results_folder / result_set.folder / result_set.files["json"]["pages"][0]
    page.write_bytes(b"untouched")
    ensure_format(result_set, "json")
    assert page.read_bytes() == b"untouched"


@pytest.mark.parametrize(
    ("format", "fields", "said"),
    [
        ("xml", "", "format has the value 'xml'"),
        ("csv", "a,,b", "csv_fields: field 2"),
        ("csv", " ", "csv_fields"),
    ],
)
def test_what_cannot_be_made_is_refused(
    make_result_set: Callable[..., ResultSet], format: str, fields: str, said: str
) -> None:
    with pytest.raises(Refused) as refused:
        ensure_format(make_result_set(1), format, fields)
    assert said in refused.value.message
    assert refused.value.status == 400


def test_a_result_set_keeps_the_latest_variants_and_those_of_its_run(
    results_folder: Path, make_result_set: Callable[..., ResultSet], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "MOST_CSV_VARIANTS", 3)
    result_set = make_result_set(1, formats=("json", "csv"), csv_fields=FIELDS)
    for name in ("a", "b", "c"):
        ensure_format(result_set, "csv", name)
    kept = {entry["fields"] for key, entry in ResultSet.objects.get().files.items() if key.startswith("csv:")}
    assert kept == {FIELDS, "b", "c"}
    assert len(list((results_folder / result_set.folder).glob("*.csv"))) == 3


def test_a_format_of_a_result_set_that_went_meanwhile_is_refused_and_leaves_nothing(
    results_folder: Path, make_result_set: Callable[..., ResultSet]
) -> None:
    result_set = make_result_set(3, formats=("json",))
    ResultSet.objects.all().delete()
    with pytest.raises(Refused, match="no longer there") as refused:
        ensure_format(result_set, "csv", FIELDS)
    assert refused.value.status == 404
    assert not (results_folder / result_set.folder).exists()


@pytest.mark.django_db(transaction=True)
def test_two_that_ask_at_once_both_get_their_format(make_result_set: Callable[..., ResultSet]) -> None:
    make_result_set(25, formats=())
    start, failures = threading.Barrier(4), []

    def ask(fields: str) -> None:
        try:
            result_set = ResultSet.objects.select_related("collection").get()
            start.wait()
            ensure_format(result_set, "csv", fields)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=(fields,)) for fields in ("id", "id", "success", FIELDS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    files: dict[str, Any] = ResultSet.objects.get().files
    assert {entry.get("fields") for entry in files.values()} == {None, "id", "success", FIELDS}


def test_links_name_every_page_and_all_pages(
    make_result_set: Callable[..., ResultSet], settings: LazySettings
) -> None:
    result_set = make_result_set(15)
    root = f"https://runner.example/results/{result_set.link_token}/Collection_Results_{result_set.collection.public_id}_1"
    base = "https://runner.example/"
    assert links(result_set, "json", "", base) == {
        "pages": [f"{root}_Page_1.json", f"{root}_Page_2.json"],
        "all_pages": f"{root}_All_Pages.zip",
    }
    assert links(result_set, "jsonlines", "", base) == {
        "pages": [f"{root}_Page_1.jsonl", f"{root}_Page_2.jsonl"],
        "all_pages": f"{root}_All_Pages_jsonlines.zip",
    }
    assert links(result_set, "csv", FIELDS, base) == {
        "pages": [f"{root}_Page_1_{DIGEST}.csv", f"{root}_Page_2_{DIGEST}.csv"],
        "all_pages": f"{root}_All_Pages_{DIGEST}.csv",
    }
    settings.PUBLIC_URL = "https://data.shop.example"
    assert str(links(result_set, "json", "", base)["all_pages"]).startswith(
        "https://data.shop.example/results/"
    )


def test_csv_links_without_fields_take_those_of_the_collection(
    make_result_set: Callable[..., ResultSet],
) -> None:
    result_set = make_result_set(1)
    result_set.collection.notification_csv_fields = FIELDS
    assert DIGEST in links(result_set, "csv")["pages"][0]


def test_revoked_links_are_not_given_until_they_are_renewed(
    make_result_set: Callable[..., ResultSet],
) -> None:
    result_set = make_result_set(1)
    old = result_set.link_token
    results.revoke_links(result_set)
    assert links(ResultSet.objects.get(), "json") == {"pages": [], "all_pages": None}
    results.renew_links(result_set)
    renewed = ResultSet.objects.get()
    assert renewed.link_token != old
    assert len(renewed.link_token) >= 32
    assert renewed.link_token in links(renewed, "json")["pages"][0]
