"""Declared parameters: every kind, from JSON, forms and CSV cells."""

from typing import Any

import pytest

from scraping import parameters as p
from scraping.errors import BadParameter
from scraping.request_types import REQUEST_TYPES, request_type

BOOLEAN = p.Boolean("flag")
INTEGER = p.Integer("count", least=1, most=10)
NUMBER = p.Number("price", least=0)
CHOICE = p.Choice("sort_by", choices=("best_match", "newest"))
URL = p.Url("url")
LIST = p.ListOf("fields")
TEXT = p.Text("term", longest=10)
OBJECT = p.JsonObject("extra")


# parameter, how it is sent, what comes of it
SPELLINGS: list[tuple[p.Parameter, list[Any], Any]] = [
    (BOOLEAN, [True, "true", "True", "TRUE", "1", 1, "yes", "on", " true "], True),
    (BOOLEAN, [False, "false", "False", "0", 0, "no", "off"], False),
    (INTEGER, [7, "7", " 7 ", 7.0, "+7", "007"], 7),
    (NUMBER, [1.5, "1.5", "15e-1"], 1.5),
    (CHOICE, ["newest", "Newest", " NEWEST "], "newest"),
    (LIST, [["a", "b.c"], "a,b.c", " a , b.c ,", '["a", "b.c"]', ("a", "b.c")], ["a", "b.c"]),
    (TEXT, ["  two words "], "two words"),
    (TEXT, [42], "42"),
    (URL, ["https://shop.example/a?b=c", " https://shop.example/a?b=c\n"], "https://shop.example/a?b=c"),
    (URL, ["www.shop.example/a"], "https://www.shop.example/a"),
    (URL, ["HTTP://shop.example"], "HTTP://shop.example"),
    (OBJECT, [{"a": 1}, '{"a": 1}'], {"a": 1}),
]
WRONG: list[tuple[p.Parameter, list[Any]]] = [
    (BOOLEAN, ["maybe", 2, [True], {}, "truee", 1.5]),
    (INTEGER, [0, 11, "eleven", 1.5, True, [1], "1.5", "9" * 30, "1_0", "\N{ARABIC-INDIC DIGIT THREE}"]),
    (NUMBER, [-1, "cheap", "nan", "inf", "1_0", True, None, 10**400]),
    (CHOICE, ["oldest", 5, True, [], ""]),
    (
        URL,
        [
            "shop",
            "ftp://shop.example/",
            "https://",
            "https://a b/",
            "https://[",
            5,
            "/a",
            "javascript:alert(1)",
        ],
    ),
    (URL, ["https://shop.example:99999/", "https://a/" + "x" * 8000, "file:///etc/passwd", "https://a/<b>"]),
    (LIST, [5, {"a": 1}, [["a"]], ["x"] * 201]),
    (TEXT, ["x" * 11, [], {}, True]),
    (OBJECT, ["[1]", "{", 5, []]),
]


@pytest.mark.parametrize(
    ("parameter", "value", "clean"),
    [(parameter, value, clean) for parameter, values, clean in SPELLINGS for value in values],
)
def test_a_value_is_read_in_every_spelling(parameter: p.Parameter, value: Any, clean: Any) -> None:
    read = parameter.read(value)
    assert read == clean
    assert type(read) is type(clean)


@pytest.mark.parametrize(
    ("parameter", "value"), [(parameter, value) for parameter, values in WRONG for value in values]
)
def test_a_wrong_value_is_refused_with_its_field(parameter: p.Parameter, value: Any) -> None:
    with pytest.raises(BadParameter) as refused:
        parameter.read(value)
    assert refused.value.field == parameter.name
    assert f"'{parameter.name}'" in str(refused.value)


def test_a_url_of_another_site_is_refused_with_the_sites_name() -> None:
    url = p.Url("url", hosts=r"(.+\.)?shop\.example", site="Shop")
    assert url.read("https://www.shop.example/") == "https://www.shop.example/"
    for wrong in ("https://shop.example.evil.example/", "https://evil-shop.example/"):
        with pytest.raises(BadParameter, match="URL of Shop"):
            url.read(wrong)


def test_a_refusal_does_not_repeat_a_value_without_end() -> None:
    with pytest.raises(BadParameter) as refused:
        URL.read("https://shop.example/" + "x" * 100_000)
    assert len(str(refused.value)) < 500


SEARCH = p.Parameters(
    p.Url("url"),
    p.Text("search_term"),
    p.Text("domain"),
    p.Integer("num", default=60),
    p.Refused("customer_zipcode", "should not be specified"),
    p.Text("min_price", needs=("currency_of_price",)),
    p.Text("currency_of_price"),
    one_of=(("url",), ("search_term", "domain")),
    paged=True,
)


