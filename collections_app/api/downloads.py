"""Download links: a plain GET without a key. What makes them safe is that they cannot be guessed, and end."""

import hashlib
import logging
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from django.views import View

from collections_app.models import ResultSet
from collections_app.services import downloads, request_exports
from collections_app.services.downloads import AllCsv, content_type
from collections_app.services.errors import Refused
from collections_app.services.result_files import chunks, storage
from collections_app.services.result_names import CSV, Named, format_of
from collections_app.services.results import open_page

logger = logging.getLogger(__name__)

RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


class DownloadView(View):
    """The base: GET and HEAD, errors in the API's envelope, headers that every download has."""

    http_method_names = ["get", "head"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response = super().dispatch(request, *args, **kwargs)
        except Refused as error:
            response = refusal(error)
        except Exception:
            logger.exception("the download %s failed", request.path)
            response = refusal(Refused("The file could not be read, please retry", 500))
        response["X-Content-Type-Options"] = "nosniff"
        response["Access-Control-Allow-Origin"] = "*"  # the link itself is the right to read it
        response.setdefault("Cache-Control", "private")
        return response

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        raise Refused(f"The HTTP verb {str(request.method)[:20]} is not known here: use GET", 404)


def refusal(error: Refused) -> JsonResponse:
    content = {"request_info": {"success": False, "message": error.message}}
    return JsonResponse(content, status=error.status, headers={"Cache-Control": "no-store"})


class ResultFileView(DownloadView):
    """/results/{token}/{file}: a page, or all pages in one file."""

    def get(self, request: HttpRequest, token: str, name: str) -> HttpResponseBase:
        result_set, named = downloads.find(token, name)
        response = (
            all_pages(request, result_set, named) if named.is_all else one_page(request, result_set, named)
        )
        response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
        return response


def all_pages(request: HttpRequest, result_set: ResultSet, named: Named) -> HttpResponseBase:
    with open_page(result_set, named.key, named.pages[0]):
        pass  # what is gone is refused now: once the archive has begun, only breaking off could tell
    if format_of(named.key) == CSV:
        everything = AllCsv(result_set, named)
        response = streamed(request, everything.stream(), content_type(named))
        response["Content-Length"] = str(everything.size())
        return response
    return streamed(request, downloads.zipped(result_set, named), content_type(named))


def streamed(request: HttpRequest, content: Iterator[bytes], kind: str) -> StreamingHttpResponse:
    return StreamingHttpResponse(iter(()) if request.method == "HEAD" else content, content_type=kind)


class Part(NamedTuple):
    """The bytes from `first` to `last`, both included."""

    first: int
    last: int

    @property
    def size(self) -> int:
        return self.last - self.first + 1


def one_page(request: HttpRequest, result_set: ResultSet, named: Named) -> HttpResponseBase:
    """A page file, or the part of it that `Range` wants."""
    page = open_page(result_set, named.key, named.pages[0])
    size, tag = page.size, entity_tag(result_set, named.pages[0], page.size)
    part = wanted_part(request, size, tag)
    whole = part is None and request.method == "GET"
    response: HttpResponseBase
    if unchanged := get_conditional_response(request, etag=tag):
        response = unchanged
    elif part and part.size <= 0:
        response = HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    elif whole:
        response = FileResponse(page, content_type=content_type(named))
    else:
        response = streamed(request, piece(result_set, named, part or Part(0, size - 1)), content_type(named))
        response["Content-Length"] = str(part.size if part else size)
        if part:
            response.status_code = 206
            response["Content-Range"] = f"bytes {part.first}-{part.last}/{size}"
    if not isinstance(response, FileResponse):
        page.close()
    response["ETag"] = tag
    response["Accept-Ranges"] = "bytes"
    return response


def piece(result_set: ResultSet, named: Named, part: Part) -> Iterator[bytes]:
    with open_page(result_set, named.key, named.pages[0]) as page:
        page.seek(part.first)
        yield from chunks(page, part.size)


def entity_tag(result_set: ResultSet, name: str, size: int) -> str:
    """The same as long as the file is: it changes when it is written anew."""
    written_at = storage().get_modified_time(f"{result_set.folder}/{name}")
    digest = hashlib.sha256(f"{result_set.pk} {name} {size} {written_at.isoformat()}".encode())
    return f'"{digest.hexdigest()[:32]}"'


def wanted_part(request: HttpRequest, size: int, tag: str) -> Part | None:
    """What `Range` asks for; None for the whole file, and for what one may answer so: several ranges, other units,
    and a part of a file that has changed (`If-Range`). A part of no bytes cannot be had."""
    asked = RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if asked is None or request.method != "GET" or request.headers.get("If-Range", tag) != tag:
        return None
    first, last = asked.groups()
    if not first:
        return Part(max(0, size - int(last)), size - 1) if last else None
    if last and int(last) < int(first):
        return None
    return Part(int(first), min(int(last), size - 1) if last else size - 1)


class RequestFileView(DownloadView):
    """/requests/{token}/Collection_Requests_{id}_Page_{n}.json or .csv"""

    def get(
        self, request: HttpRequest, token: str, collection_id: str, page: str, format: str
    ) -> HttpResponse:
        file = request_exports.make(token, collection_id, int(page), format)
        response = HttpResponse(file.content, content_type=file.content_type)
        response["Content-Length"] = str(len(file.content))
        name = f"Collection_Requests_{collection_id}_Page_{page}.{format}"
        response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
        return response
