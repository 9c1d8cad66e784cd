"""JSON: a page is one array of row objects, put together from the rows' bytes without reading them."""

from collections.abc import Iterable
from typing import BinaryIO

from collections_app.exporters.contract import Options


class JsonArray:
    extension = ".json"
    content_type = "application/json"

    def write(self, rows: Iterable[bytes], out: BinaryIO, options: Options) -> None:
        before = b"["
        for row in rows:
            out.write(before)
            out.write(row)
            before = b",\n"
        out.write(b"]" if before == b",\n" else b"[]")
