"""The kinds of parameters: text, integer, number, boolean, choice, URL, list, JSON object.

Clients send JSON, forms, query strings and CSV cells, so every kind reads text as well as its own JSON type.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from scraping.errors import BadParameter

TRUE = frozenset({"true", "1", "yes", "on"})
FALSE = frozenset({"false", "0", "no", "off"})

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_DECIMAL = re.compile(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?\s*")


@dataclass(frozen=True)
class Parameter:
    """One declared parameter. A kind's `read` gives the clean value or raises BadParameter."""

    name: str
    description: str = ""
    required: bool = False
    default: Any = None
    needs: tuple[str, ...] = ()  # other parameters that must be sent with this one

    def read(self, value: Any) -> Any:
        raise NotImplementedError

    def json_type(self) -> dict[str, Any]:
        """The JSON Schema of the value, without description and default."""
        raise NotImplementedError

    def schema(self) -> dict[str, Any]:
        schema = self.json_type()
        if self.description:
            schema["description"] = self.description
        if isinstance(self.default, str | int | float | bool):
            schema["default"] = self.default
        return schema

    def refuse(self, value: Any, allowed: str) -> BadParameter:
        return BadParameter(self.name, value, allowed)


@dataclass(frozen=True)
class Text(Parameter):
    """A text; numbers are taken as their digits."""

    longest: int = 2000
    pattern: str = ""
    example: str = ""  # shown when the pattern does not fit

    def read(self, value: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self.refuse(value, "use a text")
        text = str(value).strip()
        if len(text) > self.longest:
            raise self.refuse(f"{text[:60]}…", f"use at most {self.longest} characters")
        if self.pattern and not re.fullmatch(self.pattern, text):
            raise self.refuse(
                value, f"use a text such as {self.example}" if self.example else f"must fit {self.pattern}"
            )
        return text

    def json_type(self) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "string", "maxLength": self.longest}
        if self.pattern:
            schema["pattern"] = f"^(?:{self.pattern})$"
        if self.example:
            schema["examples"] = [self.example]
        return schema


@dataclass(frozen=True)
class Integer(Parameter):
    least: int | None = None
    most: int | None = None

    def read(self, value: Any) -> int:
        if isinstance(value, bool):
            raise self.refuse(value, self._allowed())
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
            value = int(value)
        if not isinstance(value, int) or not _within(value, self.least, self.most):
            raise self.refuse(value, self._allowed())
        return value

    def _allowed(self) -> str:
        return f"use a whole number{_span(self.least, self.most)}"

    def json_type(self) -> dict[str, Any]:
        return {"type": "integer", **_limits(self.least, self.most)}


@dataclass(frozen=True)
class Number(Parameter):
    least: float | None = None
    most: float | None = None

    def read(self, value: Any) -> float:
        allowed = f"use a number{_span(self.least, self.most)}"
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self.refuse(value, allowed)
        if isinstance(value, str) and not _DECIMAL.fullmatch(value):
            raise self.refuse(value, allowed)
        try:
            number = float(value)
        except OverflowError:
            raise self.refuse(value, allowed) from None
        if not math.isfinite(number) or not _within(number, self.least, self.most):
            raise self.refuse(value, allowed)
        return number

    def json_type(self) -> dict[str, Any]:
        return {"type": "number", **_limits(self.least, self.most)}


@dataclass(frozen=True)
class Boolean(Parameter):
    """true/false as JSON, or as text in any case, or 1/0."""

    def read(self, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        text = str(value).strip().lower() if isinstance(value, str | int) else ""
        if text in TRUE:
            return True
        if text in FALSE:
            return False
        raise self.refuse(value, "use true or false")

    def json_type(self) -> dict[str, Any]:
        return {"type": "boolean"}


@dataclass(frozen=True)
class Choice(Parameter):
    """One of a few words; upper and lower case are alike."""

    choices: tuple[str, ...] = ()

    def read(self, value: Any) -> str:
        text = (
            str(value).strip().lower()
            if isinstance(value, str | int) and not isinstance(value, bool)
            else None
        )
        for choice in self.choices:
            if text == choice.lower():
                return choice
        raise self.refuse(value, f"use one of {', '.join(self.choices)}")

    def json_type(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.choices)}


@dataclass(frozen=True)
class Url(Parameter):
    """An http or https URL; `https://` is put before a bare `www.example.com/path`. With `hosts` (a regular
    expression for the whole host name) only those sites."""

    hosts: str = ""
    site: str = ""  # the sites' name, for the sentence that refuses others

    def read(self, value: Any) -> str:
        if not isinstance(value, str) or len(value) > 8000:
            raise self.refuse(value, "use a URL")
        text = value.strip()
        if "://" not in text and re.match(r"[\w-]+(\.[\w-]+)+([:/?#]|$)", text):
            text = f"https://{text}"
        try:
            parts = urlsplit(text)
            host = (parts.hostname or "").lower()
            parts.port  # noqa: B018 - reading it is the check: urlsplit refuses odd ports only here
        except ValueError as error:
            raise self.refuse(value, f"use a URL ({error})") from None
        if parts.scheme.lower() not in ("http", "https"):
            raise self.refuse(value, "use an http or https URL")
        if not host or re.search(r"[\s\x00-\x1f<>\"]", text):
            raise self.refuse(value, "use a URL such as https://example.com/page")
        if self.hosts and not re.fullmatch(self.hosts, host):
            raise self.refuse(value, f"use a URL of {self.site or self.hosts}")
        return text

    def json_type(self) -> dict[str, Any]:
        return {"type": "string", "format": "uri"}


@dataclass(frozen=True)
class ListOf(Parameter):
    """A JSON array of texts, or one text with commas."""

    most: int = 200

    def read(self, value: Any) -> list[str]:
        if isinstance(value, str) and value.lstrip().startswith("["):
            value = _from_json(value, list) or value
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, list | tuple) or not all(isinstance(part, str | int) for part in parts):
            raise self.refuse(value, "use a list, or one text with commas")
        texts = [text for part in parts if (text := str(part).strip())]
        if len(texts) > self.most:
            raise self.refuse(f"{len(texts)} entries", f"use at most {self.most}")
        return texts

    def json_type(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "string"}, "maxItems": self.most}


@dataclass(frozen=True)
class JsonObject(Parameter):
    """A JSON object, or the text of one."""

    def read(self, value: Any) -> Any:
        found = _from_json(value, dict) if isinstance(value, str) else value
        if not isinstance(found, dict):
            raise self.refuse(value, "use a JSON object")
        return found

    def json_type(self) -> dict[str, Any]:
        return {"type": "object"}


@dataclass(frozen=True)
class Refused(Parameter):
    """A parameter of the family that this type cannot take; `description` says why."""

    def read(self, value: Any) -> Any:
        raise self.refuse(value, self.description)

    def json_type(self) -> dict[str, Any]:
        return {"not": {}}


def _from_json(text: str, kind: type) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, kind) else None


def _within(value: float, least: float | None, most: float | None) -> bool:
    return (least is None or value >= least) and (most is None or value <= most)


def _span(least: float | None, most: float | None) -> str:
    if least is not None and most is not None:
        return f" from {least} to {most}"
    if least is not None:
        return f" of at least {least}"
    return f" of at most {most}" if most is not None else ""


def _limits(least: float | None, most: float | None) -> dict[str, float]:
    limits: dict[str, float] = {}
    if least is not None:
        limits["minimum"] = least
    if most is not None:
        limits["maximum"] = most
    return limits
