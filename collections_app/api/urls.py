"""The API's paths. It stands at the root, so that a client changes its base URL and nothing else.

Each path answers with and without a slash at its end. The last entry answers whatever no other does.
"""

from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, re_path
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerView

from collections_app.api.downloads import RequestFileView, ResultFileView
from collections_app.api.traject import account, collections, realtime, request_exports, requests, results
from collections_app.api.traject.base import UnknownPath

View = Callable[..., HttpResponseBase]


def both(route: str, view: View, name: str) -> Iterable[URLPattern]:
    """The path, and the same with a slash."""
    yield path(route, view, name=name)
    yield path(f"{route}/", view)


def routes(*entries: tuple[str, Any, str]) -> list[URLPattern]:
    return list(chain.from_iterable(both(route, view.as_view(), name) for route, view, name in entries))


urlpatterns = [
    *routes(
        ("account", account.AccountView, "account"),
        ("errorlogs", realtime.ErrorLogsView, "errorlogs"),
        ("request", realtime.RequestView, "real_time_request"),
        ("collections", collections.CollectionsView, "collections"),
        ("collections/stopall", collections.StopAllView, "stopall"),
        ("collections/stop_all", collections.StopAllView, "stop_all"),
        ("collections/<str:collection_id>", collections.CollectionView, "collection"),
        ("collections/<str:collection_id>/start", collections.StartView, "start"),
        ("collections/<str:collection_id>/stop", collections.StopView, "stop"),
        ("collections/<str:collection_id>/clear", collections.ClearView, "clear"),
        ("collections/<str:collection_id>/schedule", collections.ScheduleView, "schedule"),
        ("collections/<str:collection_id>/requests", requests.RequestsView, "requests"),
        ("collections/<str:collection_id>/requests/<int:page>", requests.RequestsPageView, "requests_page"),
        (
            "collections/<str:collection_id>/requests/json",
            request_exports.RequestsJsonView,
            "requests_json",
        ),
        ("collections/<str:collection_id>/requests/csv", request_exports.RequestsCsvView, "requests_csv"),
        ("collections/<str:collection_id>/results", results.ResultsView, "results"),
        ("collections/<str:collection_id>/results/<str:number>", results.ResultView, "result"),
        (
            "collections/<str:collection_id>/results/<str:number>/jsonlines",
            results.JsonLinesView,
            "result_jsonlines",
        ),
        ("collections/<str:collection_id>/results/<str:number>/csv", results.CsvView, "result_csv"),
        ("collections/<str:collection_id>/results/<str:number>/links", results.LinksView, "result_links"),
        (
            "collections/<str:collection_id>/results/<str:number>/resendwebhook",
            results.ResendWebhookView,
            "resend_webhook",
        ),
        (
            "collections/<str:collection_id>/results/<str:number>/resend_webhook",
            results.ResendWebhookView,
            "resend_webhook_alias",
        ),
        # Any other word in this place is a request's id, so this one stands last.
        ("collections/<str:collection_id>/<str:request_id>", requests.RequestView, "request"),
    ),
    re_path(
        r"^results/(?P<token>[A-Za-z0-9_-]{1,40})/(?P<name>[^/]{1,200})$",
        ResultFileView.as_view(),
        name="result_file",
    ),
    re_path(
        r"^requests/(?P<token>[A-Za-z0-9:_-]{1,200})/"
        r"Collection_Requests_(?P<collection_id>[0-9A-F]{8})_Page_(?P<page>[0-9]{1,6})\.(?P<format>json|csv)$",
        RequestFileView.as_view(),
        name="request_file",
    ),
    path("openapi.json", SpectacularJSONAPIView.as_view(), name="openapi"),
    *both("docs", SpectacularSwaggerView.as_view(url_name="openapi"), "docs"),
    re_path(r"^", UnknownPath.as_view()),
]
