"""The web server's way in."""

import os
from io import BytesIO
from typing import TYPE_CHECKING, Any

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http.response import HttpResponseBase
from django.utils.http import parse_header_parameters

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class Utf8Request(WSGIRequest):
    """A request whose query string is UTF-8, whatever the Content-Type says about the body: Django reads the
    query with the body's charset, and breaks down on one that it does not know."""

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))


class Application(WSGIHandler):
    request_class = Utf8Request

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> HttpResponseBase:
        if not environ.get("CONTENT_LENGTH") and environ.get("wsgi.input_terminated"):
            _measure(environ)
        return super().__call__(environ, start_response)


def _measure(environ: "WSGIEnvironment") -> None:
    """Give a body that comes in chunks its length: Django takes one without a length for empty."""
    try:
        body = environ["wsgi.input"].read(settings.MAX_BODY + 1)
    except OSError:  # broken off, or not chunks
        body = b""
    environ["wsgi.input"], environ["CONTENT_LENGTH"] = BytesIO(body), str(len(body))


django.setup(set_prefix=False)
application = Application()
