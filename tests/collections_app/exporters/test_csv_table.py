"""Rows to lines: which list is the main one, and what stands in each column."""

import csv
import io
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from collections_app.exporters import EXPORTERS, Options
from collections_app.exporters.csv_cells import cell

MAIN = {"search": "search_results"}


def table(rows: list[dict[str, Any]], fields: str, main_lists: dict[str, str] = MAIN) -> list[list[str]]:
    out = io.BytesIO()
    EXPORTERS["csv"].write(map(orjson.dumps, rows), out, Options(tuple(fields.split(",")), main_lists))
    return list(csv.reader(io.StringIO(out.getvalue().decode(), newline="")))


def row(result: Any, type: str = "search", **request: Any) -> dict[str, Any]:
    return {
        "success": True,
        "id": "R1",
        "request": {"type": type, **request},
        "total_time_taken": 1.5,
        "result": result,
    }


SEARCH = row(
    {
        "search_information": {"original_search_term": "drill"},
        "search_results": [
            {
                "position": 1,
                "title": "A, B",
                "prices": [{"raw": "$1", "value": 1.0}, {"raw": "$2", "value": 2.0}],
            },
            {"position": 2, "title": 'the "C"', "tags": ["x", "y"]},
        ],
        "facets": [{"name": "Brand", "value": "Bosch"}, {"name": "Brand", "value": "Makita"}],
    },
    search_term="drill",
)


def test_each_element_of_the_main_list_is_a_line() -> None:
    assert table(
        [SEARCH], "request.search_term,result.search_results.position,result.search_results.title"
    ) == [
        ["request.search_term", "result.search_results.position", "result.search_results.title"],
        ["drill", "1", "A, B"],
        ["drill", "2", 'the "C"'],
    ]


def test_the_result_may_be_left_out_of_a_field_and_the_column_keeps_its_given_name() -> None:
    assert table([SEARCH], "search_information.original_search_term,search_results.title") == [
        ["search_information.original_search_term", "search_results.title"],
        ["drill", "A, B"],
        ["drill", 'the "C"'],
    ]


def test_lists_inside_an_element_are_joined() -> None:
    fields = (
        "search_results.prices.raw,search_results.prices,search_results.tags,search_results.prices.0.value"
    )
    assert table([SEARCH], fields)[1:] == [
        ["$1, $2", "raw: $1, value: 1.0; raw: $2, value: 2.0", "", "1.0"],
        ["", "", "x, y", ""],
    ]


def test_the_list_that_the_type_names_goes_before_an_earlier_column() -> None:
    assert table([SEARCH], "result.facets.value,result.search_results.position")[1:] == [
        ["Bosch, Makita", "1"],
        ["Bosch, Makita", "2"],
    ]


def test_without_a_column_in_it_another_list_takes_its_place() -> None:
    assert table([SEARCH], "facets.name,facets.value")[1:] == [["Brand", "Bosch"], ["Brand", "Makita"]]


def test_a_whole_list_as_one_column_is_one_line() -> None:
    assert table([SEARCH], "id,facets")[1:] == [["R1", "Brand: Bosch; Brand: Makita"]]


def test_an_element_by_number_is_one_line() -> None:
    assert table([SEARCH], "id,search_results.1.title,search_results.9.title")[1:] == [["R1", 'the "C"', ""]]


def test_a_type_without_a_main_list_goes_by_its_columns() -> None:
    result = {
        "extract": {"offers": [{"name": "a", "price": 1}, {"name": "b", "price": 2}], "names": ["a", "b"]}
    }
    assert table([row(result, "page")], "id,extract.offers.name,extract.offers.price,extract.names")[1:] == [
        ["R1", "a", "1", "a, b"],
        ["R1", "b", "2", "a, b"],
    ]


def test_a_failed_row_and_an_empty_list_are_one_line_each() -> None:
    failed = row({"request_info": {"success": False, "message": "No answer in time", "error": "timeout"}})
    failed["success"] = False
    rows = [failed, row({"search_results": []}), row(None), row({"search_results": "odd"})]
    fields = "success,id,search_results.title,request_info.success,result.request_info.error"
    assert table(rows, fields)[1:] == [
        ["false", "R1", "", "false", "timeout"],
        ["true", "R1", "", "true", ""],
        ["true", "R1", "", "true", ""],
        ["true", "R1", "", "true", ""],
    ]


def test_odd_elements_keep_their_line() -> None:
    rows = [row({"search_results": [None, "text", {"title": "a"}, [1]]})]
    assert table(rows, "id,search_results.title")[1:] == [["R1", ""], ["R1", ""], ["R1", "a"], ["R1", ""]]


def test_an_engine_before_the_type_names_the_list_too() -> None:
    rows = [row({"items": [{"n": 1}, {"n": 2}], "other": [{"n": 3}]}, "search", engine="homedepot")]
    main_lists = {"search": "other", "homedepot_search": "items"}
    assert table(rows, "other.n,items.n", main_lists)[1:] == [["3", "1"], ["3", "2"]]


def test_a_mixed_set_fills_each_row_by_its_type() -> None:
    product = row({"product": {"title": "Saw", "images": [{"link": "u"}, {"link": "v"}]}}, "product")
    assert table([SEARCH, product], "search_results.position,product.title")[1:] == [
        ["1", ""],
        ["2", ""],
        ["", "Saw"],
    ]


def test_a_header_that_a_spreadsheet_would_run_is_guarded() -> None:
    assert table([], "@type.name") == [["'@type.name"]]


VALUES = st.none() | st.booleans() | st.integers(-1000, 1000) | st.text('ab,"\r\n=+-@é ', max_size=5)
ELEMENTS = st.fixed_dictionaries({}, optional={"a": VALUES, "b": st.fixed_dictionaries({"c": VALUES})})


@given(
    st.lists(
        st.tuples(VALUES, st.none() | st.lists(ELEMENTS, max_size=4)),
        max_size=5,
    )
)
def test_the_file_reads_back_as_the_table_one_expects(
    results: list[tuple[Any, list[dict[str, Any]] | None]],
) -> None:
    rows = [
        row({"head": head} | ({"items": items} if items is not None else {}), "list")
        for head, items in results
    ]
    expected = [["id", "head", "items.a", "result.items.b.c"]]
    for head, items in results:
        for item in items or [{}]:
            inner = item.get("b", {}).get("c")
            expected.append(["R1", cell(head), cell(item.get("a")), cell(inner)])
    assert table(rows, "id,head,items.a,result.items.b.c", {"list": "items"}) == expected
