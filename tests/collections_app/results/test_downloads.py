"""Download links: a plain GET without a key."""

import io
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils.timezone import now

from collections_app.models import ResultSet
from collections_app.services import downloads, results
from collections_app.services.results import links
from tests.collections_app.results.conftest import rows

FIELDS = "id,search_results.title"
MakeResultSet = Callable[..., ResultSet]


@pytest.fixture
def web() -> Client:
    return Client(raise_request_exception=False)


def pages_of(result_set: ResultSet, format: str, fields: str = "") -> list[str]:
    return [urlsplit(link).path for link in links(result_set, format, fields)["pages"]]


def all_pages_of(result_set: ResultSet, format: str, fields: str = "") -> str:
    return urlsplit(links(result_set, format, fields)["all_pages"] or "").path


def body(response: Any) -> bytes:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return bytes(content)


def refused(response: Any, status: int) -> str:
    assert response.status_code == status
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "no-store"
    answer = orjson.loads(body(response))
    assert answer["request_info"]["success"] is False
    return str(answer["request_info"]["message"])


@pytest.mark.parametrize(
    ("format", "content_type"),
    [("json", "application/json"), ("jsonlines", "application/x-ndjson"), ("csv", "text/csv; charset=utf-8")],
)
def test_a_page_comes_with_its_headers(
    web: Client, make_result_set: MakeResultSet, results_folder: Path, format: str, content_type: str
) -> None:
    result_set = make_result_set(25, formats=("json", "csv"), csv_fields=FIELDS)
    for path in pages_of(result_set, format, FIELDS):
        name = path.rpartition("/")[2]
        file = (results_folder / result_set.folder / name).read_bytes()
        response = web.get(path)
        assert response.status_code == 200
        assert body(response) == file
        assert response["Content-Type"] == content_type
        assert response["Content-Length"] == str(len(file))
        assert response["Content-Disposition"] == f'attachment; filename="{name}"'
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Cache-Control"] == "private"


def test_a_json_page_is_an_array_of_rows(web: Client, make_result_set: MakeResultSet) -> None:
    last = pages_of(make_result_set(25), "json")[2]
    assert orjson.loads(body(web.get(last))) == [orjson.loads(row) for row in rows(25)][20:]


