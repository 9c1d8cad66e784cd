"""What stands behind a download link of a result set, as streams of bytes."""

import time
from collections.abc import Iterator
from datetime import UTC
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.utils.timezone import now

from collections_app.exporters import EXPORTERS
from collections_app.models import ResultSet
from collections_app.services import result_names
from collections_app.services.errors import Refused
from collections_app.services.result_files import chunks
from collections_app.services.result_names import CSV, Named, format_of
from collections_app.services.results import open_page

NOT_FOUND = "There is no such file: the link is wrong, or it was replaced by a new one"
ZIP_TYPE = "application/zip"
ZIP_LEVEL = 1  # a fifth of the default's time, and pages still shrink to a quarter


def find(token: str, name: str) -> tuple[ResultSet, Named]:
    """The result set whose link this is, and what the name stands for in it. Raises Refused: 404 for an unknown
    token or name, 410 for links that are revoked or expired."""
    result_set = ResultSet.objects.select_related("collection").filter(link_token=token).first()
    if result_set is None:
        raise Refused(NOT_FOUND, 404)
    if result_set.links_revoked_at is not None:
        raise Refused("The download links of this Result Set were revoked", 410)
    if result_set.expires_at <= now():
        raise Refused(f"This Result Set expired on {result_set.expires_at.astimezone(UTC):%Y-%m-%d}", 410)
    named = result_names.find(result_set, name)
    if named is None:
        raise Refused(NOT_FOUND, 404)
    return result_set, named


def content_type(named: Named) -> str:
    if named.is_all and format_of(named.key) != CSV:
        return ZIP_TYPE
    return EXPORTERS[format_of(named.key)].content_type


class _Sink:
    """What a ZipFile writes to: gives on what it was given. It cannot seek, so sizes follow each member's bytes."""

    def __init__(self) -> None:
        self._given: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._given.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> bytes:
        data = b"".join(self._given)
        self._given.clear()
        return data


def zipped(result_set: ResultSet, named: Named) -> Iterator[bytes]:
    """All pages as a ZIP archive, made as it is sent: its members are the page files."""
    sink = _Sink()
    written_at = time.gmtime(result_set.ended_at.timestamp())
    with ZipFile(sink, "w", ZIP_DEFLATED) as archive:  # type: ignore[call-overload]  # needs no more than write and flush
        for name in named.pages:
            member = ZipInfo(name, written_at[:6])
            member.compress_type = ZIP_DEFLATED
            member._compresslevel = ZIP_LEVEL  # type: ignore[attr-defined]  # public from Python 3.13 on
            with open_page(result_set, named.key, name) as page:
                member.file_size = page.size  # tells whether the member needs the large format
                with archive.open(member, "w") as out:
                    for chunk in chunks(page):
                        out.write(chunk)
                        yield sink.taken()
    yield sink.taken()


class AllCsv:
    """All CSV pages as one file: the first whole, the others without their header."""

    def __init__(self, result_set: ResultSet, named: Named) -> None:
        self._result_set = result_set
        self._named = named

    def size(self) -> int:
        total = 0
        for place, name in enumerate(self._named.pages):
            with open_page(self._result_set, self._named.key, name) as page:
                total += page.size - (len(page.readline()) if place else 0)
        return total

    def stream(self) -> Iterator[bytes]:
        for place, name in enumerate(self._named.pages):
            with open_page(self._result_set, self._named.key, name) as page:
                if place:
                    page.readline()  # no column's name holds a line's end
                yield from chunks(page)
