"""The description is true: every operation is called, and what it takes and answers fits what is described."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver
from jsonschema import Draft202012Validator

from collections_app.api.traject import realtime as realtime_view
from collections_app.api.traject.openapi.operations import OPERATIONS
from collections_app.models import ErrorLog, ResultSet
from collections_app.services import notices, realtime
from scraping.messages import Outcome
from tests.collections_app.api.conftest import Caller, Json, NewCollection

PAGE = {"type": "page", "url": "https://shop.example/1", "custom_id": "a"}
SETTINGS = {
    "name": "Described",
    "schedule_type": "weekly",
    "schedule_days_of_week": [1],
    "schedule_hours": [9],
    "notification_email": "a@x.example",
}
# What each operation is called with: body and query. They run in this order, for some take away what others need.
CALLS: list[tuple[str, Any, Json]] = [
    ("POST /collections", SETTINGS | {"requests": [PAGE]}, {}),
    ("GET /collections", None, {"page_size": 5, "sort_by": "status", "status": "idle"}),
    ("GET /collections/{collection_id}", None, {}),
    ("PUT /collections/{collection_id}", {"name": "Renamed", "requests": [PAGE]}, {}),
    ("PUT /collections/{collection_id}", [PAGE], {}),
    ("GET /collections/{collection_id}/schedule", None, {"count": 3}),
    ("GET /collections/{collection_id}/requests/{page}", None, {"q": "shop"}),
    ("GET /collections/{collection_id}/requests/json", None, {}),
    ("GET /collections/{collection_id}/requests/csv", None, {}),
    ("PUT /collections/{collection_id}/{request_id}", {"custom_id": "b"}, {}),
    ("GET /collections/{collection_id}/results", None, {}),
    ("GET /collections/{collection_id}/results/{number}", None, {}),
    ("GET /collections/{collection_id}/results/{number}/jsonlines", None, {}),
    ("GET /collections/{collection_id}/results/{number}/csv", None, {"csv_fields": "request.url"}),
    ("GET /collections/{collection_id}/results/{number}/resendwebhook", None, {}),
    ("GET /collections/{collection_id}/results/{number}/resend_webhook", None, {}),
    ("POST /collections/{collection_id}/results/{number}/links", None, {}),
    ("DELETE /collections/{collection_id}/results/{number}/links", None, {}),
    ("GET /collections/{collection_id}/start", None, {}),
    ("GET /collections/{collection_id}/stop", None, {}),
    ("GET /collections/stopall", None, {}),
    ("GET /collections/stop_all", None, {}),
    ("DELETE /collections/{collection_id}/{request_id}", None, {}),
    ("DELETE /collections/{collection_id}/requests", ["{another_request_id}"], {}),
    ("DELETE /collections/{collection_id}/clear", None, {}),
    ("DELETE /collections/{collection_id}", None, {}),
    ("GET /account", None, {}),
    ("GET /errorlogs", None, {"sort_by": "count"}),
    ("GET /request", None, {"type": "page", "url": "https://shop.example/"}),
]


@pytest.fixture
def document(db: None) -> Json:
    response = Client().get("/openapi.json")
    assert response.status_code == 200
    found = json.loads(response.content)
    assert isinstance(found, dict)
    return found


def strict(schema: Any) -> Any:
    """The schema, with nothing allowed that it does not name."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    stricter = {key: strict(value) for key, value in schema.items()}
    if (
        isinstance(schema.get("properties"), dict)
        and schema.get("type") == "object"
        and "anyOf" not in schema
    ):
        stricter.setdefault("additionalProperties", False)
    return stricter


def problems(document: Json, schema: Json, value: Any) -> list[str]:
    validator = Draft202012Validator(strict({**schema, "components": document["components"]}))
    return [f"{error.json_path}: {error.message}"[:300] for error in validator.iter_errors(value)]


def answer_schema(operation: Json, status: int) -> Json:
    schema = operation["responses"][str(status)]["content"]["application/json"]["schema"]
    assert isinstance(schema, dict)
    return schema


def test_it_is_valid_openapi(document: Json) -> None:
    assert document["openapi"].startswith("3.1")
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    operations = [
        operation["operationId"] for path in document["paths"].values() for operation in path.values()
    ]
    assert len(operations) == len(set(operations)) == len(OPERATIONS)