@pytest.mark.parametrize("format", ["json", "jsonlines"])
def test_all_pages_are_a_zip_of_the_pages(
    web: Client, make_result_set: MakeResultSet, results_folder: Path, format: str
) -> None:
    result_set = make_result_set(25)
    response = web.get(all_pages_of(result_set, format))
    assert response["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(body(response))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [path.rpartition("/")[2] for path in pages_of(result_set, format)]
        for member in archive.infolist():
            assert member.compress_type == zipfile.ZIP_DEFLATED
            assert archive.read(member) == (results_folder / result_set.folder / member.filename).read_bytes()
        if format == "json":
            assert len(orjson.loads(archive.read(archive.namelist()[0]))) == 10


def test_all_csv_pages_are_one_csv_with_one_header(web: Client, make_result_set: MakeResultSet) -> None:
    result_set = make_result_set(25)
    response = web.get(all_pages_of(result_set, "csv", FIELDS))
    content = body(response)
    separate = [body(web.get(path)).splitlines(keepends=True) for path in pages_of(result_set, "csv", FIELDS)]
    assert content.splitlines(keepends=True) == separate[0] + separate[1][1:] + separate[2][1:]
    assert content.count(b"id,search_results.title\r\n") == 1
    assert response["Content-Length"] == str(len(content))
    assert response["Content-Type"] == "text/csv; charset=utf-8"


def test_an_empty_result_set_downloads_in_every_format(web: Client, make_result_set: MakeResultSet) -> None:
    result_set = make_result_set(0)
    contents = {
        format: [body(web.get(path)) for path in pages_of(result_set, format, fields)]
        for format, fields in (("json", ""), ("jsonlines", ""), ("csv", FIELDS))
    }
    assert contents == {"json": [b"[]"], "jsonlines": [b""], "csv": [b"id,search_results.title\r\n"]}
    assert body(web.get(all_pages_of(result_set, "csv", FIELDS))) == b"id,search_results.title\r\n"
    with zipfile.ZipFile(io.BytesIO(body(web.get(all_pages_of(result_set, "json"))))) as archive:
        assert [archive.read(name) for name in archive.namelist()] == [b"[]"]


@pytest.mark.parametrize("what", ["page", "all"])
def test_json_that_was_not_written_with_the_run_is_made_when_it_is_asked_for(
    web: Client, make_result_set: MakeResultSet, what: str
) -> None:
    result_set = make_result_set(15, formats=())
    path = pages_of(result_set, "json")[1] if what == "page" else all_pages_of(result_set, "json")
    content = body(web.get(path))
    if what == "page":
        assert len(orjson.loads(content)) == 5
    assert len(ResultSet.objects.get().files["json"]["pages"]) == 2


def test_a_csv_that_made_room_is_made_again(
    web: Client, make_result_set: MakeResultSet, results_folder: Path
) -> None:
    result_set = make_result_set(15)
    path = pages_of(result_set, "csv", FIELDS)[0]
    before = body(web.get(path))
    (results_folder / result_set.folder / path.rpartition("/")[2]).unlink()
    assert body(web.get(path)) == before


def test_head_tells_what_get_would(web: Client, make_result_set: MakeResultSet) -> None:
    result_set = make_result_set(5)
    for path in (
        *pages_of(result_set, "json"),
        all_pages_of(result_set, "csv", FIELDS),
        all_pages_of(result_set, "json"),
    ):
        head, get = web.head(path), web.get(path)
        assert head.status_code == 200
        assert body(head) == b""
        for name in ("Content-Type", "Content-Length", "Content-Disposition", "ETag"):
            assert head.get(name) == get.get(name)
        body(get)
    assert web.head(pages_of(result_set, "json")[0]).has_header("Content-Length")


def test_a_page_that_is_had_already_is_not_sent_again(
    web: Client, make_result_set: MakeResultSet, results_folder: Path
) -> None:
    result_set = make_result_set(5)
    path = pages_of(result_set, "json")[0]
    tag = web.get(path)["ETag"]
    unchanged = web.get(path, headers={"If-None-Match": tag})
    assert (unchanged.status_code, body(unchanged), unchanged["ETag"]) == (304, b"", tag)
    (results_folder / result_set.folder / path.rpartition("/")[2]).write_bytes(b"[{}]")
    assert web.get(path, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=10-", 10, None),
        ("bytes=-7", -7, None),
        ("bytes=5-999999", 5, None),
        ("bytes=-999999", 0, None),
    ],
)
def test_a_part_of_a_page(
    web: Client, make_result_set: MakeResultSet, asked: str, start: int, stop: int | None
) -> None:
    path = pages_of(make_result_set(5), "json")[0]
    whole = body(web.get(path))
    response = web.get(path, headers={"Range": asked})
    content = body(response)
    assert response.status_code == 206
    assert content == whole[start:stop]
    assert response["Content-Length"] == str(len(content))
    first = whole.index(content)
    assert response["Content-Range"] == f"bytes {first}-{first + len(content) - 1}/{len(whole)}"


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "items=0-5", "bytes=9-3", "bytes=-", "bytes=a-b", "0-5"])
def test_what_is_no_single_range_gets_the_whole_page(
    web: Client, make_result_set: MakeResultSet, asked: str
) -> None:
    path = pages_of(make_result_set(5), "json")[0]
    response = web.get(path, headers={"Range": asked})
    assert response.status_code == 200
    assert len(orjson.loads(body(response))) == 5


@pytest.mark.parametrize("asked", ["bytes=999999-", "bytes=999999-1000000", "bytes=-0"])
def test_a_range_beyond_the_end_cannot_be_had(
    web: Client, make_result_set: MakeResultSet, asked: str
) -> None:
    path = pages_of(make_result_set(1), "json")[0]
    response = web.get(path, headers={"Range": asked})
    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{len(body(web.get(path)))}"


def test_a_part_of_what_has_changed_is_the_whole(web: Client, make_result_set: MakeResultSet) -> None:
    path = pages_of(make_result_set(5), "json")[0]
    tag = web.get(path)["ETag"]
    assert web.get(path, headers={"Range": "bytes=0-9", "If-Range": tag}).status_code == 206
    assert web.get(path, headers={"Range": "bytes=0-9", "If-Range": '"other"'}).status_code == 200


