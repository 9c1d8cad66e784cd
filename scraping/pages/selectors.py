"""CSS and XPath of users, checked before a request is taken: what is wrong with them is told then, not in a run."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cssselect import HTMLTranslator, SelectorError
from lxml import etree
from selectolax.lexbor import LexborHTMLParser, SelectolaxError

LONGEST = 1000
RECURSIVE_STEPS = (
    6  # "//", descendant::, ancestor:: in one expression: each may cost the square of the page's size
)

_EMPTY = LexborHTMLParser("<p>")
_STRINGS = re.compile(r"\"[^\"]*\"|'[^']*'")
_RECURSIVE = re.compile(r"//|\b(?:descendant|descendant-or-self|ancestor|ancestor-or-self)::")
_FAR = re.compile(r"\b(?:following|preceding)::(?:[\w.:-]+(?:\(\))?|\*)(?!\[\d{1,3}\])(?![\w.:-])")
_SUFFIX = re.compile(r"::(?:(text)|attr\(\s*([\w:-]+)\s*\))\s*$")
_PATH_START = re.compile(r"(?:^|[\[(,|=<>+]|\b(?:and|or|div|mod)\b)\s*$")


class BadSelectorError(ValueError):
    """What is wrong with a selector."""


@dataclass(frozen=True)
class Css:
    """A CSS selector; `attribute` when it ends with Scrapy's `::attr(name)`."""

    text: str
    attribute: str | None = None


def css(text: str) -> Css:
    """Raises BadSelectorError. Scrapy's `::text` and `::attr(name)` are understood at the end."""
    _check_length(text)
    suffix = _SUFFIX.search(text)
    bare = text[: suffix.start()].strip() if suffix else text.strip()
    if bare.startswith(("/", "./")):
        raise BadSelectorError('is an XPath, not CSS; write {"xpath": ...}')
    try:
        if not bare:
            raise SelectolaxError("it is empty")
        _EMPTY.css(bare)
    except SelectolaxError as error:
        raise BadSelectorError(f"is no CSS selector that is understood here ({error})") from None
    return Css(bare, suffix.group(2) if suffix else None)


def css_as_xpath(text: str) -> etree.XPath:
    """The CSS selector for a tree that XPath works on. Raises BadSelectorError."""
    try:
        return etree.XPath(HTMLTranslator().css_to_xpath(text, prefix="descendant::"), regexp=False)
    except (SelectorError, etree.XPathSyntaxError) as error:
        raise BadSelectorError(f"cannot stand together with XPath ({error})") from None


def xpath(text: str) -> etree.XPath:
    """Raises BadSelectorError, also for an expression that could take time out of proportion to the page: an
    expression cannot be interrupted once it runs."""
    _check_length(text)
    _check_cost(text)
    try:
        compiled = etree.XPath(text, regexp=False)
        # Unknown functions and variables show up only in a trial.
        compiled(etree.Element("html"))
    except (etree.XPathError, ValueError) as error:
        raise BadSelectorError(f"is not an XPath ({error})") from None
    return compiled


def _check_length(text: str) -> None:
    if not text.strip():
        raise BadSelectorError("is empty")
    if len(text) > LONGEST:
        raise BadSelectorError(f"is longer than {LONGEST} characters")


def _check_cost(text: str) -> None:
    bare = _STRINGS.sub("''", text)
    if len(_RECURSIVE.findall(bare)) > RECURSIVE_STEPS:
        raise BadSelectorError(
            f"has more than {RECURSIVE_STEPS} steps of any depth (//, descendant::, ancestor::)"
        )
    if far := _FAR.search(bare):
        raise BadSelectorError(
            f"has {far.group()} without a position such as [1]; it goes over the whole page each time"
        )
    if bare.count("[") > 30 or bare.count("|") > 10:
        raise BadSelectorError("has too many parts")
    depth = 0
    for at, sign in enumerate(bare):
        depth += (sign == "[") - (sign == "]")
        if sign == "/" and depth > 0 and _PATH_START.search(bare, 0, at):
            raise BadSelectorError("searches the whole page inside [...]; begin that path with .//")
