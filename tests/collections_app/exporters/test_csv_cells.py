import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collections_app.exporters.csv_cells import cell, field, line, quoted

TEXTS = st.text(
    st.sampled_from(list("ab,\"'\r\n\t =+-@é€😀;\x00")) | st.characters(exclude_categories=["Cs"]),
    max_size=12,
)


@given(st.lists(st.lists(TEXTS, min_size=1, max_size=6), max_size=6))
def test_lines_are_byte_for_byte_those_of_csv_writer(table: list[list[str]]) -> None:
    expected = io.StringIO(newline="")
    csv.writer(expected).writerows(table)
    assert "".join(line([quoted(text) for text in row]) for row in table) == expected.getvalue()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-5, "-5"),
        (12.5, "12.5"),
        (-1.5e-7, "-0.00000015"),
        (1e21, "1000000000000000000000"),
        ("", ""),
        ("drill", "drill"),
        ([], ""),
        ({}, ""),
        (["a", None, "b", 3, True], "a, b, 3, true"),
        ([["a", "b"], ["c"]], "a, b; c"),
        ([{"name": "Brand", "value": "Bosch"}, {"name": "Watt", "value": 700}], "Brand: Bosch; Watt: 700"),
        ([{"name": "Brand", "value": None}], "Brand: "),
        ({"raw": "New", "is_new": True, "note": None}, "raw: New, is_new: true"),
        ([{"name": "Tools", "link": "http://x/"}], "name: Tools, link: http://x/"),
        ([{"a": {"b": 1}}], '[{"a":{"b":1}}]'),
        ({"a": [1, 2]}, '{"a":[1,2]}'),
        ([[["a"]]], '[[["a"]]]'),
    ],
)
def test_a_value_becomes_text(value: Any, text: str) -> None:
    assert cell(value) == text


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+49 30 1234", "-Sale-", "@SUM(A1)", "\tx", "\rx", "=", "-", "+1,5", "-1e", "-5\n", "-\u0665"],
)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert cell(text) == f"'{text}"
    assert cell([text]) == f"'{text}"


@pytest.mark.parametrize("text", ["-5", "+5", "-1.5e3", "-.5", "-5.", "+1E+10", "-0"])
def test_a_plain_number_stays(text: str) -> None:
    assert cell(text) == text


def test_the_key_of_an_object_is_guarded_too() -> None:
    assert cell({"=HYPERLINK()": 1}) == "'=HYPERLINK(): 1"


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**60), 2**60)
        | st.floats(allow_nan=False, allow_infinity=False)
        | TEXTS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
        max_leaves=12,
    )
)
def test_any_value_becomes_one_harmless_field(value: Any) -> None:
    read = list(csv.reader(io.StringIO(line([field(value), "end"]), newline="")))
    assert read == [[cell(value), "end"]]
    if isinstance(value, str | list | dict) and cell(value)[:1] in tuple("=+-@\t\r"):
        float(cell(value))