def test_unknown_tokens_and_names_are_not_found(
    web: Client, make_result_set: MakeResultSet, results_folder: Path
) -> None:
    result_set, other = make_result_set(5), make_result_set(5, number=2)
    secret = results_folder.parent / "secret.json"
    secret.write_bytes(b"{}")
    root = f"/results/{result_set.link_token}"
    other_name = pages_of(other, "json")[0].rpartition("/")[2]
    base = f"Collection_Results_{result_set.collection.public_id}_1"
    for path in (
        f"/results/{'x' * 32}/{base}_Page_1.json",
        f"{root}/{other_name}",
        f"{root}/{base}_Page_2.json",
        f"{root}/{base}_Page_0.json",
        f"{root}/{base}_Page_1_{'0' * 40}.csv",
        f"{root}/{base}_All_Pages_{'0' * 40}.csv",
        f"{root}/..%2f..%2f..%2fsecret.json",
        f"{root}/../../../secret.json",
        f"{root}/%2e%2e",
        f"{root}/{base}_Page_1.json%00",
        f"{root}/",
        root,
        f"{root}/a/b",
    ):
        refused(web.get(path), 404)


def test_expired_links_are_gone(web: Client, make_result_set: MakeResultSet) -> None:
    result_set = make_result_set(5, expires_at=now() - timedelta(seconds=1))
    assert "expired on" in refused(web.get(pages_of(result_set, "json")[0]), 410)
    assert "expired on" in refused(web.get(all_pages_of(result_set, "json")), 410)


def test_revoked_links_are_gone_and_renewed_ones_are_others(
    web: Client, make_result_set: MakeResultSet
) -> None:
    result_set = make_result_set(5)
    path = pages_of(result_set, "json")[0]
    results.revoke_links(result_set)
    assert "revoked" in refused(web.get(path), 410)
    results.renew_links(result_set)
    refused(web.get(path), 404)
    assert web.get(pages_of(result_set, "json")[0]).status_code == 200


@pytest.mark.parametrize("verb", ["post", "put", "delete", "patch"])
def test_only_get_and_head_are_known(web: Client, make_result_set: MakeResultSet, verb: str) -> None:
    response = getattr(web, verb)(pages_of(make_result_set(1), "json")[0])
    assert "use GET" in refused(response, 404)


def test_files_that_went_are_refused_before_an_archive_begins(
    web: Client, make_result_set: MakeResultSet, results_folder: Path
) -> None:
    result_set = make_result_set(25)
    for file in (results_folder / result_set.folder).iterdir():
        file.unlink()
    for path in (all_pages_of(result_set, "json"), all_pages_of(result_set, "jsonlines")):
        assert "no longer there" in refused(web.get(path), 404)
    assert "no longer there" in refused(web.get(pages_of(result_set, "json")[0]), 404)


def test_an_archive_is_made_while_it_is_sent(make_result_set: MakeResultSet, settings: LazySettings) -> None:
    settings.RESULT_PAGE_ROWS = 1000

    def peak(count: int, number: int) -> int:
        result_set = make_result_set(count, number=number)
        _, named = downloads.find(result_set.link_token, all_pages_of(result_set, "json").rpartition("/")[2])
        tracemalloc.start()
        try:
            stream: Iterator[bytes] = downloads.zipped(result_set, named)
            assert sum(map(len, stream)) > count * 10
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    small = peak(1000, 1)
    assert peak(8000, 2) < small + 500_000


def test_members_of_an_archive_carry_the_end_of_the_run(web: Client, make_result_set: MakeResultSet) -> None:
    result_set = make_result_set(1)
    with zipfile.ZipFile(io.BytesIO(body(web.get(all_pages_of(result_set, "json"))))) as archive:
        written_at = archive.infolist()[0].date_time
    ended = time.gmtime(result_set.ended_at.timestamp())
    assert written_at == (*ended[:5], ended.tm_sec // 2 * 2)  # ZIP counts in steps of two seconds
