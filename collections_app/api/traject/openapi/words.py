"""JSON Schema in few words."""

from typing import Any

Schema = dict[str, Any]


def text(description: str = "", **more: Any) -> Schema:
    return _described({"type": "string", **more}, description)


def moment(description: str = "") -> Schema:
    return text(description, format="date-time", examples=["2020-01-01T00:00:00.000Z"])


def whole(description: str = "", **more: Any) -> Schema:
    return _described({"type": "integer", **more}, description)


def flag(description: str = "", **more: Any) -> Schema:
    return _described({"type": "boolean", **more}, description)


def one_of(*words: str, description: str = "", **more: Any) -> Schema:
    return text(description, enum=list(words), **more)


def array(items: Schema, description: str = "", **more: Any) -> Schema:
    return _described({"type": "array", "items": items, **more}, description)


def record(fields: dict[str, Schema], description: str = "", optional: tuple[str, ...] = ()) -> Schema:
    """An object that always has all its fields, but the optional ones."""
    required = [name for name in fields if name not in optional]
    return _described({"type": "object", "properties": fields, "required": required}, description)


def table(values: Schema, description: str = "") -> Schema:
    """An object whose names are data."""
    return _described({"type": "object", "additionalProperties": values}, description)


def nullable(schema: Schema) -> Schema:
    return schema | {"type": [schema["type"], "null"]}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _described(schema: Schema, description: str) -> Schema:
    return schema | ({"description": description} if description else {})
