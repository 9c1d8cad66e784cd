"""Pages that no parser should be given, told by their tags."""

import pytest

from scraping.pages.excess import excess


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<br>" * 50_000,
        b"<ul>" + b"<li>one<p>two" * 50_000,
        b"<div><span>a</span></div>" * 50_000,
        b"<div>" * 10_000 + b"</div>" * 10_000,
        b"a < b and c < d " * 20_000,
        b"<!-- <" * 20_000,
        "<div>".encode("utf-16") * 50_000,
        b'<path d="' + b"M 1 2 L = 3 " * 50_000 + b'">',
        b'<img src="data:image/png;base64,' + b"QUJD" * 100_000 + b'">',
        b"<p " + b"a=1 " * 9000 + b">",
    ],
)
def test_ordinary_pages_however_long_are_read(body: bytes) -> None:
    assert excess(body) is None


@pytest.mark.parametrize(
    "body", [b"<div>" * 100_000, b"<DIV class='a'><b>\n" * 6000, b"<p></p>" * 9 + b"<i>" * 10_001]
)
def test_a_page_nested_without_end_is_refused(body: bytes) -> None:
    assert excess(body) == "Its elements are nested over 10000 deep."


def test_an_element_of_endless_attributes_is_refused() -> None:
    body = b"<p " + b" ".join(b"a%d='x y=z'" % n for n in range(20_000)) + b">"
    assert excess(body) == "An element has over 10000 attributes."