def test_checked_parameters_are_clean_and_complete() -> None:
    raw = {
        "type": "search",
        "url": "https://a.example",
        "num": "",
        "include_html": "True",
        "custom_id": None,
        "x": [1],
    }
    params = SEARCH.check(raw)
    assert params == {
        "type": "search", "url": "https://a.example", "include_html": True, "x": [1],
        "num": 60, "page": 1, "max_page": 1, "output": "json",
    }  # fmt: skip
    assert raw["include_html"] == "True"  # what the client sent is left alone


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({}, "url"),
        ({"search_term": "tea"}, "domain"),
        ({"domain": "a.example", "search_term": "  "}, "search_term"),
    ],
)
def test_a_missing_group_is_refused_with_the_missing_name_and_the_choices(
    raw: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadParameter, match="'url', or 'search_term' and 'domain'") as refused:
        SEARCH.check(raw)
    assert refused.value.field == field


def test_a_parameter_that_needs_another_says_so() -> None:
    with pytest.raises(BadParameter, match="required with 'min_price'"):
        SEARCH.check({"url": "https://a.example", "min_price": "5"})


def test_a_required_parameter_that_is_empty_is_missing() -> None:
    for raw in ({}, {"url": None}, {"url": ""}, {"url": " "}):
        with pytest.raises(BadParameter, match=r"'url'.*required"):
            REQUEST_TYPES["page"].parameters.check(raw)


def test_a_parameter_the_type_cannot_take_is_refused_with_the_reason() -> None:
    with pytest.raises(BadParameter, match=r"customer_zipcode.*should not be specified"):
        SEARCH.check({"url": "https://a.example", "customer_zipcode": "10001"})


@pytest.mark.parametrize(("real_time", "most"), [(False, 100), (True, 5)])
def test_max_page_has_its_limit(real_time: bool, most: int) -> None:
    raw = {"url": "https://a.example", "max_page": most}
    assert SEARCH.check(raw, real_time=real_time)["max_page"] == most
    with pytest.raises(BadParameter, match=f"'max_page'.*from 1 to {most}"):
        SEARCH.check(raw | {"max_page": most + 1}, real_time=real_time)


def test_unknown_and_idle_parameters_are_named_in_warnings() -> None:
    raw = {
        "url": "https://a.example",
        "serch_term": "tea",
        "zzz": 1,
        "currency": "usd",
        "custom_id": "7",
        "yyy": "",
    }
    warnings = SEARCH.warnings(raw)
    assert len(warnings) == 3
    assert "'serch_term'" in warnings[0]
    assert "'search_term'?" in warnings[0]
    assert "'zzz'" in warnings[1]
    assert "'currency' has no effect" in warnings[2]


def test_an_idle_parameter_is_checked_all_the_same() -> None:
    with pytest.raises(BadParameter, match=r"'currency'.*usd"):
        SEARCH.check({"url": "https://a.example", "currency": "dollars"})


def test_a_rule_sees_the_clean_parameters() -> None:
    def rule(params: dict[str, Any]) -> None:
        if params["num"] > 3:
            raise BadParameter("num", params["num"], "too many")

    declared = p.Parameters(p.Integer("num"), rule=rule)
    assert declared.check({"num": "3"})["num"] == 3
    with pytest.raises(BadParameter, match="too many"):
        declared.check({"num": "4"})


def test_a_group_of_undeclared_names_is_a_mistake_of_the_type() -> None:
    with pytest.raises(ValueError, match="undeclared parameters: nmae"):
        p.Parameters(p.Text("name"), one_of=(("nmae",),))


def test_the_schema_tells_what_the_check_does() -> None:
    schema = SEARCH.schema()
    assert schema["properties"]["num"] == {"type": "integer", "default": 60}
    assert schema["properties"]["max_page"]["maximum"] == 100
    assert schema["anyOf"] == [{"required": ["url"]}, {"required": ["search_term", "domain"]}]
    assert REQUEST_TYPES["page"].parameters.schema()["required"] == ["url"]


@pytest.mark.parametrize("name", REQUEST_TYPES)
def test_every_type_has_a_whole_schema_and_default_columns(name: str) -> None:
    type_ = REQUEST_TYPES[name]
    schema = type_.parameters.schema()
    assert type_.name == name
    assert set(schema["properties"]) == set(type_.parameters.declared)
    assert type_.csv_fields
    assert all(field.split(".")[0] in ("request", "result", "success", "id") for field in type_.csv_fields)
    assert type_.metadata_url.endswith("url")
    if type_.parameters.paged:
        assert type_.main_list


def test_a_type_is_found_by_its_name_or_engine_and_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REQUEST_TYPES, "shop_product", REQUEST_TYPES["page"])
    assert request_type({"type": " Page "}) is REQUEST_TYPES["page"]
    assert request_type({"type": "product", "engine": "Shop"}) is REQUEST_TYPES["page"]
    for wrong in ({}, {"type": None}, {"type": 5}, {"type": "pgae"}, {"type": ""}):
        with pytest.raises(BadParameter, match=r"'type'.*page") as refused:
            request_type(wrong)
        assert refused.value.field == "type"
