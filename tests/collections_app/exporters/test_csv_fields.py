import hashlib

import pytest

from collections_app.exporters import csv_fields


def test_fields_are_taken_in_order_and_once() -> None:
    assert csv_fields.parse(" success, id ,result.search_results.title,id") == (
        "success",
        "id",
        "result.search_results.title",
    )


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "product.title",
        "result.a-b.c:d",
        "result.extract.og:title",
        "result.images.0.link",
        "result.Größe cm",
    ],
)
def test_a_field_may_hold_what_keys_hold(text: str) -> None:
    assert csv_fields.parse(text) == (text,)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("a,,b", "field 2 of 3 is empty"),
        ("a,b,", "field 3 of 3 is empty"),
        ("a..b", "'a..b'"),
        (".a", "'.a'"),
        ("a.", "'a.'"),
        ('a"b', 'a"b'),
        ("a\nb", "a\\nb"),
        ("=cmd()", "'=cmd()'"),
        ("../../etc", "'../../etc'"),
        ("a;b", "'a;b'"),
        ("a" * 201, "201 characters"),
        ("a," * 10_001, "20002 characters"),
        (",".join(f"f{number}" for number in range(501)), "501 fields"),
    ],
)
def test_what_cannot_be_a_column_is_refused_with_its_value(text: str, said: str) -> None:
    with pytest.raises(csv_fields.BadFields) as refused:
        csv_fields.parse(text)
    assert str(refused.value).startswith("csv_fields: ")
    assert said in str(refused.value)


def test_the_list_is_called_as_the_client_calls_it() -> None:
    with pytest.raises(csv_fields.BadFields, match=r"^notification_csv_fields: '=x'"):
        csv_fields.parse("=x", "notification_csv_fields")


def test_five_hundred_fields_are_taken() -> None:
    assert len(csv_fields.parse(",".join(f"f{number}" for number in range(500)))) == 500


def test_the_digest_is_the_sha1_of_the_comma_list() -> None:
    fields = csv_fields.parse(" id , success ")
    assert csv_fields.digest(fields) == hashlib.sha1(b"id,success").hexdigest()  # noqa: S324  the contract's own
