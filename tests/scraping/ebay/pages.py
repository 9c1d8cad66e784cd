"""eBay's pages for the tests: our own small ones, and saved real ones where they are at hand."""

from pathlib import Path
from typing import Any

from scraping.messages import Item, PageRequest, PageResponse
from scraping.request_types import REQUEST_TYPES
from tests.scraping.cases import REAL_PAGES, read_json

REAL = REAL_PAGES / "ebay"
EXPECTED = Path(__file__).parent / "expected"
HTML = {"content-type": "text/html; charset=utf-8"}


def read(
    params: dict[str, Any], body: str | bytes, url: str | None = None, **answer: Any
) -> Item | PageRequest:
    """What the type that the params name reads from a page. Without `url` it is the one that was asked for."""
    type_ = REQUEST_TYPES[params["type"]]
    checked = type_.parameters.check(params)
    body = body.encode() if isinstance(body, str) else body
    response = PageResponse(url or type_.first(checked).url, answer.pop("status", 200), HTML, body, **answer)
    return type_.read(checked, response)


def real(name: str) -> Path:
    return next(REAL.rglob(f"{name}.html"))


def real_item(name: str) -> Item:
    """The item of a saved real page, by the URL that stands in its list of expected values."""
    expected = read_json(EXPECTED / f"{name}.json")
    item = read({"type": expected["type"], "url": expected["url"]}, real(name).read_bytes())
    assert isinstance(item, dict)
    return item


def differences(expected: Any, found: Any, where: str = "") -> list[str]:
    """Where `found` lacks or belies what is expected; what it holds beyond that does not count."""
    if isinstance(expected, dict):
        if not isinstance(found, dict):
            return [f"{where}: {found!r} is no object"]
        return [
            line
            for key, value in expected.items()
            for line in differences(value, found.get(key), f"{where}.{key}")
        ]
    if isinstance(expected, list) and expected and isinstance(expected[0], dict):
        if not isinstance(found, list) or len(found) != len(expected):
            return [f"{where}: {found!r} has not {len(expected)} elements"]
        return [
            line
            for index, (one, other) in enumerate(zip(expected, found, strict=True))
            for line in differences(one, other, f"{where}[{index}]")
        ]
    return (
        []
        if expected == found and isinstance(found, bool) == isinstance(expected, bool)
        else [f"{where}: {found!r}, not {expected!r}"]
    )
