"""Overrides of origins, forth and back."""

import pytest

from scraping.origins import Origins
from scraping.urls import read_url

OVERRIDES = {
    "https://www.ebay.com": "http://127.0.0.1:9001/ebay",
    "HTTPS://WWW.ebay.de:443/": "http://127.0.0.1:9001/ebay/de/",
    "http://shop.example:8080": "https://mirror.example.com",
    "https://one.example": "http://shared.example",
    "https://two.example": "http://shared.example",
}


def sent(url: str) -> str | None:
    return Origins(OVERRIDES).sent(*read_url(url))


@pytest.mark.parametrize(
    ("url", "goes_to"),
    [
        ("https://www.ebay.com/itm/1?x=2", "http://127.0.0.1:9001/ebay/itm/1?x=2"),
        ("https://www.ebay.com", "http://127.0.0.1:9001/ebay/"),
        ("https://www.ebay.com:443?q=1", "http://127.0.0.1:9001/ebay/?q=1"),
        ("https://www.ebay.de/itm", "http://127.0.0.1:9001/ebay/de/itm"),
        ("http://shop.example:8080/a", "https://mirror.example.com/a"),
        ("http://www.ebay.com/itm/1", None),
        ("https://ebay.com/itm/1", None),
        ("https://www.ebay.com:8443/itm/1", None),
        ("http://shop.example/a", None),
        ("https://www.ebay.com.evil.example/", None),
    ],
)
def test_an_origin_is_sent_to_its_base_and_no_other_is(url: str, goes_to: str | None) -> None:
    assert sent(url) == goes_to


@pytest.mark.parametrize(
    ("page_origin", "url", "known"),
    [
        ("https://www.ebay.com", "http://127.0.0.1:9001/ebay/itm/1?x", "https://www.ebay.com/itm/1?x"),
        ("https://www.ebay.com", "http://127.0.0.1:9001/ebay", "https://www.ebay.com/"),
        ("https://www.ebay.com", "http://127.0.0.1:9001/ebay?x=1", "https://www.ebay.com/?x=1"),
        ("https://www.ebay.com", "http://127.0.0.1:9001/ebay/de/x", "https://www.ebay.de/x"),
        ("https://www.ebay.com", "http://127.0.0.1:9001/itm/1", "https://www.ebay.com/itm/1"),
        ("https://www.ebay.com", "http://127.0.0.1:9001/ebayish", "https://www.ebay.com/ebayish"),
        ("https://www.ebay.com", "http://127.0.0.1:9002/ebay/x", "http://127.0.0.1:9002/ebay/x"),
        ("https://www.ebay.com", "https://www.ebay.de/x", "https://www.ebay.de/x"),
        ("https://other.example", "http://127.0.0.1:9001/x", "http://127.0.0.1:9001/x"),
        ("https://one.example", "http://shared.example/x", "https://one.example/x"),
        ("https://two.example", "http://shared.example/x", "https://two.example/x"),
    ],
)
def test_what_a_page_points_to_is_known_by_its_original_url(page_origin: str, url: str, known: str) -> None:
    assert Origins(OVERRIDES).original(page_origin, url) == known


@pytest.mark.parametrize(
    ("origin", "base"),
    [
        ("www.ebay.com", "http://127.0.0.1:1"),
        ("https://www.ebay.com/path", "http://127.0.0.1:1"),
        ("https://www.ebay.com?x", "http://127.0.0.1:1"),
        ("ftp://www.ebay.com", "http://127.0.0.1:1"),
        ("https://www.ebay.com", "127.0.0.1:1"),
        ("https://www.ebay.com", "http://127.0.0.1:1/?x=1"),
        ("https://www.ebay.com", "http://127.0.0.1:1/#x"),
        ("https://www.ebay.com", "http://u:p@127.0.0.1:1/"),
        ("https://www.ebay.com", ""),
    ],
)
def test_an_odd_override_is_refused_by_name(origin: str, base: str) -> None:
    with pytest.raises(ValueError, match="origin override") as caught:
        Origins({origin: base})
    assert repr(origin) in str(caught.value)


def test_without_overrides_nothing_changes() -> None:
    origins = Origins({})
    assert origins.sent(*read_url("https://www.ebay.com/a")) is None
    assert origins.original("https://www.ebay.com", "https://www.ebay.com/a") == "https://www.ebay.com/a"
