"""Part files: the rows that one claim of a batch wrote, one JSON object a line, in the requests' order."""

import logging
import tempfile
from collections.abc import Iterator
from typing import IO, NamedTuple

from django.core.files.storage import Storage, storages

from collections_app.services.result_files import delete_folder, new_file

logger = logging.getLogger(__name__)

ROOT = "parts"
IN_MEMORY = 4_000_000  # bytes of rows that are held in memory before they go to disk
LINES_READ = 1 << 20


class Place(NamedTuple):
    """Where a row stands: bytes from the beginning, bytes without the newline."""

    offset: int
    length: int


class Part(NamedTuple):
    """A part file: its name in the results storage, and where each position's row stands in it."""

    name: str
    places: dict[int, Place]


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

    def save(self, name: str) -> Part:
        """Write the file. It is on the disk, whole, before any row says so, or not there at all; another claim writes
        another name."""
        places: dict[int, Place] = {}
        with new_file(name) as ordered:
            offset = 0
            for position in sorted(self._places):
                place = self._places[position]
                self._spool.seek(place.offset)
                ordered.write(self._spool.read(place.length))
                ordered.write(b"\n")
                places[position] = Place(offset, place.length)
                offset += place.length + 1
        return Part(name, places)

    def close(self) -> None:
        self._spool.close()


def lines(name: str) -> Iterator[bytes]:
    """The rows of a part file, without newlines."""
    with storage().open(name) as part:
        rest = b""
        while chunk := part.read(LINES_READ):
            *whole, rest = (rest + chunk).split(b"\n")
            yield from whole


def delete(name: str) -> None:
    """Delete a part file that no row speaks of; one that stays is swept up with its run."""
    try:
        storage().delete(name)
    except Exception as error:
        logger.warning("%s could not be deleted: %s", name, error)


def folder(run: int) -> str:
    return f"{ROOT}/{run}"


def sweep(run: int) -> None:
    """Delete every part file of a run, also those of claims that came too late. What cannot be deleted now is met
    again by the next sweep."""
    try:
        delete_folder(folder(run))
    except Exception as error:
        logger.warning("the part files of run %s could not be deleted: %s", run, error)
