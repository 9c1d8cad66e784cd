"""What an exporter is: rows in, one page file out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol


@dataclass(frozen=True)
class Options:
    """How the rows are to be written, for the formats that want to know.

    `csv_fields` are the columns' names (see `csv_fields.parse`); `main_lists` names, for a request type, the list in
    its results whose elements are a line each: {"search": "search_results"}.
    """

    csv_fields: tuple[str, ...] = ()
    main_lists: Mapping[str, str] = field(default_factory=dict)


class Exporter(Protocol):
    """A format of result files."""

    @property
    def extension(self) -> str:
        """With its dot, e.g. ".json"."""

    @property
    def content_type(self) -> str: ...

    def write(self, rows: Iterable[bytes], out: BinaryIO, options: Options) -> None:
        """Write one page file. Each row is one JSON object without a newline, in bytes. Rows are taken one by one:
        memory does not grow with them. Raises what `rows` and `out` raise, and ValueError for a row that is no JSON
        object, when the format must look into it."""
