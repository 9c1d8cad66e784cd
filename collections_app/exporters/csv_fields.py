"""The columns a client asks for: `csv_fields`, a comma list in dot notation."""

import hashlib
import re

MOST_FIELDS = 500
LONGEST = 20_000  # characters of the whole list
LONGEST_FIELD = 200
# Letters, digits, _ and inside a name also - : @ $ # / and spaces: what JSON-LD names and selectors' names hold.
PART = re.compile(r"[\w@$#][\w@$#:/ -]*")


class BadFields(ValueError):
    """A `csv_fields` that cannot be used; the sentence names the field and the value."""


def parse(text: str, setting: str = "csv_fields") -> tuple[str, ...]:
    """The columns' names, each once, in the given order; BadFields when one cannot be a column. `setting` is what
    the client calls the list."""
    if len(text) > LONGEST:
        raise BadFields(f"{setting}: {len(text)} characters are too many; use at most {LONGEST}")
    if not text.strip():
        raise BadFields(f"{setting}: the list is empty; name fields such as id,success,result.product.title")
    fields = [field.strip() for field in text.split(",")]
    if len(fields) > MOST_FIELDS:
        raise BadFields(f"{setting}: {len(fields)} fields are too many; use at most {MOST_FIELDS}")
    for place, field in enumerate(fields, 1):
        if not field:
            raise BadFields(f"{setting}: field {place} of {len(fields)} is empty")
        if len(field) > LONGEST_FIELD:
            raise BadFields(
                f"{setting}: '{field[:40]}…' has {len(field)} characters; use at most {LONGEST_FIELD}"
            )
        if not is_field(field):
            raise BadFields(
                f"{setting}: {field!r} is not a field; use names with dots between, such as result.product.title"
            )
    return tuple(dict.fromkeys(fields))


def is_field(name: str) -> bool:
    """Whether a column can be called so (whatever its length)."""
    return all(PART.fullmatch(part) for part in name.split("."))


def joined(fields: tuple[str, ...]) -> str:
    return ",".join(fields)


def digest(fields: tuple[str, ...]) -> str:
    """40 hex digits that stand in the CSV files' names: SHA-1 of the comma list (Countdown: CSV result files)."""
    return hashlib.sha1(joined(fields).encode(), usedforsecurity=False).hexdigest()
