"""JSON Lines: a row a line. The other formats are made from these pages."""

from collections.abc import Iterable
from typing import BinaryIO

from collections_app.exporters.contract import Options


class JsonLines:
    extension = ".jsonl"
    content_type = "application/x-ndjson"

    def write(self, rows: Iterable[bytes], out: BinaryIO, options: Options) -> None:
        """Raises ValueError for a row with a newline: it would be read back as two."""
        for row in rows:
            if b"\n" in row:
                raise ValueError(f"a row holds a newline: {row[:80]!r}")
            out.write(row)
            out.write(b"\n")
