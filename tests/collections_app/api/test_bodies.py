"""Bodies as clients send them: JSON, forms, and what cannot be read."""

import gzip
import json
from collections.abc import Callable
from io import BytesIO
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from pytest_django import Settings

from collections_app.models import Collection
from config.wsgi import application
from tests.collections_app.api.conftest import Caller

JSON = b'{"name": "From JSON", "schedule_type": "weekly", "schedule_days_of_week": [2, 0], "schedule_hours": "8"}'
FORM = b"name=From+a+form&schedule_type=weekly&schedule_days_of_week=0,2&schedule_hours=8"
BOUNDARY = "multipart/form-data; boundary=XX"


def multipart(**fields: str) -> bytes:
    parts = [
        f'--XX\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    return ("".join(parts) + "--XX--\r\n").encode()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (JSON, "application/json"),
        (JSON, "application/json; charset=utf-8"),
        (JSON, ""),
        (JSON, "text/plain"),
        (JSON, "application/x-www-form-urlencoded"),
        (JSON, "application/vnd.api+json"),
        (b"\xef\xbb\xbf" + JSON, "application/json"),
        (b"\n  " + JSON + b"\n", "application/json"),
        (FORM, "application/x-www-form-urlencoded"),
        (FORM, "application/x-www-form-urlencoded; charset=UTF-8"),
        (FORM, ""),
        (b"name=A&schedule_type=weekly&schedule_days_of_week=2&schedule_days_of_week=0&schedule_hours=8", ""),
        (
            b"name=A&schedule_type=weekly&schedule_days_of_week[]=2&schedule_days_of_week[]=0&schedule_hours[]=8",
            "",
        ),
        (
            b"name=A&schedule_type=weekly&schedule_days_of_week%5B1%5D=2&schedule_days_of_week%5B0%5D=0"
            b"&schedule_hours=%5B8%5D",
            "application/x-www-form-urlencoded",
        ),
        (
            multipart(name="A", schedule_type="weekly", schedule_days_of_week="0,2", schedule_hours="8"),
            BOUNDARY,
        ),
    ],
)
def test_every_kind_of_body_makes_the_same_collection(caller: Caller, body: bytes, kind: str) -> None:
    made = caller.ok("POST", "/collections", body, kind=kind)["collection"]
    assert made["schedule_type"] == "weekly"
    assert made["schedule_days_of_week"] == [0, 2]
    assert made["schedule_hours"] == [8]
    assert Collection.objects.get().public_id == made["id"]


