"""`extract` of the `page` type: named selectors, what to take from what they find, and as which type.

{"price": {"css": ".price", "type": "price"},
 "links": {"xpath": "//a", "type": "url", "list": true},
 "name": "h1",
 "cards": {"css": ".card", "list": true, "fields": {"title": "h2", "price": {"css": ".p", "type": "number"}}},
 "schema.org": true}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from scraping.errors import BadParameter, ScrapeError
from scraping.pages import selectors
from scraping.pages.nodes import Node, Tree
from scraping.pages.values import clean_text, date, integer, number, one_line, price
from scraping.parameters import FALSE, TRUE, Parameter

TYPES = ("text", "clean_text", "html", "number", "integer", "price", "url", "date", "boolean")
OPTIONS = ("css", "xpath", "attribute", "list", "type", "default", "required", "fields")
SCHEMA_ORG = "schema.org"
MOST_FIELDS = 200
DEEPEST = 4
MOST_CHARACTERS = 20_000_000  # taken from one page: a selector may match a node and all nodes within it


@dataclass(frozen=True)
class Field:
    """One named selector. `css` or `xpath` is set; neither for schema.org's data."""

    name: str
    css: str | None = None
    xpath: etree.XPath | None = None
    source: str = ""  # the selector as the user wrote it
    attribute: str | None = None
    type: str = "text"
    many: bool = False
    default: Any = None
    required: bool = False
    fields: tuple[Field, ...] = ()

    def columns(self) -> list[str]:
        """Where its values stand: a price has three, a field with fields those of its parts."""
        if self.fields:
            return [f"{self.name}.{path}" for field in self.fields for path in field.columns()]
        if self.type == "price":
            return [f"{self.name}.{part}" for part in ("value", "currency", "raw")]
        return [self.name]

    @property
    def uses_xpath(self) -> bool:
        return self.xpath is not None or any(field.uses_xpath for field in self.fields)


@dataclass(frozen=True)
class Extraction:
    """The fields to take from a page, ready to use."""

    fields: tuple[Field, ...]

    def read(self, tree: Tree) -> dict[str, Any]:
        """The fields' values. Raises ScrapeError `unexpected_page` when a required one is not there."""
        reader = _Reader(tree)
        return {field.name: reader.value(field) for field in self.fields}

    def columns(self) -> list[str]:
        """The values' places in dot notation, as a table's columns."""
        return [path for field in self.fields for path in field.columns()]


@dataclass(frozen=True)
class Extract(Parameter):
    """The parameter. Its clean value is an Extraction, or None for an empty object."""

    def read(self, value: Any) -> Extraction | None:
        if isinstance(value, str):
            if value.strip().lower() == SCHEMA_ORG:
                return Extraction((Field("schema_org", type=SCHEMA_ORG),))
            value = self._object(value)
        if not isinstance(value, Mapping):
            raise self.refuse(value, 'use a JSON object of named selectors, or "schema.org"')
        fields = _Compiler(self.name).fields(value, (), depth=1)
        return Extraction(fields) if fields else None

    def _object(self, text: str) -> Any:
        import json

        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise self.refuse(text, 'use a JSON object of named selectors, or "schema.org"') from None

    def json_type(self) -> dict[str, Any]:
        options = {
            "css": {"type": "string"},
            "xpath": {"type": "string"},
            "attribute": {"type": "string"},
            "list": {"type": "boolean"},
            "type": {"type": "string", "enum": list(TYPES)},
            "default": {},
            "required": {"type": "boolean"},
            "fields": {"type": "object"},
        }
        field = {"oneOf": [{"type": "string"}, {"type": "object", "properties": options}]}
        return {"oneOf": [{"const": SCHEMA_ORG}, {"type": "object", "additionalProperties": field}]}


