"""/request over a real engine and a real local site."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.conf import LazySettings

from collections_app.api.traject import realtime as view
from collections_app.models import ErrorLog
from collections_app.services import realtime
from collections_app.services.scraping import Engine
from scraping.throttle import LocalThrottle
from tests.collections_app.api.conftest import Caller

PAGE = (
    b"<html><head><title>Tea</title></head><body><h1>Caf\xc3\xa9</h1><script>alert(1)</script></body></html>"
)
PAGES: dict[str, tuple[int, bytes]] = {
    "/tea": (200, PAGE),
    "/gone": (404, b"<p>gone"),
    "/broken": (500, b"<p>broken"),
    "/blocked": (403, b"<title>Just a moment...</title>"),
    "/surrogate": (
        200,
        b'<title>x</title><script type="application/ld+json">{"@type":"Product","name":"\\ud800"}</script>',
    ),
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, body = PAGES.get(self.path, (404, b""))
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The site's URL; the view's engine may reach it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    address = f"127.0.0.1:{server.server_address[1]}"
    settings.ALLOWED_PRIVATE_HOSTS = [address]
    settings.FETCH_RETRIES = 0
    # The pace is kept in this process alone: the database's shares are asked for in other threads, which cannot see
    # a test's transaction.
    engine = Engine(LocalThrottle())
    monkeypatch.setattr(view, "engine", lambda: engine)
    yield f"http://{address}"
    engine.close()
    server.shutdown()
    server.server_close()


def test_a_page_is_answered_in_the_documented_order(caller: Caller, site: str) -> None:
    answer = caller.ok("GET", "/request", type="page", url=f"{site}/tea", extract='{"name": "h1"}')
    assert list(answer)[:3] == ["request_info", "request_parameters", "request_metadata"]
    info = answer["request_info"]
    assert info["credits_used_this_request"] == 1
    assert info["credits_remaining"] > 0
    assert answer["request_parameters"] == {"type": "page", "url": f"{site}/tea", "extract": '{"name": "h1"}'}
    assert answer["extracted"] == {"name": "Café"}
    assert caller.key not in caller.last.content.decode()


def test_booleans_arrive_as_text_and_the_path_may_end_with_a_slash(caller: Caller, site: str) -> None:
    assert "html" in caller.ok("GET", "/request/", type="page", url=f"{site}/tea", include_html="True")
    assert "html" not in caller.ok("GET", "/request", type="page", url=f"{site}/tea", include_html="false")


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({}, "'type'"),
        ({"type": "pgae"}, "'pgae'"),
        ({"type": "page"}, "'url'"),
        ({"type": "page", "url": "ftp://a.example"}, "'url' has the value 'ftp://a.example'"),
        (
            {"type": "page", "url": "https://a.example", "include_html": "maybe"},
            "'include_html' has the value 'maybe'",
        ),
        ({"type": "page", "url": "https://a.example", "output": "xml"}, "'output' has the value 'xml'"),
        ({"type": "page", "url": "https://a.example", "output": "csv", "csv_fields": "a,b;c"}, "b;c"),
        (
            {"type": "page", "url": "https://a.example", "extract": '{"p": "p["}'},
            "'extract.p' has the value 'p['",
        ),
    ],
)
def test_a_bad_parameter_is_refused_with_field_and_value(
    caller: Caller, query: dict[str, str], says: str
) -> None:
    assert says in caller.refused(400, "GET", "/request", **query)
    assert not ErrorLog.objects.exists()


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("http://10.0.0.1/", "private_ip"),
        ("http://127.0.0.1:1/", "private_ip"),
        ("http://localhost/", "blocked_hostname"),
    ],
)
def test_a_private_place_is_refused_with_its_reason(caller: Caller, site: str, url: str, error: str) -> None:
    status, answer = caller.get("/request", type="page", url=url)
    assert status == 400
    assert answer["request_info"]["success"] is False
    assert answer["request_info"]["error"] == error
    assert not ErrorLog.objects.exists()


@pytest.mark.parametrize(
    ("path", "error", "site_status", "says"),
    [
        ("/blocked", "blocked", 403, "unable to fulfil your request at this time, please retry"),
        ("/broken", "http_error", 500, "unable to fulfil your request at this time, please retry"),
        ("/gone", "not_found", 404, "HTTP 404"),
    ],
)
def test_a_failure_is_answered_with_its_reason_and_logged(
    caller: Caller, site: str, path: str, error: str, site_status: int, says: str
) -> None:
    status, answer = caller.get("/request", type="page", url=site + path, custom_id="7")
    assert status == 500
    info = answer["request_info"]
    assert info["success"] is False
    assert says in info["message"]
    assert "not been charged" in info["message"]
    assert (info["error"], info["status"], info["credits_used_this_request"]) == (error, site_status, 0)
    assert info["reason"]
    log = ErrorLog.objects.get()
    assert log.account == caller.account
    assert log.parameters == {"type": "page", "url": site + path, "custom_id": "7"}
    assert log.engine_url == site + path
    assert log.result["request_info"]["error"] == error
    assert caller.key not in log.api_url
    assert log.api_url.startswith("http://testserver/request?type=page&url=")


def test_html_is_answered_as_a_page_that_can_do_no_harm(caller: Caller, site: str) -> None:
    response = caller.client.get(
        "/request", {"api_key": caller.key, "type": "page", "url": f"{site}/tea", "output": "html"}
    )
    assert response.status_code == 200
    assert response.content == PAGE
    assert response["Content-Type"] == "text/html; charset=utf-8"
    assert response["Content-Security-Policy"].startswith("sandbox;")
    assert "allow-" not in response["Content-Security-Policy"]
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["X-Content-Type-Options"] == "nosniff"


def csv(caller: Caller, **query: str) -> list[str]:
    response = caller.client.get("/request", {"api_key": caller.key, "output": "csv", **query})
    assert response.status_code == 200, response.content
    assert response["Content-Type"].startswith("text/csv")
    return response.content.decode().splitlines()


def test_csv_has_the_types_columns_or_those_asked_for(caller: Caller, site: str) -> None:
    url = f"{site}/tea"
    head, line = csv(caller, type="page", url=url)
    assert head == "request.url,result.status,result.url,result.title,result.extracted"
    assert line == f"{url},200,{url},Tea,"
    assert csv(caller, type="page", url=url, csv_fields="result.title,request.type") == [
        "result.title,request.type",
        "Tea,page",
    ]


def test_a_failure_is_json_whatever_was_to_come(caller: Caller, site: str) -> None:
    for output in ("csv", "html"):
        status, answer = caller.get("/request", type="page", url=f"{site}/broken", output=output)
        assert status == 500
        assert answer["request_info"]["error"] == "http_error"


def test_an_unknown_parameter_is_warned_of(caller: Caller, site: str) -> None:
    answer = caller.ok("GET", "/request", type="page", url=f"{site}/tea", incldue_html="true")
    assert "'include_html'?" in answer["request_info"]["warnings"][0]


def test_signs_that_json_cannot_hold_do_not_break_the_answer(caller: Caller, site: str) -> None:
    answer = caller.ok("GET", "/request", type="page", url=f"{site}/surrogate", extract="schema.org")
    assert answer["extracted"]["schema_org"]["products"] == [{"name": "?"}]


def test_a_request_without_end_is_given_up(
    caller: Caller, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(realtime, "LONGEST", 0.0)
    status, answer = caller.get("/request", type="page", url=f"{site}/tea")
    assert status == 500
    assert answer["request_info"]["error"] == "timeout"
    assert answer["request_parameters"]["type"] == "page"


def test_the_key_is_needed(caller: Caller, make_caller: Callable[..., Caller]) -> None:
    response = caller.client.get("/request", {"type": "page", "url": "https://a.example"})
    assert response.status_code == 401
    assert json.loads(response.content)["request_info"]["success"] is False


def test_only_get_is_known(caller: Caller) -> None:
    for verb in ("POST", "PUT", "DELETE"):
        caller.refused(404, verb, "/request", type="page", url="https://a.example")


def test_the_engine_of_the_service_reaches_the_site(
    transactional_db: None, make_caller: Callable[..., Caller], site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine()  # as in service: the pace is shared over the database
    monkeypatch.setattr(view, "engine", lambda: engine)
    try:
        answer: dict[str, Any] = make_caller().ok("GET", "/request", type="page", url=f"{site}/tea")
    finally:
        engine.close()
    assert answer["title"] == "Tea"
