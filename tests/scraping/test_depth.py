"""Pages that no parser should be given, told by their tags."""

import pytest

from scraping.pages.depth import MOST, is_too_deep


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<br>" * 50_000,
        b"<ul>" + b"<li>one<p>two" * 50_000,
        b"<div><span>a</span></div>" * 50_000,
        b"<div>" * MOST + b"</div>" * MOST,
        b"a < b and c < d " * 20_000,
        b"<!-- <" * 20_000,
        "<div>".encode("utf-16") * 50_000,
    ],
)
def test_ordinary_pages_however_long_are_read(body: bytes) -> None:
    assert not is_too_deep(body)


@pytest.mark.parametrize(
    "body", [b"<div>" * 100_000, b"<DIV class='a'><b>\n" * 6000, b"<p></p>" * 9 + b"<i>" * 10_001]
)
def test_a_page_nested_without_end_is_not(body: bytes) -> None:
    assert is_too_deep(body)
