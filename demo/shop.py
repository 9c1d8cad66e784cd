"""The sample shop: some dozens of small pages, listings and products, and a few that are troublesome on purpose.

    python -m demo.shop [PORT]

Odd product numbers describe themselves in JSON-LD as well, even ones in plain HTML only. Product 7 is slow, product 13
is busy (503) the first time, and /products/999 is not there.
"""

import json
import sys
import threading
import time
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from demo.catalogue import CATEGORIES, PRODUCTS, Product

PER_PAGE = 5
SLOW, SLOW_SECONDS = 7, 1.5
BUSY = 13
MISSING = "/products/999"

PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title} - The Tea Shelf</title>{head}</head>
<body>
<header><a href="/">The Tea Shelf</a> <nav>{menu}</nav></header>
<main>{main}</main>
<footer>A sample shop. Nothing here can be bought.</footer>
</body>
</html>
"""


def page(title: str, main: str, head: str = "") -> str:
    menu = " ".join(f'<a href="/{category}">{category.title()}</a>' for category in CATEGORIES)
    return PAGE.format(title=escape(title), menu=menu, main=main, head=head)


def listing(category: str, number: int) -> str:
    """One page of a category: cards with name, price and link."""
    products = [product for product in PRODUCTS if product.category == category]
    last = -(-len(products) // PER_PAGE)
    cards = "".join(
        f'<li class="card" data-number="{product.number}"><h2><a href="{product.path}">{escape(product.name)}</a></h2>'
        f'<span class="price">€ {product.price}</span></li>'
        for product in products[(number - 1) * PER_PAGE : number * PER_PAGE]
    )
    more = f'<a class="next" href="/{category}?page={number + 1}">next</a>' if number < last else ""
    heading = f"<h1>{category.title()}</h1><p class='count'>{len(products)} products</p>"
    return page(f"{category.title()}, page {number}", f"{heading}<ul class='cards'>{cards}</ul>{more}")


def described(product: Product) -> str:
    """A product's page."""
    stock = f"{product.stock} in stock" if product.stock else "sold out"
    main = (
        f'<p class="crumbs"><a href="/{product.category}">{product.category.title()}</a></p>'
        f'<h1 class="name">{escape(product.name)}</h1>'
        f'<p class="price">€ {product.price}</p><p class="stock">{stock}</p>'
        f'<p class="description">{escape(product.sentence)}</p>'
    )
    return page(product.name, main, head=json_ld(product) if product.number % 2 else "")


def json_ld(product: Product) -> str:
    data = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": product.name,
        "sku": f"TEA-{product.number:03}",
        "description": product.sentence,
        "offers": {
            "@type": "Offer",
            "price": product.price,
            "priceCurrency": "EUR",
            "availability": f"https://schema.org/{'InStock' if product.stock else 'OutOfStock'}",
        },
    }
    return f'<script type="application/ld+json">{json.dumps(data)}</script>'


class Shop(ThreadingHTTPServer):
    """The shop on a loopback port (0: a free one). `served` counts its answers."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.served = 0
        self._busy_seen = False
        self._lock = threading.Lock()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    def count(self) -> None:
        with self._lock:
            self.served += 1

    def is_busy(self) -> bool:
        """True the first time only."""
        with self._lock:
            first, self._busy_seen = not self._busy_seen, True
        return first

    def paths(self) -> list[str]:
        """Every page it has, listings first."""
        listings = [f"/{category}?page={number}" for category in CATEGORIES for number in (1, 2)]
        return listings + [product.path for product in PRODUCTS]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Shop

    def do_GET(self) -> None:
        status, body = self.answer()
        content = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            self.send_header("Retry-After", "1")
        self.end_headers()
        self.wfile.write(content)
        self.server.count()

    def answer(self) -> tuple[HTTPStatus, str]:
        path, _, query = self.path.partition("?")
        number = query.removeprefix("page=")
        if path == "/":
            return HTTPStatus.OK, page("Welcome", "<h1>The Tea Shelf</h1>")
        if path[1:] in CATEGORIES:
            return HTTPStatus.OK, listing(path[1:], int(number) if number.isdecimal() else 1)
        product = next((product for product in PRODUCTS if product.path == path), None)
        if product is None:
            return HTTPStatus.NOT_FOUND, page("Not found", "<h1>There is no such page.</h1>")
        if product.number == SLOW:
            time.sleep(SLOW_SECONDS)
        if product.number == BUSY and self.server.is_busy():
            return HTTPStatus.SERVICE_UNAVAILABLE, page("Busy", "<h1>One moment, please.</h1>")
        return HTTPStatus.OK, described(product)

    def log_message(self, format: str, *args: object) -> None:
        """The demo shows what matters."""


def main() -> None:
    with Shop(int(sys.argv[1]) if len(sys.argv) > 1 else 8900) as shop:
        print(f"The sample shop: http://{shop.host}/")
        shop.serve_forever()


if __name__ == "__main__":
    main()