@pytest.mark.parametrize(
    ("body", "kind", "status", "says"),
    [
        (b'{"name": "x"', "application/json", 400, "not valid JSON"),
        (b"[1, 2", "", 400, "not valid JSON"),
        (b'{"name": NaN}', "application/json", 400, "not valid JSON"),
        (b'{"name": 1e999}', "application/json", 400, "not valid JSON"),
        (b'{"name": "\\ud800"}', "application/json", 400, "not valid JSON"),
        (b'"text"', "application/json", 400, "not a JSON object or array"),
        (b"null", "application/json", 400, "not a JSON object or array"),
        (b"name=x", "application/json", 400, "not valid JSON"),
        (b'{"name": "\xff\xfe"}', "application/json", 400, "not valid utf-8"),
        (b"\xff", "application/x-www-form-urlencoded", 400, "not valid utf-8"),
        (b"name=%ff", "application/x-www-form-urlencoded", 400, "not valid UTF-8"),
        (b'{"name": "x"}', "application/json; charset=klingon", 400, "not valid klingon"),
        (b'{"name":' + b"[" * 5000 + b"]" * 5000 + b"}", "application/json", 400, "depth"),
        (b'{"name":' + b"[" * 800 + b"]" * 800 + b"}", "application/json", 400, "nested too deeply"),
        (b"a[b][c][d][e][f][g]=1", "", 400, "nested too deeply"),
        (b"a=1&a[b]=2", "", 400, "with and without brackets"),
        (b"a[b]=2&a=1", "", 400, "with and without brackets"),
        (b"&".join(b"a%d=1" % number for number in range(50_001)), "", 400, "more than 50000 fields"),
        (b"<name>x</name>", "application/xml", 400, "application/xml"),
        (b"--YY", BOUNDARY, 400, "name is required"),
        (b"name=x", "multipart/form-data", 400, "multipart"),
        (
            b'--XX\r\nContent-Disposition: form-data; name="name"; filename="a.txt"\r\n\r\nx\r\n--XX--\r\n',
            BOUNDARY,
            400,
            "'name' is a file",
        ),
        (b'[{"name": "x"}]', "application/json", 400, "send an object"),
        (b"", "application/json", 400, "name is required"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_with_the_reason(
    caller: Caller, body: bytes, kind: str, status: int, says: str
) -> None:
    assert says in caller.refused(status, "POST", "/collections", body, kind=kind)
    assert not Collection.objects.exists()


def test_a_body_over_the_limit_is_413(caller: Caller, settings: Settings) -> None:
    settings.MAX_BODY = 10_000
    body = json.dumps({"name": "x" * 10_001}).encode()
    assert "10000 bytes" in caller.refused(413, "POST", "/collections", body, kind="application/json")


def test_a_packed_body_is_refused(caller: Caller) -> None:
    url = f"/collections?api_key={caller.key}"
    answer = caller.client.post(
        url, gzip.compress(JSON), content_type="application/json", headers={"Content-Encoding": "gzip"}
    )
    assert answer.status_code == 400
    assert "gzip" in answer.json()["request_info"]["message"]


def test_requests_may_come_in_a_forms_brackets_or_as_json_text(caller: Caller) -> None:
    brackets = b"name=A&requests[0][type]=page&requests[0][url]=https://a.example/&requests[1][type]=page&requests[1][url]=https://b.example/"
    made = caller.ok("POST", "/collections", brackets, kind="application/x-www-form-urlencoded")["collection"]
    assert made["requests_total_count"] == 2
    requests: Any = [{"type": "page", "url": "https://c.example/"}]
    text = {"name": "B", "requests": json.dumps(requests)}
    assert caller.ok("POST", "/collections", text, form=True)["collection"]["requests_total_count"] == 1


@pytest.mark.parametrize(
    "path", ["/collections?search_term=%00", "/collections/%00", "/collections/ABC/%00", "/collections?%00=1"]
)
def test_a_nul_character_is_refused(caller: Caller, path: str) -> None:
    answer = caller.client.get(f"{path}{'&' if '?' in path else '?'}api_key={caller.key}")
    assert answer.status_code == 400
    assert "NUL" in answer.json()["request_info"]["message"]


def through_wsgi(caller: Caller, body: bytes, **environ: Any) -> tuple[int, dict[str, Any]]:
    """POST /collections through the real WSGI application: Django's test client makes requests of its own."""
    setup_testing_defaults(environ)
    environ |= {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/collections",
        "QUERY_STRING": f"api_key={caller.key}",
        "wsgi.input": BytesIO(body),
    }
    answered: list[str] = []

    def start_response(line: str, *_: Any) -> Callable[[bytes], object]:
        answered.append(line)
        return print  # the old way to write, which nobody uses

    content = b"".join(application(environ, start_response))
    return int(answered[0].split()[0]), json.loads(content)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("body", "charset", "status"),
    [
        (JSON.decode().encode("utf-16"), "utf-16", 200),
        (JSON.decode().encode("latin-1"), "latin-1", 200),
        (JSON, "zlib_codec", 400),
        (JSON, "klingon", 400),
        (JSON, "utf-16-be", 400),
    ],
)
def test_the_bodys_charset_is_heard_and_leaves_the_query_alone(
    caller: Caller, body: bytes, charset: str, status: int
) -> None:
    kind = f"application/json; charset={charset}"
    answered, answer = through_wsgi(caller, body, CONTENT_TYPE=kind, CONTENT_LENGTH=str(len(body)))
    assert answered == status, answer
    assert answer["request_info"]["success"] is (status == 200)


@pytest.mark.django_db(transaction=True)
def test_a_body_in_chunks_is_read(caller: Caller, settings: Settings) -> None:
    """Such a body has no length; the server says where it ends."""
    chunks = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    answered, answer = through_wsgi(caller, JSON, **chunks)
    assert answered == 200, answer
    settings.MAX_BODY = 10_000
    assert through_wsgi(caller, b" " * 10_001, **chunks)[0] == 413
    assert through_wsgi(caller, b"", **chunks)[0] == 400
