"""Files in the results storage: written whole or not at all, read line by line, deleted by the folder.

Layout: `sets/{collection}/{run}/…` the files of a result set, `parts/{run}/…` what its batches wrote (services.parts);
both numbers are the rows' primary keys, which are never given twice.
"""

import contextlib
import os
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import IO, BinaryIO, cast

from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage, storages

BUFFER = 1 << 18  # bytes


def storage() -> Storage:
    return storages["results"]


def folder_of(collection_id: int, run_id: int) -> str:
    return f"{collection_folder(collection_id)}/{run_id}"


def collection_folder(collection_id: int) -> str:
    return f"sets/{collection_id}"


@contextlib.contextmanager
def new_file(name: str) -> Iterator[BinaryIO]:
    """A file to write and read back, that stands under its name once the block ends well (replacing one of before),
    and leaves nothing when it ends with an error."""
    place = storage()
    if isinstance(place, FileSystemStorage):
        with _replacing(place, name) as file:
            yield file
        return
    with tempfile.TemporaryFile(buffering=BUFFER) as file:
        yield cast(BinaryIO, file)
        file.seek(0)
        _upload(place, name, file)


@contextlib.contextmanager
def _replacing(place: FileSystemStorage, name: str) -> Iterator[BinaryIO]:
    """On a local disk: a hidden file beside it, on the disk before it gets its name."""
    path = place.path(name)
    folder, base = os.path.split(path)
    os.makedirs(folder, exist_ok=True)
    temporary = os.path.join(folder, f".{base}.{uuid.uuid4().hex}")
    try:
        with open(temporary, "xb+", buffering=BUFFER) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.remove(temporary)
        raise
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)  # the name, too, outlasts a power cut
    finally:
        os.close(handle)


def _upload(place: Storage, name: str, file: IO[bytes]) -> None:
    """To a bucket, where an object is there whole or not at all."""
    if not getattr(place, "file_overwrite", False):
        place.delete(name)
    stored = place.save(name, File(file))
    if stored != name:
        place.delete(stored)
        raise OSError(f"the results storage wrote {stored!r} where {name!r} was to be: it must overwrite")


def lines(file: IO[bytes]) -> Iterator[bytes]:
    """The lines from where the file stands, without their ends."""
    for line in iter(file.readline, b""):
        yield line.removesuffix(b"\n")


def chunks(file: IO[bytes], length: int | None = None) -> Iterator[bytes]:
    """The bytes from where the file stands: all, or `length` of them."""
    left = length
    while left is None or left > 0:
        chunk = file.read(BUFFER if left is None else min(BUFFER, left))
        if not chunk:
            return
        if left is not None:
            left -= len(chunk)
        yield chunk


def delete_files(names: Iterable[str]) -> None:
    place = storage()
    for name in names:
        place.delete(name)


def delete_folder(folder: str) -> None:
    """Delete the folder and all in it; nothing happens when it is not there."""
    place = storage()
    folders, files = listing(folder)
    for name in files:
        place.delete(f"{folder}/{name}")
    for name in folders:
        delete_folder(f"{folder}/{name}")
    if isinstance(place, FileSystemStorage):
        # Not empty: somebody wrote into it meanwhile, and the next round finds it.
        with contextlib.suppress(OSError):
            place.delete(folder)


def listing(folder: str) -> tuple[list[str], list[str]]:
    """Names of the folders and files in a folder; none when it is not there."""
    try:
        return storage().listdir(folder)
    except FileNotFoundError:
        return [], []


def last_changed(folder: str) -> datetime | None:
    """When the youngest file in the folder was written; of an empty folder, when it was emptied."""
    place = storage()
    folders, files = listing(folder)
    moments: list[datetime | None] = []
    for name in files:
        with contextlib.suppress(FileNotFoundError):  # deleted meanwhile
            moments.append(place.get_modified_time(f"{folder}/{name}"))
    moments += [last_changed(f"{folder}/{name}") for name in folders]
    known = [moment for moment in moments if moment is not None]
    if not known and isinstance(place, FileSystemStorage):
        with contextlib.suppress(FileNotFoundError):
            return place.get_modified_time(folder)
    return max(known, default=None)