def views() -> Iterator[tuple[str, str]]:
    for pattern in get_resolver("collections_app.api.urls").url_patterns:
        view = getattr(pattern.callback, "view_class", None) if isinstance(pattern, URLPattern) else None
        route = str(pattern.pattern)
        if (
            view is None
            or route.endswith("/")
            or not view.__module__.startswith("collections_app.api.traject")
        ):
            continue
        for kind in ("str", "int"):
            route = route.replace(f"<{kind}:", "{").replace(">", "}")
        for verb in ("get", "post", "put", "delete", "patch"):
            if hasattr(view, verb):
                yield verb.upper(), f"/{route}"


def test_every_path_and_verb_is_described_and_nothing_else(document: Json) -> None:
    described = {(verb.upper(), path) for path, verbs in document["paths"].items() for verb in verbs}
    assert described == set(views())
    assert {f"{verb} {path}" for verb, path in described} == set(OPERATIONS) == {name for name, _, _ in CALLS}


def test_every_operation_answers_what_is_described(
    caller: Caller,
    document: Json,
    a_result_set: Callable[[str], ResultSet],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outcome = Outcome(result={"request_parameters": {}, "request_metadata": {}, "title": "x"})
    monkeypatch.setattr(realtime, "scrape", lambda *_: outcome)
    monkeypatch.setattr(realtime_view, "engine", lambda: None)  # it would start threads
    monkeypatch.setattr(notices, "resend_webhook", lambda *_: None)
    ErrorLog.objects.create(
        account=caller.account, digest="x", api_url="http://x", parameters={"type": "page"}
    )
    known: dict[str, Any] = {"page": 1, "number": 1}
    for name, body, query in CALLS:
        verb, path = name.split()
        operation = document["paths"][path][verb.lower()]
        assert set(query) <= {p["name"] for p in operation["parameters"]} | {"url"}, name
        sent = (
            [entry.format(**known) if isinstance(entry, str) else entry for entry in body]
            if isinstance(body, list)
            else body
        )
        if sent is not None:
            takes = operation["requestBody"]["content"]["application/json"]["schema"]
            assert not problems(document, takes, sent), name
        answer = caller.ok(verb, path.format(**known), sent, **query)
        assert not problems(document, answer_schema(operation, 200), answer), name
        if name == "POST /collections":
            known["collection_id"] = answer["collection"]["id"]
            a_result_set(known["collection_id"])
        if "requests" in answer:
            known["request_id"], known["another_request_id"] = (row["id"] for row in answer["requests"][:2])


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_operation_refuses_as_described(caller: Caller, document: Json, name: str) -> None:
    verb, path = name.split()
    operation = document["paths"][path][verb.lower()]
    answers = [caller.call(verb, path.format(collection_id="NONE", request_id="NONE", page=1, number=1), {})]
    key, caller.key = caller.key, "wrong"
    answers.append(caller.call(verb, path.format(collection_id="NONE", request_id="NONE", page=1, number=1)))
    assert answers[-1][0] == 401
    caller.key = key
    if "{" in path:
        assert answers[0][0] == 404
    for status, answer in answers:
        assert not problems(document, answer_schema(operation, status), answer)


def test_bodies_that_the_description_refuses_are_refused(
    caller: Caller, document: Json, new_collection: NewCollection
) -> None:
    takes = document["paths"]["/collections"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    for body in (
        {},
        {"name": ""},
        {"name": "x", "priority": "urgent"},
        {"name": "x", "schedule_hours": [24]},
    ):
        assert problems(document, takes, body)
        caller.refused(400, "POST", "/collections", body)


def test_every_request_type_is_described_by_its_own_parameters(document: Json) -> None:
    schemas = document["components"]["schemas"]
    assert "url" in schemas["PageParameters"]["properties"]
    assert {"$ref": "#/components/schemas/PageParameters"} in schemas["Request"]["anyOf"]


def test_the_browsable_page_needs_nothing_from_outside(db: None) -> None:
    page = Client().get("/docs/")
    assert page.status_code == 200
    html = page.content.decode()
    assert "/openapi.json" in html
    assert "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js" in html
    assert "http://" not in html.replace("http://www.w3.org", "")
    assert "https://" not in html
    script = Client().get("/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js")
    assert script.status_code == 200
