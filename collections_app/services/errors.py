"""The one family of errors that services raise for what a client may not do."""

from typing import Any

LONGEST_VALUE = 80  # characters of a refused value that are repeated to the client


class Refused(Exception):
    """A client's wish that a rule forbids: `message` is a sentence for the reader that names field and value,
    `status` the HTTP status a dialect answers with, `field` the setting or parameter, where there is one."""

    def __init__(self, message: str, status: int = 400, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.field = field


def bad(field: str, value: Any, allowed: str) -> Refused:
    """A Refused for a field's value: names both and what is allowed."""
    return Refused(f"{field} has the value {shown(value)}: {allowed}", field=field)


def shown(value: Any) -> str:
    """The value as a message repeats it: short, and without what breaks a line."""
    # A large container is cut before it is written out: a value of megabytes is no message.
    text = repr(value[:LONGEST_VALUE]) if isinstance(value, str | list) else repr(value)
    longer = len(text) > LONGEST_VALUE or (isinstance(value, str | list) and len(value) > LONGEST_VALUE)
    return f"{text[:LONGEST_VALUE]}…" if longer else text
