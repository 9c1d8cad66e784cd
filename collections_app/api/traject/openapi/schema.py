"""From operations to OpenAPI: what drf-spectacular asks of us."""

import re
from typing import Any

from drf_spectacular.openapi import AutoSchema

from collections_app.api.traject.openapi.components import components
from collections_app.api.traject.openapi.operations import OPERATIONS, PATH_PARAMETERS, Operation
from collections_app.api.traject.openapi.words import Schema, record, ref

ERRORS = {
    400: "A field has a value that is not allowed, or the collection is in the way of it.",
    401: "No api_key, or not a valid one.",
    404: "Not there, or another account's.",
    413: "The body is over the limit.",
    500: "A fault of ours.",
    503: "The database is busy: retry.",
}
LISTS = ("schedule_days_of_month", "schedule_days_of_week", "schedule_hours", "destination_ids")


class TrajectSchema(AutoSchema):
    """Takes an operation's description from OPERATIONS; one that is missing there is an error at once."""

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any
    ) -> dict[str, Any]:
        return described(path, OPERATIONS[f"{method.upper()} {path}"])


def described(path: str, operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.tag],
        "parameters": [
            *(_parameter(name, "path", PATH_PARAMETERS[name]) for name in re.findall(r"{(\w+)}", path)),
            *(_parameter(name, "query", schema) for name, schema in operation.query.items()),
        ],
        "security": [{"api_key": []}],
        "responses": _responses(operation),
    }
    if operation.description:
        found["description"] = operation.description
    if operation.takes is not None:
        found["requestBody"] = _body(operation.takes, operation.form)
    if operation.deprecated:
        found["deprecated"] = True
    return found


def _parameter(name: str, place: str, schema: Schema) -> dict[str, Any]:
    found: dict[str, Any] = {"name": name, "in": place, "schema": schema}
    if place == "path" or name == "type":
        found["required"] = True
    return found


def _body(schema: Schema, form: bool) -> dict[str, Any]:
    content: dict[str, Any] = {"application/json": {"schema": schema}}
    if form:
        # An array of requests is no form.
        fields = schema["anyOf"][0] if "anyOf" in schema else schema
        commas = {name: {"style": "form", "explode": False} for name in LISTS}
        content["application/x-www-form-urlencoded"] = {"schema": fields, "encoding": commas}
    return {"content": content, "required": True}


def _responses(operation: Operation) -> dict[str, Any]:
    info = {"request_info": ref("RequestInfo")}
    if operation.answers is None:
        answer: Schema = {"type": "object", "required": ["request_info"], "additionalProperties": True}
    else:
        answer = record(info | operation.answers)
    content = {
        media: {"schema": answer if media == "application/json" else {"type": "string"}}
        for media in operation.media
    }
    found: dict[str, Any] = {"200": {"description": "Done.", "content": content}}
    failed: Schema = ref("Error") if operation.answers is not None else answer
    for status, reason in sorted((ERRORS | operation.statuses).items()):
        found[str(status)] = {"description": reason, "content": {"application/json": {"schema": failed}}}
    return found


def without_doubles(endpoints: list[Any], **_: Any) -> list[Any]:
    """Each path also answers with a slash at its end; once is enough to say."""
    return [endpoint for endpoint in endpoints if not endpoint[0].endswith("/")]


def with_components(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    result["components"] = {
        "schemas": components(),
        "securitySchemes": {"api_key": {"type": "apiKey", "in": "query", "name": "api_key"}},
    }
    return result
