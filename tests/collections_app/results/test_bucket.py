"""The same result sets in an S3 bucket: a real server on the loopback, spoken to through django-storages."""

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta

import orjson
import pytest
from django.test import Client
from django.utils.timezone import now

from collections_app.models import ResultSet
from collections_app.services import result_files, results, retention
from collections_app.services.results import links
from tests.collections_app.results.conftest import rows
from tests.collections_app.results.test_downloads import all_pages_of, body, pages_of

pytestmark = pytest.mark.processes
FIELDS = "id,search_results.title"
MakeResultSet = Callable[..., ResultSet]


def test_a_result_set_in_a_bucket(bucket: None, make_result_set: MakeResultSet) -> None:
    web = Client(raise_request_exception=False)
    result_set = make_result_set(25, formats=("json",))
    expected = [orjson.loads(row) for row in rows(25)]

    # What is written with the run, and what is made on first request
    pages = [orjson.loads(body(web.get(path))) for path in pages_of(result_set, "json")]
    assert [row for page in pages for row in page] == expected
    csv_path = pages_of(result_set, "csv", FIELDS)[0]
    assert body(web.get(csv_path)).startswith(b"id,search_results.title\r\nR1,")

    # Heads, parts and archives
    whole = body(web.get(csv_path))
    assert web.head(csv_path)["Content-Length"] == str(len(whole))
    part = web.get(csv_path, headers={"Range": "bytes=3-20"})
    assert (part.status_code, body(part)) == (206, whole[3:21])
    with zipfile.ZipFile(io.BytesIO(body(web.get(all_pages_of(result_set, "json"))))) as archive:
        assert [orjson.loads(archive.read(name)) for name in archive.namelist()] == pages
    everything = web.get(all_pages_of(result_set, "csv", FIELDS))
    assert everything["Content-Length"] == str(len(body(everything)))

    # The same rows again replace the files
    names = sorted(result_files.listing(result_set.folder)[1])
    again = results.write_result_set(result_set.run, rows(25), number=1, formats=["json"], csv_fields="")
    assert set(again.files) == {"jsonlines", "json"}
    assert sorted(result_files.listing(result_set.folder)[1]) == names

    # The end
    assert links(result_set, "json")["pages"]
    assert retention.expire(now() + timedelta(days=15)) == 1
    assert result_files.listing(result_set.folder) == ([], [])
    assert not ResultSet.objects.exists()


def test_what_breaks_off_leaves_nothing_in_a_bucket(bucket: None, make_result_set: MakeResultSet) -> None:
    name = f"{make_result_set(1).folder}/half.json"

    def break_off() -> None:
        with result_files.new_file(name) as file:
            file.write(b"[")
            raise RuntimeError("broken off")

    with pytest.raises(RuntimeError, match="broken off"):
        break_off()
    assert not result_files.storage().exists(name)
