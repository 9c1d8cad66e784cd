"""/request: one request, answered when it is done; and /errorlogs: those that failed."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponse
from rest_framework.request import Request

from collections_app.api.traject import coerce
from collections_app.api.traject.base import TrajectView
from collections_app.api.traject.body import nested
from collections_app.api.traject.envelope import answer, timestamp
from collections_app.api.traject.rate import take_list_call
from collections_app.models import ErrorLog
from collections_app.services import errorlogs, realtime
from collections_app.services.rows import encode
from collections_app.services.scraping import engine
from scraping.errors import ScrapeError
from scraping.messages import Outcome

RETRY = "We are unable to fulfil your request at this time, please retry. You have not been charged for this request."
NO_USE = "We are unable to fulfil your request: {reason} You have not been charged for this request."
QUERY: dict[str, coerce.Coercion] = {
    "search_term": coerce.text,
    "page": coerce.whole,
    "sort_by": coerce.text,
    "sort_direction": coerce.text,
}
# Scraped HTML comes from this service's own origin, where the admin lives: it may run nothing and tell nothing.
HARMLESS = {
    "Content-Security-Policy": "sandbox; default-src * data: 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
}


class RequestView(TrajectView):
    """/request"""

    def get(self, request: Request) -> HttpResponse:
        pairs = [(name, value) for name, values in request.query_params.lists() for value in values]
        params = {name: value for name, value in nested(pairs).items() if name != "api_key"}
        asked = realtime.ask(params)
        outcome = realtime.scrape(engine(), asked)
        if outcome.error is not None and outcome.error.code in realtime.OF_THE_PARAMETERS:
            info: dict[str, Any] = {"success": False, "message": outcome.error.message}
            info["error"] = outcome.error.code
            return _json({"request_info": info}, 400)
        if outcome.error is not None:
            return self._failed(request, params, outcome, outcome.error)
        if asked.output == "csv":
            return HttpResponse(realtime.as_csv(asked, outcome), content_type="text/csv; charset=utf-8")
        if asked.output == "html":
            html = realtime.as_html(outcome).encode("utf-8", "replace")
            return HttpResponse(html, content_type="text/html; charset=utf-8", headers=HARMLESS)
        info = {"success": True, **realtime.credits(self.account, outcome)}
        if outcome.warnings:
            info["warnings"] = list(outcome.warnings)
        return _json({"request_info": info, **outcome.result}, 200)

    def _failed(
        self, request: Request, params: dict[str, Any], outcome: Outcome, error: ScrapeError
    ) -> HttpResponse:
        info: dict[str, Any] = {
            "success": False,
            "message": RETRY if error.retryable else NO_USE.format(reason=error.message),
            **realtime.credits(self.account, outcome),
            "error": error.code,
            "reason": error.message,
        }
        if error.status is not None:
            info["status"] = error.status
        if outcome.warnings:
            info["warnings"] = list(outcome.warnings)
        result: dict[str, Any] = {
            "request_info": info,
            **{k: v for k, v in outcome.result.items() if k != "request_info"},
        }
        errorlogs.record(
            self.account,
            params,
            api_url=_api_url(request, params),
            engine_url=_page_url(outcome),
            result=_without_page(result),
        )
        return _json(result, 500)


class ErrorLogsView(TrajectView):
    """/errorlogs"""

    def get(self, request: Request) -> HttpResponse:
        take_list_call(self.account)
        found = errorlogs.listing(self.account, errorlogs.Query(**coerce.only(request.query_params, QUERY)))
        return answer(
            logs=[_log_object(log) for log in found.logs],
            page=found.page,
            page_count_total=found.pages,
            results_count=len(found.logs),
            results_count_total=found.total,
        )


def _without_page(result: dict[str, Any]) -> dict[str, Any]:
    """What a log keeps of an answer: why it failed, not what the page held."""
    return {name: value for name, value in result.items() if name.startswith("request_")}


def _log_object(log: ErrorLog) -> dict[str, Any]:
    return {
        "id": str(log.pk),
        "engine_url": log.engine_url,
        "api_url": log.api_url,
        "date": timestamp(log.date),
        "count": log.count,
        "parameters": log.parameters,
        "result": log.result,
    }


def _json(body: dict[str, Any], status: int) -> HttpResponse:
    # Not the renderer's dumps: a scraped page may hold signs that JSON cannot, and is answered all the same.
    return HttpResponse(encode(body), status=status, content_type="application/json")


def _api_url(request: Request, params: dict[str, Any]) -> str:
    """The call's URL without its key."""
    root = settings.PUBLIC_URL or request.build_absolute_uri("/").rstrip("/")
    return f"{root}/request?{urlencode(params, doseq=True)}"


def _page_url(outcome: Outcome) -> str:
    """The URL of the page that was asked for last."""
    metadata = outcome.result.get("request_metadata", {})
    last = metadata["pages"][-1] if metadata.get("pages") else metadata
    return next((value for name, value in last.items() if name.endswith("url")), "")
