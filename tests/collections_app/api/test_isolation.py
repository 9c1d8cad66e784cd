"""Nobody reaches another account's rows, by whatever path; a new path is asked as well."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.forms.models import model_to_dict
from django.urls import URLPattern, get_resolver
from django.urls.converters import IntConverter

from collections_app.models import Collection, CollectionRequest, ResultSet, Run
from tests.collections_app.api.conftest import Caller, NewCollection

PAGE = {"type": "page", "url": "https://shop.example/secret-page"}
VERBS = ("GET", "POST", "PUT", "DELETE")


def patterns_of_a_collection() -> Iterator[URLPattern]:
    """Every path that names a collection; download links carry a token instead of a key."""
    for pattern in get_resolver("collections_app.api.urls").url_patterns:
        if isinstance(pattern, URLPattern) and pattern.pattern.converters.get("collection_id") is not None:
            yield pattern


def paths() -> list[str]:
    found = []
    for pattern in patterns_of_a_collection():
        path = str(pattern.pattern)
        for name, converter in pattern.pattern.converters.items():
            kind = "int" if isinstance(converter, IntConverter) else "str"
            path = path.replace(f"<{kind}:{name}>", f"{{{name}}}")
        found.append(f"/{path}")
    return sorted(set(found))


def test_the_paths_are_all_there() -> None:
    assert len(paths()) >= 2 * 9
    assert "/collections/{collection_id}" in paths()
    assert "/collections/{collection_id}/{request_id}/" in paths()


def snapshot(collection: str) -> list[Any]:
    row = Collection.objects.get(public_id=collection)
    return [
        model_to_dict(row),
        list(CollectionRequest.objects.filter(collection=row).values()),
        list(Run.objects.filter(collection=row).values("pk", "status")),
        list(ResultSet.objects.filter(collection=row).values("pk", "link_token", "links_revoked_at")),
    ]


@pytest.mark.parametrize("path", paths())
def test_another_accounts_collection_is_not_there(
    caller: Caller,
    stranger: Caller,
    new_collection: NewCollection,
    a_result_set: Callable[[str], ResultSet],
    path: str,
) -> None:
    made = new_collection(requests=[PAGE])["id"]
    request = caller.ok("GET", f"/collections/{made}/requests/1")["requests"][0]["id"]
    a_result_set(made)
    caller.ok("GET", f"/collections/{made}/start")
    before = snapshot(made)
    url = path.format(collection_id=made, request_id=request, page=1, number=1)
    assert "{" not in url
    for verb in VERBS:
        for body in ({"name": "taken"}, [request], {"requests": [PAGE]}):
            status, answer = stranger.call(verb, url, body)
            assert status == 404, (verb, answer)
            assert set(answer) == {"request_info"}
            assert "secret" not in str(answer)
    assert snapshot(made) == before


@pytest.mark.parametrize(
    "path", ["/collections", "/account", "/collections/stopall", "/collections?search_term=x"]
)
def test_what_is_about_an_account_shows_its_own_only(
    caller: Caller, stranger: Caller, new_collection: NewCollection, path: str
) -> None:
    made = new_collection(name="x secret", requests=[PAGE])["id"]
    caller.ok("GET", f"/collections/{made}/start")
    answer = (
        stranger.ok("GET", path) if "?" not in path else stranger.ok("GET", "/collections", search_term="x")
    )
    assert "secret" not in str(answer)
    assert made not in str(answer)
    assert caller.ok("GET", f"/collections/{made}")["collection"]["status"] == "queued"


def test_a_request_id_of_another_account_is_not_there(
    caller: Caller, stranger: Caller, new_collection: NewCollection
) -> None:
    theirs = new_collection(requests=[PAGE])["id"]
    request = caller.ok("GET", f"/collections/{theirs}/requests/1")["requests"][0]["id"]
    own = stranger.ok("POST", "/collections", {"name": "own", "requests": [PAGE]})["collection"]["id"]
    stranger.refused(404, "PUT", f"/collections/{own}/{request}", {"url": "https://evil.example/"})
    stranger.refused(404, "DELETE", f"/collections/{own}/{request}")
    stranger.refused(404, "DELETE", f"/collections/{own}/requests", [request])
    assert caller.ok("GET", f"/collections/{theirs}/requests/1")["requests_total_count"] == 1
