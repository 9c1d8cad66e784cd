"""Several pages as one item; parts of an item."""

from typing import Any

import pytest

from scraping.joining import Joined
from scraping.selecting import without_unwanted


def test_a_single_page_stays_as_it_is() -> None:
    item = {"search_results": [{"position": 1}], "pagination": {"current_page": 1}}
    joined = Joined("search_results", first_page=1, most=1)
    joined.add(item)
    assert joined.full
    assert joined.item is item


def test_pages_are_joined_and_their_elements_numbered() -> None:
    joined = Joined("search_results", first_page=3, most=2)
    joined.add(
        {
            "info": "first",
            "search_results": [{"position": 1, "t": "a"}, {"position": 2, "t": "b"}],
            "pagination": {"n": 3},
        }
    )
    assert not joined.full
    joined.add({"info": "second", "search_results": [{"t": "c"}], "pagination": {"n": 4}})
    assert joined.full
    assert joined.item == {
        "info": "first",
        "search_results": [
            {"page": 3, "position": 1, "position_overall": 1, "t": "a"},
            {"page": 3, "position": 2, "position_overall": 2, "t": "b"},
            {"page": 4, "position": 1, "position_overall": 3, "t": "c"},
        ],
        "pagination": {"pages": [{"n": 3}, {"n": 4}]},
    }


def test_a_first_page_without_results_is_joined_too() -> None:
    joined = Joined("search_results", first_page=1, most=3)
    joined.add({"search_results": []})
    joined.add({"pagination": {"n": 2}})
    assert joined.item == {"search_results": [], "pagination": {"pages": [{"n": 2}]}}


ITEM = {
    "title": "x",
    "offers": [{"price": 1, "seller": {"name": "a", "score": 2}}, {"price": 3}],
    "rating": {"value": 4},
}


@pytest.mark.parametrize(
    ("include", "exclude", "left"),
    [
        ([], [], ITEM),
        (["title"], [], {"title": "x"}),
        (["offers.price"], [], {"offers": [{"price": 1}, {"price": 3}]}),
        (["offers.seller.name", "offers"], [], {"offers": ITEM["offers"]}),
        (["nothing"], [], {}),
        ([], ["offers", "rating.value"], {"title": "x", "rating": {}}),
        (
            [],
            ["offers.seller.score"],
            {**ITEM, "offers": [{"price": 1, "seller": {"name": "a"}}, {"price": 3}]},
        ),
        (["title", "rating"], ["title"], {"rating": {"value": 4}}),
        ([], [".", "", "title."], {"offers": ITEM["offers"], "rating": {"value": 4}}),
    ],
)
def test_fields_are_chosen_by_dot_notation(
    include: list[str], exclude: list[str], left: dict[str, Any]
) -> None:
    assert without_unwanted(ITEM, include, exclude) == left
