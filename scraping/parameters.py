"""What a request type may be asked: its parameters, declared; and the check that cleans what a client sent.

`None` and an empty text count as not sent.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any

from scraping.errors import BadParameter
from scraping.messages import Params
from scraping.parameter_kinds import (
    FALSE,
    TRUE,
    Boolean,
    Choice,
    Integer,
    JsonObject,
    ListOf,
    Number,
    Parameter,
    Refused,
    Text,
    Url,
)

__all__ = [
    "COMMON",
    "CURRENCY",
    "CUSTOMER_LOCATION",
    "CUSTOMER_ZIPCODE",
    "FALSE",
    "LANGUAGE",
    "MAX_PAGE",
    "PAGE_NUMBER",
    "TRUE",
    "Boolean",
    "Choice",
    "Integer",
    "JsonObject",
    "ListOf",
    "Number",
    "Parameter",
    "Parameters",
    "Refused",
    "Text",
    "Url",
]

MAX_PAGE_COLLECTION = 100  # contract: limits
MAX_PAGE_REAL_TIME = 5

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
