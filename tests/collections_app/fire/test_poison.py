"""Pages of a hostile site, through a real worker: each harms its own row only."""

import asyncio
import gzip
import threading
from collections.abc import Iterator

import orjson
import pytest

from collections_app.models import Account, Collection, CollectionRequest, Result, ResultSet
from collections_app.services.launching import launch
from collections_app.services.recovery import recover
from tests.collections_app.fire.conftest import Service, rows_of
from tests.scraping.site import Received, Route, Site, page, redirect

pytestmark = pytest.mark.processes
HTML = {"content-type": "text/html"}
MOST = 20_000_000  # bytes of a page, the limit's default


async def endless(request: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(page(headers=HTML, length=False))
    while True:
        writer.write(b"<p>more and more</p>" * 3000)
        await writer.drain()
        await asyncio.sleep(0)


async def silent(request: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(page(b"<h1>now", headers={**HTML, "content-length": "1000"}, length=False))
    await writer.drain()
    await asyncio.sleep(3600)


async def dripping(request: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(page(headers=HTML, length=False))
    while True:
        writer.write(b"<p>")
        await writer.drain()
        await asyncio.sleep(0.5)


async def further(request: Received, writer: asyncio.StreamWriter) -> bytes:
    return redirect(f"/further?{len(request.target)}{request.target[-1]}x")


async def cut_short(request: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(page(b"<h1>only half", headers={**HTML, "content-length": "5000"}, length=False))
    await writer.drain()


async def no_http(request: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(b"\x16\x03\x01\x00" * 500)
    await writer.drain()


BOMB = gzip.compress(b"<p>\0</p>" * 20_000_000, 9)  # 160 MB, of 160 kB
LINE = b"<div class=a><a href='/x'>text</a><span>1,99</span></div>\n"
FAILING: dict[str, tuple[Route, set[str]]] = {
    "/endless": (endless, {"body_too_large", "timeout"}),
    "/bomb": (page(BOMB, headers={**HTML, "content-encoding": "gzip"}), {"body_too_large", "timeout"}),
    "/nested": (page(b"<div>" * 100_000 + b"deep", headers=HTML), {"unexpected_page"}),
    "/attributes": (
        page(b"<p " + b" ".join(b"a%d=1" % n for n in range(100_000)) + b">", headers=HTML),
        {"unexpected_page"},
    ),
    "/silent": (silent, {"timeout"}),
    "/dripping": (dripping, {"timeout"}),
    "/further": (further, {"too_many_redirects"}),
    "/circle": (redirect("/circle"), {"too_many_redirects"}),
    "/cut": (cut_short, set()),
    "/no-http": (no_http, set()),
}
ODD: dict[str, Route] = {
    "/large": page(LINE * (19_000_000 // len(LINE)), headers=HTML),
    "/binary": page(bytes(range(256)) * 4000, headers=HTML),
    "/charset": page(b"\xff\xfe\x00\xd8<h1>x</h1>", headers={"content-type": "text/html; charset=utf-16"}),
    "/json-ld": page(b'<script type="application/ld+json">' + b"[" * 100_000 + b"</script>", headers=HTML),
}
EXTRACT = {"name": "h1", "links": {"css": "div a", "attribute": "href", "list": True}, "data": "schema.org"}


@pytest.fixture
def hostile() -> Iterator[Site]:
    """The site, in a thread with a loop of its own."""
    routes = {path: route for path, (route, _) in FAILING.items()} | ODD
    site = Site({**routes, "/good": page(b"<h1>good</h1>", headers=HTML)})
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(site.__aenter__(), loop).result()
    yield site
    asyncio.run_coroutine_threadsafe(site.__aexit__(None, None, None), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


def collection_of(site: Site, paths: list[str]) -> Collection:
    account = Account.objects.create(name="Alice")
    collection = Collection.objects.create(
        account=account, name="Poison", request_count=len(paths), next_position=len(paths) + 1
    )
    for position, path in enumerate(paths, 1):
        params = {"type": "page", "url": site.url(path), "extract": EXTRACT}
        CollectionRequest.objects.create(
            collection=collection, position=position, type="page", params=orjson.dumps(params).decode()
        )
    return collection


def test_pages_of_a_hostile_site_harm_their_own_rows_only(service: Service, hostile: Site) -> None:
    paths = [path for odd in [*FAILING, *ODD] for path in (odd, f"/good?{odd[1:]}")]
    service.environment["ROUNDSMAN_ALLOWED_PRIVATE_HOSTS"] = hostile.address
    service.worker(2, batch_size=100, batch_lease=4, fetch_timeout=20, fetch_read_timeout=3, fetch_retries=0)
    run = launch(collection_of(hostile, paths), "api")
    assert run is not None
    service.wait(lambda: (recover(), service.ended(run))[1], seconds=120)
    run.refresh_from_db()
    rows = {
        row["request"]["url"].removeprefix(hostile.url("")): row
        for row in rows_of(ResultSet.objects.get(run=run))
    }
    assert list(rows) == paths
    for path in paths:
        if path.startswith("/good"):
            assert rows[path]["result"]["extracted"]["name"] == "good", path
    assert {path for path in FAILING if rows[path]["success"]} == set()
    for path, (_, codes) in FAILING.items():
        error = rows[path]["result"]["request_info"]["error"]
        assert error in codes or (not codes and error not in ("internal_error", "worker_lost")), (path, error)
    assert {path for path in ODD if not rows[path]["success"]} == set()
    assert not Result.objects.filter(error__in=("internal_error", "worker_lost")).exists()
    # The lease held through all of it: nothing was fetched a second time.
    assert sum(target == "/good?large" for target in hostile.paths()) == 1
