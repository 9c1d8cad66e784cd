"""Pages that no parser should be given: those that it would take hours for, in one go, holding everybody up."""

import re
from collections.abc import Iterator

DEEPEST = 10_000  # browsers stop at 512; written by hand or by a program, pages stay under a hundred
MOST_ATTRIBUTES = 10_000  # of one element
_TAG = re.compile(rb"<(/?)([a-zA-Z][^\s/>]*)")
_LONG_TAG = 20_000  # bytes; one shorter has no room for that many attributes
_QUOTED = re.compile(rb"\"[^\"]*\"|'[^']*'")
_ATTRIBUTE = re.compile(rb"\s[^\s=]+\s*=")
# Elements without an end tag of their own, or that their next sibling ends.
_FLAT = frozenset(
    b"area base br col embed hr img input link meta param source track wbr "
    b"p li dt dd tr td th thead tbody tfoot option optgroup rp rt".split()
)


def excess(body: bytes) -> str | None:
    """What the page has too much of, as a sentence. Parsers take a time that grows with the square of the depth, and
    of the attributes of an element. Roughly told: end tags are not matched with what they end."""
    tags = body.count(b"<")
    if tags > DEEPEST and tags - 2 * body.count(b"</") > DEEPEST and _is_too_deep(body):
        return f"Its elements are nested over {DEEPEST} deep."
    if any(_has_too_many(tag) for tag in _long_tags(body)):
        return f"An element has over {MOST_ATTRIBUTES} attributes."
    return None


def _long_tags(body: bytes) -> Iterator[bytes]:
    """By leaps: from one `<` to the last that is near enough, so that most of a page is not looked at."""
    start = body.find(b"<") + 1
    while 0 < start < len(body):
        near = body.rfind(b"<", start, start + _LONG_TAG)
        if near < 0:
            near = body.find(b"<", start + _LONG_TAG)
            tag = body[start : near if near >= 0 else None].split(b">", 1)[0]
            if len(tag) > _LONG_TAG and tag[:1].isalpha():
                yield tag
        start = near + 1


def _has_too_many(tag: bytes) -> bool:
    return len(_ATTRIBUTE.findall(_QUOTED.sub(b"", tag))) > MOST_ATTRIBUTES


def _is_too_deep(body: bytes) -> bool:
    depth = 0
    for end, name in _TAG.findall(body):
        if name.lower() not in _FLAT:
            depth += -1 if end else 1
            if depth > DEEPEST:
                return True
    return False
