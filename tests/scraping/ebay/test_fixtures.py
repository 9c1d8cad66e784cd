"""Our own pages in eBay's layouts, each with the item or the refusal that must come of it."""

from pathlib import Path

import pytest

from scraping.errors import ScrapeError
from tests.scraping.cases import cases, read_json
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
