"""The sample shop's pages are what the demo says of them."""

import json
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from demo import shop as shop_module
from demo.catalogue import CATEGORIES, PRODUCTS
from demo.shop import BUSY, MISSING, SLOW, Shop


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def get(shop: Shop, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://{shop.host}{path}", timeout=30) as answer:
            return int(answer.status), answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_it_has_some_dozens_of_pages_that_all_answer(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shop_module, "SLOW_SECONDS", 0.0)
    paths = shop.paths()
    assert len(paths) == len(set(paths)) == 2 * len(CATEGORIES) + len(PRODUCTS)
    assert 36 <= len(paths) <= 99
    statuses = [get(shop, path)[0] for path in paths]
    assert statuses.count(200) == len(paths) - 1
    assert statuses.count(503) == 1  # the busy one, the first time
    assert shop.served == len(paths)


def test_listings_lead_to_every_product(shop: Shop) -> None:
    found: list[str] = []
    for path in (path for path in shop.paths() if "?page=" in path):
        found += re.findall(r'<h2><a href="([^"]+)">', get(shop, path)[1])
    assert found == [product.path for product in PRODUCTS]


def test_odd_products_describe_themselves_in_json_ld(shop: Shop) -> None:
    for product in PRODUCTS[:4]:
        _, html = get(shop, product.path)
        assert f'<p class="price">€ {product.price}</p>' in html
        data = re.search(r'<script type="application/ld\+json">(.*?)</script>', html)
        assert bool(data) == (product.number % 2 == 1)
        if data:
            assert json.loads(data[1])["offers"]["price"] == product.price


def test_one_is_busy_once_one_is_slow_and_one_is_missing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("demo.shop.time.sleep", slept.append)
    assert get(shop, f"/products/{BUSY}")[0] == 503
    assert get(shop, f"/products/{BUSY}")[0] == 200
    assert get(shop, MISSING)[0] == 404
    assert slept == []
    assert get(shop, f"/products/{SLOW}")[0] == 200
    assert slept == [shop_module.SLOW_SECONDS]
