"""Whatever is sent, the answer is an enveloped one, and never a fault of ours."""

import json
from typing import Any
from urllib.parse import quote, urlencode

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collections_app.api.traject.coerce import SETTINGS
from collections_app.api.traject.collections import FILTERS
from scraping.request_types import REQUEST_TYPES
from tests.collections_app.api.conftest import Caller, NewCollection

often = settings(
    max_examples=150,
    deadline=None,
    # Rows of one example may stand in the next one: none of them is asked for again.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
words = st.sampled_from(
    [
        "",
        "0",
        "true",
        "x",
        "9,17",
        "[1",
        "weekly",
        "minutes",
        "every_hour",
        "page",
        "http://[",
        "\x00",
        "\ud800",
        "ß" * 300,
    ]
)
scalars = st.one_of(
    words,
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.just(10**25),
    st.just(-1),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
request_objects = st.dictionaries(
    st.sampled_from(
        ["type", "url", "engine", "max_page", "include_html", "custom_id", "extract", "id", "search_term"]
    )
    | st.text(max_size=5),
    values | st.sampled_from(list(REQUEST_TYPES)),
    max_size=6,
)
setting_objects = st.dictionaries(st.sampled_from(list(SETTINGS)) | st.text(max_size=5), values, max_size=6)
bodies = st.one_of(
    values,
    setting_objects,
    st.builds(
        lambda fields, requests: fields | {"name": "x", "requests": requests},
        setting_objects,
        st.lists(request_objects, max_size=3),
    ),
    st.lists(request_objects, max_size=3),
)
kinds = st.sampled_from(
    [
        "application/json",
        "",
        "application/x-www-form-urlencoded",
        "text/plain; charset=utf-16",
        "multipart/form-data; boundary=x",
        "multipart/form-data",
        "a/b; charset=\x80",
    ]
) | st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=30)
PATHS = ["/collections", "/collections/{id}", "/collections/{id}/{request}", "/collections/{id}/requests"]


def check(caller: Caller, verb: str, path: str, body: bytes, kind: str, query: str = "") -> None:
    # Not the charset: Django's test client would break down before we are asked (see test_bodies).
    kind = kind.replace("charset", "version")
    response = caller.client.generic(verb, f"{path}?api_key={caller.key}&{query}", body, content_type=kind)
    answer = json.loads(response.content)
    assert response.status_code in (200, 400, 404, 413), (response.status_code, answer)
    assert answer["request_info"]["success"] is (response.status_code == 200)
    assert response.status_code == 200 or answer["request_info"]["message"]


@often
@given(verb=st.sampled_from(["POST", "PUT", "DELETE"]), path=st.sampled_from(PATHS), body=bodies, kind=kinds)
def test_odd_json(
    caller: Caller, new_collection: NewCollection, verb: str, path: str, body: Any, kind: str
) -> None:
    made = new_collection(requests=[{"type": "page", "url": "https://shop.example/"}])["id"]
    request = caller.ok("GET", f"/collections/{made}/requests/1")["requests"][0]["id"]
    url = path.format(id=made, request=request)
    check(caller, verb, url, json.dumps(body).encode(), kind)
    if verb == "PUT":
        # What was taken in can be shown.
        caller.ok("GET", f"/collections/{made}")
        caller.ok("GET", f"/collections/{made}/requests/1", q="x")
        caller.ok("GET", f"/collections/{made}/schedule")


@often
@given(body=st.binary(max_size=200), kind=kinds)
def test_odd_bytes(caller: Caller, body: bytes, kind: str) -> None:
    check(caller, "POST", "/collections", body, kind)


@often
@given(
    pairs=st.lists(
        st.tuples(
            st.sampled_from(["name", "schedule_hours", "requests", "enabled"]) | st.text(max_size=8),
            st.text(max_size=12),
        ),
        max_size=6,
    )
)
def test_odd_forms(caller: Caller, pairs: list[tuple[str, str]]) -> None:
    body = urlencode(
        [(name.encode("utf-8", "replace"), value.encode("utf-8", "replace")) for name, value in pairs]
    )
    check(caller, "POST", "/collections", body.encode(), "application/x-www-form-urlencoded")


@often
@given(
    query=st.dictionaries(
        st.sampled_from([*FILTERS, "q", "count"]) | st.text(max_size=8),
        st.text(max_size=20) | words,
        max_size=5,
    ),
    path=st.sampled_from(
        ["/collections", "/collections/{id}/schedule", "/collections/{id}/requests/1", "/account"]
    ),
)
def test_odd_queries(caller: Caller, new_collection: NewCollection, query: dict[str, str], path: str) -> None:
    made = new_collection(requests=[{"type": "page", "url": "https://shop.example/"}], schedule_type="daily")[
        "id"
    ]
    encoded = urlencode(
        {k.encode("utf-8", "replace"): v.encode("utf-8", "replace") for k, v in query.items()}
    )
    if "api_key" not in query:
        check(caller, "GET", path.format(id=made), b"", "", encoded)


@often
@given(
    parts=st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=5),
    verb=st.sampled_from(["GET", "PUT", "DELETE"]),
)
def test_odd_paths(caller: Caller, parts: list[str], verb: str) -> None:
    path = "/".join(quote(part.encode("utf-8", "replace"), safe="") for part in parts)
    check(caller, verb, f"/collections/{path}", b"{}", "")