class _Compiler:
    """The user's object to fields. Every refusal names the field's path and the value."""

    def __init__(self, parameter: str) -> None:
        self.parameter = parameter
        self.count = 0

    def fields(self, value: Mapping[str, Any], path: tuple[str, ...], depth: int) -> tuple[Field, ...]:
        self.count += len(value)
        if self.count > MOST_FIELDS:
            raise self.refused(path, f"{self.count} fields", f"use at most {MOST_FIELDS} fields")
        if depth > DEEPEST:
            raise self.refused(path, dict(value), f"nest at most {DEEPEST} deep")
        return tuple(self.field(str(name), spec, (*path, str(name)), depth) for name, spec in value.items())

    def field(self, name: str, spec: Any, path: tuple[str, ...], depth: int) -> Field:
        if name == SCHEMA_ORG or spec == SCHEMA_ORG:
            if depth > 1:
                raise self.refused(path, spec, "schema.org's data is the whole page's, not a part's")
            return Field("schema_org" if name == SCHEMA_ORG else name, type=SCHEMA_ORG)
        if isinstance(spec, str):
            spec = _from_text(spec)
        if not isinstance(spec, Mapping):
            raise self.refused(path, spec, "use a CSS selector, or an object with css or xpath")
        if unknown := [option for option in spec if option not in OPTIONS]:
            raise self.refused(
                (*path, str(unknown[0])), spec[unknown[0]], f"use the options {', '.join(OPTIONS)}"
            )
        return self._selected(name, spec, path, depth)

    def _selected(self, name: str, spec: Mapping[str, Any], path: tuple[str, ...], depth: int) -> Field:
        css, xpath = self._text(spec, "css", path), self._text(spec, "xpath", path)
        if (css is None) == (xpath is None):
            raise self.refused(path, dict(spec), "give either css or xpath")
        attribute = self._text(spec, "attribute", path)
        kind = self._text(spec, "type", path) or "text"
        if kind not in TYPES:
            raise self.refused((*path, "type"), kind, f"use one of {', '.join(TYPES)}")
        below = spec.get("fields")
        if below is not None and (not isinstance(below, Mapping) or not below):
            raise self.refused((*path, "fields"), below, "use an object of named selectors")
        if below is not None and (attribute or "type" in spec):
            raise self.refused(path, dict(spec), "a selector with fields has neither attribute nor type")
        bare: selectors.Css | None = None
        compiled: etree.XPath | None = None
        try:
            if css is not None:
                bare = selectors.css(css)
            if xpath is not None:
                compiled = selectors.xpath(xpath)
        except selectors.BadSelectorError as error:
            raise self.refused(path, css or xpath, str(error)) from None
        if xpath is not None and depth > 1 and xpath.lstrip("( ").startswith("/"):
            raise self.refused(
                path, xpath, "within fields an XPath begins with ./ or .//; this one begins at the page"
            )
        field = Field(
            name,
            css=bare.text if bare else None,
            xpath=compiled,
            source=css or xpath or "",
            attribute=attribute or (bare.attribute if bare else None),
            type=kind,
            many=self._flag(spec, "list", path),
            default=spec.get("default"),
            required=self._flag(spec, "required", path),
            fields=self.fields(below, path, depth + 1) if below else (),
        )
        self._check_mixed(field, path, mixed=field.uses_xpath)
        return field

    def _check_mixed(self, field: Field, path: tuple[str, ...], *, mixed: bool) -> None:
        """Where CSS and XPath stand in one nest, the CSS is translated: that must be possible."""
        if not mixed:
            return
        if field.css:
            try:
                selectors.css_as_xpath(field.css)
            except selectors.BadSelectorError as error:
                raise self.refused(path, field.source, str(error)) from None
        for below in field.fields:
            self._check_mixed(below, (*path, below.name), mixed=True)

    def _text(self, spec: Mapping[str, Any], option: str, path: tuple[str, ...]) -> str | None:
        value = spec.get(option)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip():
            raise self.refused((*path, option), value, "use a text")
        return value.strip()

    def _flag(self, spec: Mapping[str, Any], option: str, path: tuple[str, ...]) -> bool:
        value = spec.get(option, False)
        text = str(value).lower() if isinstance(value, bool | int | str) else ""
        if text in TRUE or text in FALSE:
            return text in TRUE
        raise self.refused((*path, option), value, "use true or false")

    def refused(self, path: tuple[str, ...], value: Any, allowed: str) -> BadParameter:
        return BadParameter(".".join((self.parameter, *path)), value, allowed)


def _from_text(spec: str) -> dict[str, str]:
    """A selector as a text: CSS, or what the prefix says."""
    for kind in ("css", "xpath"):
        if spec.startswith(f"{kind}:"):
            return {kind: spec.removeprefix(f"{kind}:")}
    return {"css": spec}


class _Reader:
    """Fields to values, on one page."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.taken = 0

    def value(self, field: Field) -> Any:
        if field.type == SCHEMA_ORG:
            from scraping.pages.structured import (
                read_structured,
            )  # extruct and rdflib: heavy, and seldom asked for

            return read_structured(self.tree.text, self.tree.url)
        root = self.tree.for_xpath() if field.uses_xpath else self.tree.for_css()
        return self._within(root, field)

    def _within(self, node: Node, field: Field) -> Any:
        found: Iterable[Node]
        if field.css is not None:
            found = node.css(field.css) if field.many else node.each(field.css)
        else:
            assert field.xpath is not None  # noqa: S101 - the compiler sets one of the two
            found = node.xpath(field.xpath)
        if field.type == "boolean" and not field.many:
            return self._truth(next(iter(found), None), field)
        values = []
        for match in found:
            value = self._taken(match, field)
            if value is not None and value != "":
                values.append(value)
                if not field.many:
                    break
        if not values and field.required:
            raise ScrapeError("unexpected_page", f"Nothing on the page fits '{field.name}' ({field.source}).")
        if field.many:
            return values or (field.default if field.default is not None else [])
        return values[0] if values else field.default

    def _taken(self, node: Node, field: Field) -> Any:
        if field.fields:
            return {below.name: self._within(node, below) for below in field.fields}
        if field.type == "boolean":
            return self._truth(node, field)
        if field.type in ("html", "clean_text"):
            raw = node.attribute(field.attribute) if field.attribute else node.html()
        else:
            raw = node.content(field.type, field.attribute)
        if raw is None:
            return None
        self._count(raw)
        return self._typed(raw, field.type)

    def _typed(self, raw: str, kind: str) -> Any:
        if kind == "url":
            return self.tree.absolute(raw)
        reads = {"number": number, "integer": integer, "price": price, "date": date, "clean_text": clean_text}
        if kind in reads:
            return reads[kind](raw)  # type: ignore[operator] # the readers' common type is lost in a dict of them
        return raw if kind == "html" else one_line(raw)

    def _truth(self, found: Node | None, field: Field) -> bool:
        """Whether something is there; with an attribute, whether it has it and it does not say no."""
        if found is None:
            if field.required:
                raise ScrapeError(
                    "unexpected_page", f"Nothing on the page fits '{field.name}' ({field.source})."
                )
            return bool(field.default)
        if not field.attribute:
            return True
        value = found.attribute(field.attribute)
        return value is not None and value.strip().lower() not in FALSE

    def _count(self, text: str) -> None:
        self.taken += len(text)
        if self.taken > MOST_CHARACTERS:
            raise ScrapeError(
                "unexpected_page", f"The selectors take over {MOST_CHARACTERS:,} characters of the page."
            )
