"""What every exporter must do."""

import io
import tracemalloc
from collections.abc import Iterator

import orjson
import pytest

from collections_app.exporters import EXPORTERS, Options

OPTIONS = Options(("success", "id", "result.title"), {})


def rows(count: int) -> Iterator[bytes]:
    for number in range(count):
        yield orjson.dumps(
            {
                "success": number % 2 == 0,
                "id": f"R{number}",
                "request": {"type": "page", "url": "http://shop.example/"},
                "total_time_taken": 0.25,
                "result": {"title": f'Ä "{number}",\nline two'},
            }
        )


def exported(name: str, count: int, options: Options = OPTIONS) -> bytes:
    out = io.BytesIO()
    EXPORTERS[name].write(rows(count), out, options)
    return out.getvalue()


class Drain(io.RawIOBase):
    """Takes what is written and keeps nothing but its size."""

    size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        self.size += len(data)  # type: ignore[arg-type]  # the annotation of RawIOBase is a private protocol
        return len(data)  # type: ignore[arg-type]  # same


@pytest.mark.parametrize("name", EXPORTERS)
def test_an_exporter_names_its_extension_and_content_type(name: str) -> None:
    exporter = EXPORTERS[name]
    assert exporter.extension.startswith(".")
    assert "/" in exporter.content_type


def test_no_two_exporters_share_an_extension() -> None:
    assert len({exporter.extension for exporter in EXPORTERS.values()}) == len(EXPORTERS)


@pytest.mark.parametrize("name", EXPORTERS)
@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_the_same_rows_give_the_same_bytes_in_utf_8(name: str, count: int) -> None:
    page = exported(name, count)
    assert page == exported(name, count)
    page.decode("utf-8")
    assert page.count("Ä".encode()) == count


@pytest.mark.parametrize("name", EXPORTERS)
def test_memory_does_not_grow_with_the_rows(name: str) -> None:
    def peak(count: int) -> int:
        tracemalloc.start()
        try:
            drain = Drain()
            EXPORTERS[name].write(rows(count), drain, OPTIONS)  # type: ignore[arg-type]  # a BinaryIO in all that counts
            assert drain.size > count * 20
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)
    assert peak(5000) < peak(50) + 100_000


def test_a_json_page_is_an_array_of_the_rows() -> None:
    page = exported("json", 3)
    assert orjson.loads(page) == [orjson.loads(row) for row in rows(3)]
    assert all(row in page for row in rows(3))


def test_an_empty_json_page_is_an_empty_array() -> None:
    assert exported("json", 0) == b"[]"


def test_a_json_lines_page_is_a_row_a_line() -> None:
    assert exported("jsonlines", 3) == b"".join(row + b"\n" for row in rows(3))
    assert exported("jsonlines", 0) == b""


def test_json_lines_refuse_a_row_with_a_newline() -> None:
    with pytest.raises(ValueError, match="holds a newline"):
        EXPORTERS["jsonlines"].write([b'{"id":\n1}'], io.BytesIO(), OPTIONS)


def test_an_empty_csv_page_is_its_header() -> None:
    assert exported("csv", 0) == b"success,id,result.title\r\n"


def test_csv_refuses_a_row_that_is_no_object() -> None:
    with pytest.raises(ValueError, match="no JSON object"):
        EXPORTERS["csv"].write([b"[1]"], io.BytesIO(), OPTIONS)
