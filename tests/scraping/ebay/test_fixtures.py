"""Our own pages in eBay's layouts, each with the item or the refusal that must come of it."""

from pathlib import Path

import pytest

from scraping.errors import ScrapeError
from tests.scraping.cases import FIXTURES, cases, read_json
from tests.scraping.ebay.pages import read


@pytest.mark.parametrize("case", cases("ebay"))
def test_a_page_gives_its_item_or_its_refusal(case: Path) -> None:
    params, expected = read_json(case / "params.json"), read_json(case / "item.json")
    answer = read_json(case / "answer.json") if (case / "answer.json").exists() else {}
    body = (case / "page.html").read_bytes()
    if "redirects" in answer:
        answer["redirects"] = tuple(answer["redirects"])
    if "error" in expected:
        with pytest.raises(ScrapeError) as refused:
            read(params, body, **answer)
        assert {"error": refused.value.code, "message": refused.value.message} == expected
    else:
        assert read(params, body, **answer) == expected


def test_every_page_that_turns_a_robot_away_may_be_tried_again() -> None:
    for case in cases("ebay"):
        folder = case.values[0]
        expected = read_json(folder / "item.json")
        if expected.get("error") != "blocked":
            continue
        answer = read_json(folder / "answer.json") if (folder / "answer.json").exists() else {}
        with pytest.raises(ScrapeError) as refused:
            read(
                read_json(folder / "params.json"), (folder / "page.html").read_bytes(), url=answer.get("url")
            )
        assert refused.value.retryable


@pytest.mark.parametrize("tenths", range(10))
def test_a_page_cut_off_anywhere_is_read_or_refused_but_no_fault(tenths: int) -> None:
    became = set()
    for folder in sorted((FIXTURES / "ebay").iterdir()):
        body = (folder / "page.html").read_bytes()
        for step in range(8):
            part = body[: len(body) * (tenths * 8 + step) // 80]
            try:
                read(read_json(folder / "params.json"), part)
                became.add("item")
            except ScrapeError as refused:
                became.add(refused.code)
    assert became <= {"item", "blocked", "not_found", "unexpected_page"}
    # A page that is cut near its end still has its listings or its title; one cut at its head is refused.
    assert "item" in became or tenths < 3
    assert "unexpected_page" in became
