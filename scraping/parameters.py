"""What a request type may be asked: its parameters, declared; and the check that cleans what a client sent.

Clients send JSON, forms, query strings and CSV cells, so every kind reads text as well as its own JSON type.
`None` and an empty text count as not sent.
"""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from scraping.errors import BadParameter
from scraping.messages import Params

TRUE = frozenset({"true", "1", "yes", "on"})
FALSE = frozenset({"false", "0", "no", "off"})
MAX_PAGE_COLLECTION = 100  # contract: limits
MAX_PAGE_REAL_TIME = 5

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


# Parameters that every type takes.
COMMON: tuple[Parameter, ...] = (
    Text("type", "The request type.", longest=64),
    Text("engine", "Ignored, save that some clients put half of the type's name here.", longest=64),
    Text("custom_id", "Your own name for the request, returned with its result.", longest=255),
    Choice("output", "What a real-time answer is.", default="json", choices=("json", "html", "csv")),
    ListOf("csv_fields", "Columns of a CSV answer, in dot notation."),
    Boolean("include_html", "Return the page's HTML as `html`.", default=False),
    ListOf("include_fields", "Only these fields of the result, in dot notation."),
    ListOf("exclude_fields", "Without these fields of the result, in dot notation."),
    Choice("skip_on_incident", "Accepted; there is no incident to skip for.", choices=("all", "major_only")),
    Text(
        "proxy",
        "Get the pages through this proxy: http, https or socks5, with user and password in the URL.",
        longest=500,
    ),
    Text("source", "Sent by some client libraries; ignored.", longest=200),
)
# Parameters of the types that have pages.
PAGE_NUMBER = Integer("page", "The page to begin with.", default=1, least=1, most=100_000)
MAX_PAGE = Integer(
    "max_page", "How many pages to get, from `page` on; joined in one result.", default=1, least=1
)
# A type that heeds these lists them among its own. Elsewhere they are checked, and named in a warning.
CUSTOMER_LOCATION = Text("customer_location", "Where the customer is.", longest=200)
CUSTOMER_ZIPCODE = Text("customer_zipcode", "The customer's zip code.", longest=20)
LANGUAGE = Text(
    "language", "The language to ask for.", longest=40, pattern=r"[A-Za-z][\w,;=. -]*", example="en_US"
)
CURRENCY = Text("currency", "The currency to ask for.", pattern="[A-Za-z]{3}", example="usd")
WITHOUT_EFFECT = (CUSTOMER_LOCATION, CUSTOMER_ZIPCODE, LANGUAGE, CURRENCY)


class Parameters:
    """The parameters of a request type.

    `one_of` holds groups of names: at least one group must be there whole, e.g. `(("url",), ("search_term",))`.
    `paged` adds `page` and `max_page`. `rule` may look at the clean parameters together and raise BadParameter.
    A parameter of its own replaces the common one of the same name.
    """

    def __init__(
        self,
        *own: Parameter,
        one_of: tuple[tuple[str, ...], ...] = (),
        paged: bool = False,
        rule: Callable[[Params], None] | None = None,
    ) -> None:
        pages = (PAGE_NUMBER, MAX_PAGE) if paged else ()
        self.declared = {parameter.name: parameter for parameter in (*COMMON, *pages, *own)}
        self.accepted = {p.name: p for p in WITHOUT_EFFECT if p.name not in self.declared}
        self.one_of = one_of
        self.paged = paged
        self.rule = rule
        named = {name for group in one_of for name in group} | {n for p in own for n in p.needs}
        if missing := named - self.declared.keys():
            raise ValueError(f"undeclared parameters: {', '.join(sorted(missing))}")

    def check(self, raw: Mapping[str, Any], *, real_time: bool = False) -> Params:
        """A clean copy of `raw`: values in their types, defaults filled in, unknown parameters kept as they are.
        Raises BadParameter. In real time `max_page` goes to 5, in a collection to 100."""
        params: Params = {}
        for name, value in raw.items():
            known = self.declared.get(name) or self.accepted.get(name)
            if known is None:
                params[name] = value
            elif not _absent(value):
                params[name] = known.read(value)
        self._check_presence(params)
        most = MAX_PAGE_REAL_TIME if real_time else MAX_PAGE_COLLECTION
        if params.get("max_page", 1) > most:
            raise BadParameter("max_page", params["max_page"], f"use a whole number from 1 to {most}")
        for name, parameter in self.declared.items():
            if name not in params and parameter.default is not None:
                params[name] = parameter.default
        if self.rule:
            self.rule(params)
        return params

    def _check_presence(self, params: Params) -> None:
        for name, parameter in self.declared.items():
            if parameter.required and name not in params:
                raise BadParameter(name, None, "it is required")
            for other in parameter.needs:
                if name in params and other not in params:
                    raise BadParameter(other, None, f"it is required with '{name}'")
        if self.one_of and not any(all(name in params for name in group) for group in self.one_of):
            begun = max(self.one_of, key=lambda group: sum(name in params for name in group))
            missing = next(name for name in begun if name not in params)
            choices = ", or ".join(" and ".join(f"'{name}'" for name in group) for group in self.one_of)
            raise BadParameter(missing, None, f"give {choices}")

    def warnings(self, raw: Mapping[str, Any]) -> list[str]:
        """A sentence for each parameter that is unknown or has no effect on this type."""
        sentences = []
        for name, value in raw.items():
            if name in self.declared or _absent(value):
                continue
            if name in self.accepted:
                sentences.append(f"Parameter '{name}' has no effect on this request type.")
                continue
            close = difflib.get_close_matches(name, self.declared, n=1)
            hint = f" Did you mean '{close[0]}'?" if close else ""
            sentences.append(f"Parameter '{name}' is not known to this request type and was ignored.{hint}")
        return sentences

    def schema(self) -> dict[str, Any]:
        """The parameters as a JSON Schema object."""
        properties = {name: parameter.schema() for name, parameter in self.declared.items()}
        if self.paged:
            properties["max_page"]["maximum"] = MAX_PAGE_COLLECTION
        schema: dict[str, Any] = {"type": "object", "properties": properties}
        if required := [name for name, parameter in self.declared.items() if parameter.required]:
            schema["required"] = required
        if self.one_of:
            schema["anyOf"] = [{"required": list(group)} for group in self.one_of]
        return schema


def _absent(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


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
