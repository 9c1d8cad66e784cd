"""What every endpoint of the Countdown and Backyard dialect shares: the key, the body, the envelope, the errors."""

import logging
import uuid
from typing import Any

import orjson
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404
from rest_framework.exceptions import APIException
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from collections_app.api.traject.body import AnyBody
from collections_app.api.traject.envelope import failure
from collections_app.api.traject.openapi.schema import TrajectSchema
from collections_app.models import Account, Collection
from collections_app.services import accounts, collections
from collections_app.services.errors import Refused

logger = logging.getLogger(__name__)

NO_KEY = "No api_key was supplied: add the api_key parameter to the URL's query string"
NO_PATH = "The path or HTTP verb of this request is not known: {verb} {path}"
METHODS = "GET, POST, PUT, DELETE, OPTIONS"


class JsonRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        return orjson.dumps(data)


class AlwaysJson(BaseContentNegotiation):
    """Whatever a client says it accepts or sends: answers are JSON, bodies are looked at."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class TrajectView(APIView):
    """The base of the endpoints. `self.account` is the caller's account.

    Services raise Refused; it becomes the enveloped error here and nowhere else.
    """

    authentication_classes = []
    permission_classes = []
    parser_classes = [AnyBody]
    renderer_classes = [JsonRenderer]
    content_negotiation_class = AlwaysJson
    schema = TrajectSchema()
    keyed = True  # whether a call needs an api_key
    account: Account
    api_key: str

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        for name, value in [*request.query_params.items(), *kwargs.items()]:
            if "\x00" in name or "\x00" in str(value):
                raise Refused(f"{name[:80]!r} holds a NUL character", field=name)
        if self.keyed and request.method != "OPTIONS":
            self.api_key = request.query_params.get("api_key", "")
            if not self.api_key:
                raise Refused(NO_KEY, 401, "api_key")
            self.account = accounts.account_for_key(self.api_key)

    def collection(self, collection_id: str) -> Collection:
        """The caller's collection. Raises Refused (404)."""
        return collections.find(self.account, collection_id)

    def fields(self, request: Request) -> dict[str, Any]:
        """The body as an object. Raises Refused for an array."""
        data = request.data
        if not isinstance(data, dict):
            raise Refused("The request's body is an array: send an object")
        return data

    def http_method_not_allowed(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        raise unknown_path(request)

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """A browser's question before a call from another origin."""
        response = Response(status=204)
        response["Access-Control-Allow-Methods"] = METHODS
        response["Access-Control-Allow-Headers"] = "Content-Type"
        response["Access-Control-Max-Age"] = "600"
        return response

    def get_exception_handler(self) -> Any:
        return refusal

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["X-Trace-ID"] = trace_id(request)
        response["Cache-Control"] = "no-store"
        response["X-Content-Type-Options"] = "nosniff"
        response["Access-Control-Allow-Origin"] = "*"
        response["Access-Control-Expose-Headers"] = "X-Trace-ID"
        return response


def trace_id(request: Any) -> str:
    """The call's own id, told to the client and written beside its errors."""
    if not hasattr(request, "_trace_id"):
        request._trace_id = str(uuid.uuid4())
    return str(request._trace_id)


def unknown_path(request: Any) -> Refused:
    return Refused(NO_PATH.format(verb=str(request.method)[:20], path=request.path[:200]), 404)


def refusal(error: Exception, context: dict[str, Any]) -> Response:
    """Any exception as an enveloped answer; what is nobody's refusal is a fault of ours and logged."""
    if isinstance(error, Refused):
        return failure(error.message, error.status)
    if isinstance(error, Http404):
        return failure(unknown_path(context["request"]).message, 404)
    if isinstance(error, APIException):
        response = failure(str(error.detail), error.status_code)
        if wait := getattr(error, "wait", None):
            response["Retry-After"] = str(int(wait))
        return response
    if isinstance(error, RequestDataTooBig):
        return failure("The request is over the size limit", 413)
    if isinstance(error, SuspiciousOperation):
        return failure(f"The request could not be read: {error}", 400)
    trace = trace_id(context["request"])
    logger.exception("call %s failed", trace, exc_info=error)
    if isinstance(error, OperationalError):
        return failure(f"The database is busy, please retry (trace {trace})", 503)
    return failure(f"We were unable to fulfil your request at this time, please retry (trace {trace})", 500)


class UnknownPath(TrajectView):
    """Every path that is no other's."""

    keyed = False
    schema = None  # type: ignore[assignment]  # DRF's own way to leave a view out

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if request.method != "OPTIONS":
            raise unknown_path(request)
