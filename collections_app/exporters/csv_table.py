"""CSV: columns are named by row path, and each element of a result's main list is a line.

UTF-8 without a byte-order mark (programs read these files; a mark would become part of the first column's name),
lines end with CRLF, the first line names the columns.

A row's main list is the one that its request type names (`Options.main_lists`), when a column goes through it
(`result.search_results.title`); else the first list of objects that a column goes through. A row without it, or
where it is empty, is one line. Columns through other lists hold all their values, joined.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

import orjson

from collections_app.exporters.contract import Options
from collections_app.exporters.csv_cells import field, line

Path = tuple[str, ...]
ROW_KEYS = frozenset({"success", "id", "request", "total_time_taken", "result"})


class CsvTable:
    extension = ".csv"
    content_type = "text/csv; charset=utf-8"

    def write(self, rows: Iterable[bytes], out: BinaryIO, options: Options) -> None:
        table = Table(options.csv_fields, options.main_lists)
        out.write(table.header().encode())
        for row in rows:
            value = orjson.loads(row)
            if not isinstance(value, dict):
                raise ValueError(f"a row is no JSON object: {row[:80]!r}")
            for text in table.lines(value):
                out.write(text.encode())


def row_path(name: str) -> Path:
    """Where a column's value stands in a row. `result.` may be left out, as in the documented field lists; and
    `request_info.success`, which a row does not repeat, is the row's own `success`."""
    if name == "request_info.success":
        return ("success",)
    path = tuple(name.split("."))
    return path if path[0] in ROW_KEYS else ("result", *path)


class Table:
    """The columns, ready to read rows."""

    def __init__(self, names: tuple[str, ...], main_lists: Mapping[str, str]) -> None:
        self._names = names
        self._paths = [row_path(name) for name in names]
        self._main_lists = {name: ("result", *path.split(".")) for name, path in main_lists.items()}
        # For each main list met: which columns have their value in its elements, and where there.
        self._inner: dict[Path, list[tuple[int, Path]]] = {}

    def header(self) -> str:
        return line([field(name) for name in self._names])

    def lines(self, row: dict[str, Any]) -> Iterator[str]:
        main = self._main_list(row)
        elements = value_at(row, main) if main else None
        if not main or not isinstance(elements, list) or not elements:
            yield line([field(value_at(row, path)) for path in self._paths])
            return
        inner = self._columns_in(main)
        within = {column for column, _ in inner}
        fields = [
            "" if column in within else field(value_at(row, path)) for column, path in enumerate(self._paths)
        ]
        for element in elements:
            for column, path in inner:
                # Most paths in an element are one plain key.
                simple = len(path) == 1 and type(element) is dict
                fields[column] = field(element.get(path[0]) if simple else value_at(element, path))
            yield line(fields)

    def _main_list(self, row: dict[str, Any]) -> Path | None:
        named = self._named(row.get("request"))
        if named and any(_goes_through(path, named) for path in self._paths):
            return named
        for path in self._paths:
            found = _first_list(row, path)
            if found:
                return found
        return None

    def _named(self, request: object) -> Path | None:
        """The main list that the request's type names; a type's name may have its engine before it."""
        if not isinstance(request, dict):
            return None
        name = str(request.get("type") or "").strip().lower()
        engine = str(request.get("engine") or "").strip().lower()
        return self._main_lists.get(f"{engine}_{name}") or self._main_lists.get(name)

    def _columns_in(self, main: Path) -> list[tuple[int, Path]]:
        columns = self._inner.get(main)
        if columns is None:
            columns = [
                (column, path[len(main) :])
                for column, path in enumerate(self._paths)
                if path == main or _goes_through(path, main)
            ]
            self._inner[main] = columns
        return columns


def value_at(value: Any, path: Path) -> Any:
    """The value at the path; None when there is none. A list on the way gives the list of its elements' values, or,
    when the path goes on with a number, that element."""
    for place, key in enumerate(path):
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list):
            if not _is_index(key):
                return _values_of(value, path[place:])
            value = value[int(key)] if int(key) < len(value) else None
        else:
            return None
    return value


def _values_of(elements: list[Any], path: Path) -> list[Any]:
    values = [value_at(element, path) for element in elements]
    return [value for value in values if value is not None]


def _is_index(key: str) -> bool:
    return key.isascii() and key.isdigit()


def _goes_through(path: Path, main: Path) -> bool:
    return len(path) > len(main) and path[: len(main)] == main and not _is_index(path[len(main)])


def _first_list(row: dict[str, Any], path: Path) -> Path | None:
    """The list of objects that the path goes through first, if any."""
    value: Any = row
    for place, key in enumerate(path):
        if isinstance(value, list):
            if _is_index(key):
                value = value[int(key)] if int(key) < len(value) else None
                continue
            return path[:place] if any(isinstance(item, dict) for item in value) else None
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return None
