"""How deep a page's elements are nested: parsers take a time that grows with the square of it, in one go."""

import re

MOST = 10_000  # browsers stop at 512; written by hand or by a program, pages stay under a hundred
_TAG = re.compile(rb"<(/?)([a-zA-Z][^\s/>]*)")
# Elements without an end tag of their own, or that their next sibling ends.
_FLAT = frozenset(
    b"area base br col embed hr img input link meta param source track wbr "
    b"p li dt dd tr td th thead tbody tfoot option optgroup rp rt".split()
)


def is_too_deep(body: bytes) -> bool:
    """Whether more than MOST elements stand open at some place, roughly: end tags are not matched with what they
    end. Only a page with that many more beginnings than ends is looked through."""
    if body.count(b"<") - 2 * body.count(b"</") <= MOST:
        return False
    depth = 0
    for end, name in _TAG.findall(body):
        if name.lower() not in _FLAT:
            depth += -1 if end else 1
            if depth > MOST:
                return True
    return False
