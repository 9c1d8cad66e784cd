"""Part files: the rows that one claim of a batch wrote, one JSON object a line, in the requests' order."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from typing import IO, NamedTuple

from django.core.files import File
from django.core.files.storage import Storage, storages

ROOT = "parts"
IN_MEMORY = 4_000_000  # bytes of rows that are held in memory before they go to disk
LINES_READ = 1 << 20


class Place(NamedTuple):
    """Where a row stands: bytes from the beginning, bytes without the newline."""

    offset: int
    length: int


def storage() -> Storage:
    return storages["results"]


class PartWriter:
    """Takes rows as they come (in any order), then writes them in order as one file.

    Memory does not grow with the rows: over IN_MEMORY bytes they lie in a temporary file.
    """

    def __init__(self) -> None:
        self._spool: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  closed by close()
        self._places: dict[int, Place] = {}

    def add(self, position: int, row: bytes) -> None:
        self._places[position] = Place(self._spool.tell(), len(row))
        self._spool.write(row)

    def save(self, name: str) -> tuple[str, dict[int, Place]]:
        """Write the file; its name in the results storage and where each position's row stands in it.

        The storage makes it visible in one step or not at all; another claim writes another name.
        """
        places: dict[int, Place] = {}
        with tempfile.TemporaryFile() as ordered:
            offset = 0
            for position in sorted(self._places):
                place = self._places[position]
                self._spool.seek(place.offset)
                ordered.write(self._spool.read(place.length))
                ordered.write(b"\n")
                places[position] = Place(offset, place.length)
                offset += place.length + 1
            ordered.seek(0)
            saved = storage().save(name, File(ordered))
        _settle(saved)
        return saved, places

    def close(self) -> None:
        self._spool.close()


def _settle(name: str) -> None:
    """On a local disk: the bytes lie on the disk before any row says so, lest a power cut part the two."""
    place = storage()
    with contextlib.suppress(NotImplementedError):  # a bucket has no paths, and settles by itself
        path = place.path(name)
        for target in (path, os.path.dirname(path)):
            handle = os.open(target, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def lines(name: str) -> Iterator[bytes]:
    """The rows of a part file, without newlines."""
    with storage().open(name) as part:
        rest = b""
        while chunk := part.read(LINES_READ):
            *whole, rest = (rest + chunk).split(b"\n")
            yield from whole


def folder(run: int) -> str:
    return f"{ROOT}/{run}"


def sweep(run: int) -> None:
    """Delete every part file of a run, also those of claims that came too late."""
    place = storage()
    with contextlib.suppress(FileNotFoundError):
        for name in place.listdir(folder(run))[1]:
            place.delete(f"{folder(run)}/{name}")
    with contextlib.suppress(OSError, NotImplementedError):
        place.delete(folder(run))
