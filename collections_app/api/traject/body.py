"""The body of a call: JSON or a form, told apart by what it is, for clients send JSON under any Content-Type.

Whatever cannot be read is a Refused that says why.
"""

import re
from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl

import orjson
from django.conf import settings
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import UnreadablePostError
from django.http.multipartparser import MultiPartParser as DjangoMultiPart
from django.http.multipartparser import MultiPartParserError
from django.utils.http import parse_header_parameters
from rest_framework.parsers import BaseParser

from collections_app.services.errors import Refused

MAX_FIELDS = 50_000
FORMS = {"", "application/x-www-form-urlencoded", "text/plain", "application/octet-stream"}
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")


class AnyBody(BaseParser):
    """Reads what the client sent into an object (dict) or a bare array (list); nothing sent is an empty dict."""

    media_type = "*/*"

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        kind, parameters = parse_header_parameters(media_type or "")
        meta = parser_context["request"].META if parser_context else {}
        body = _read(stream, meta)
        if kind == "multipart/form-data":
            return nested(_multipart(body, meta))
        text = _decoded(body, parameters.get("charset") or "utf-8").strip()
        if not text:
            return {}
        if text[0] in "{[" or kind == "application/json" or kind.endswith("+json"):
            return _json(text)
        if kind not in FORMS:
            raise Refused(f"The Content-Type {kind[:80]!r} is not supported: send JSON or a form")
        return nested(_form(text))


def _read(stream: Any, meta: Mapping[str, Any]) -> bytes:
    coding = str(meta.get("HTTP_CONTENT_ENCODING") or "identity").strip().lower()
    if coding != "identity":
        raise Refused(f"The Content-Encoding {coding[:80]!r} is not supported: send the body as it is")
    most: int = settings.MAX_BODY
    try:
        too_long = int(meta.get("CONTENT_LENGTH") or 0) > most
        body: bytes = b"" if too_long else stream.read(most + 1)
    except (UnreadablePostError, ValueError) as error:
        raise Refused("The request's body could not be read") from error
    if too_long or len(body) > most:
        raise Refused(f"The request's body is over the limit of {most} bytes: send it in several calls", 413)
    return body


def _decoded(body: bytes, charset: str) -> str:
    try:
        "".encode(charset)  # names a text encoding, not one that unpacks (zlib_codec)
        return body.decode("utf-8-sig" if charset.lower() in ("utf-8", "utf8") else charset)
    except (LookupError, ValueError) as error:
        raise Refused(f"The request's body is not valid {charset[:40]} text") from error


def _json(text: str) -> Any:
    try:
        value = orjson.loads(text)
        orjson.dumps(
            value
        )  # what may come in must be able to go out again: it is less deep than what is read
    except orjson.JSONDecodeError as error:
        raise Refused(f"The request's body is not valid JSON: {error}") from error
    except orjson.JSONEncodeError as error:
        raise Refused("The request's body is nested too deeply") from error
    if not isinstance(value, dict | list):
        raise Refused("The request's body is not a JSON object or array")
    return value


def _form(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except UnicodeDecodeError as error:
        raise Refused("The request's form is not valid UTF-8") from error
    except ValueError as error:
        raise Refused(f"The request's form has more than {MAX_FIELDS} fields") from error


def _multipart(body: bytes, meta: Mapping[str, Any]) -> list[tuple[str, str]]:
    try:
        parser = DjangoMultiPart(dict(meta), BytesIO(body), [MemoryFileUploadHandler()], "utf-8")
        fields, files = parser.parse()
    except (MultiPartParserError, ValueError) as error:
        raise Refused(f"The request's multipart form could not be read: {error}") from error
    for name in files:
        raise Refused(f"The field {name[:80]!r} is a file: send its value as text")
    return [(name, str(value)) for name, values in fields.lists() for value in values]


def nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """A form's fields with PHP's brackets undone: `a[]=1&a[]=2`, `a[0]=1&a[1]=2` and `a=1&a=2` are lists,
    `requests[0][type]=page` is a list of objects."""
    tree: dict[str, Any] = {}
    for name, value in pairs:
        head, bracket, _ = name.partition("[")
        path = [head, *_BRACKETS.findall(name)] if bracket and head else [name]
        if len(path) > 6:
            raise Refused(f"The form's field {name[:80]!r} is nested too deeply")
        _put(tree, path, value, name)
    return {name: _listed(value) for name, value in tree.items()}


def _put(tree: dict[str, Any], path: list[str], value: str, name: str) -> None:
    for key in path[:-1]:
        tree = tree.setdefault(key or str(len(tree)), {})
        if not isinstance(tree, dict):
            raise Refused(f"The form's field {name[:80]!r} is sent both with and without brackets")
    last = path[-1] or str(len(tree))
    if last not in tree:
        tree[last] = value
    elif isinstance(tree[last], dict):
        raise Refused(f"The form's field {name[:80]!r} is sent both with and without brackets")
    else:
        tree[last] = [*tree[last], value] if isinstance(tree[last], list) else [tree[last], value]


def _listed(value: Any) -> Any:
    """Objects whose keys are all numbers were arrays."""
    if not isinstance(value, dict):
        return value
    if all(key.isdecimal() for key in value):
        return [_listed(value[key]) for key in sorted(value, key=lambda key: (len(key), key))]
    return {key: _listed(inner) for key, inner in value.items()}
