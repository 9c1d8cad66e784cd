"""What parsing a page and reading its fields costs each HTML parser, in one run: `python -m benchmarks.parsers`.

The pages are made here: a product page, a listing of 60 items, and a listing that carries megabytes of scripts and
styles, as large shops' pages do. Every parser must read the same values, or the run stops. The parsers take turns and
the best round counts; look at the ratios, the milliseconds are this machine's.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
import sys
import time
from collections.abc import Callable
from typing import Any

ITEM_FIELDS = {
    "title": ".title",
    "price": ".price",
    "shipping": ".ship > span",
    "seller": "[data-role=seller]",
}
Row = dict[str, "str | None"]
Read = Callable[[str], list[Row]]


def filler(dice: random.Random, size: int) -> str:
    """A script of about `size` characters, like the state that shops put into their pages."""
    state = {f"key{number}": {"id": dice.getrandbits(48), "on": True} for number in range(size // 46)}
    return f"<script>window.__state = {json.dumps(state)};</script>\n"


def item(dice: random.Random, number: int) -> str:
    return (
        f'<li class="item s-card" data-view="{dice.getrandbits(32)}"><div class="inner"><a class="link" href="/p/{number}">'
        f'<img src="/i/{number}.webp" alt="" loading="lazy"></a><div class="text"><div role="heading" class="title">'
        f'<span>Thing number {number} &amp; its box</span></div><div class="row"><span class="price">'
        f'{dice.uniform(1, 999):.2f} €</span><span class="old"><s>{dice.uniform(1, 999):.2f} €</s></span></div>'
        f'<div class="ship"><span>+ {dice.uniform(1, 9):.2f} € shipping</span></div><p data-role="seller">shop{number % 7}'
        f" (99.{number % 10} %)</p><svg viewBox='0 0 9 9'><path d='M1 1L8 8z'/></svg></div></div></li>\n"
    )


def pages() -> dict[str, str]:
    dice = random.Random(3)  # noqa: S311 - the same pages in every run
    head = '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>'
    style = "<style>" + ".a{color:red;margin:0 auto}\n" * 400 + "</style>"
    menu = "<nav><ul>" + '<li><a href="/c"><span>Category</span></a></li>\n' * 300 + "</ul></nav>"
    end = "</ul></main></body></html>"

    def whole(items: int, scripts: int, of: int) -> str:
        state = "".join(filler(dice, of) for _ in range(scripts))
        body = "".join(item(dice, number) for number in range(items))
        return f"{head}{style}{state}</head><body>{menu}<main><ul>{body}{end}"

    return {
        "product": whole(1, 1, 30_000),
        "listing": whole(60, 2, 50_000),
        "heavy listing": whole(60, 8, 200_000),
    }


def with_lexbor() -> Read:
    from selectolax.lexbor import LexborHTMLParser

    def read(html: str) -> list[Row]:
        rows: list[Row] = []
        for node in LexborHTMLParser(html).css("li.item"):
            row: Row = {}
            for name, selector in ITEM_FIELDS.items():
                found = node.css_first(selector)
                row[name] = None if found is None else found.text(strip=True)
            link = node.css_first("a.link")
            row["url"] = None if link is None else link.attributes.get("href")
            rows.append(row)
        return rows

    return read


def with_turbohtml() -> Read:
    import turbohtml

    def read(html: str) -> list[Row]:
        rows: list[Row] = []
        for node in turbohtml.parse(html).select("li.item"):
            row: Row = {}
            for name, selector in ITEM_FIELDS.items():
                found = node.select_one(selector)
                row[name] = None if found is None else found.text.strip()
            link = node.select_one("a.link")
            row["url"] = None if link is None else str(link.attrs.get("href"))
            rows.append(row)
        return rows

    return read


def with_lxml() -> Read:
    from lxml import html as lxml_html
    from lxml.cssselect import CSSSelector

    items: Any = CSSSelector("li.item")  # lxml types an XPath result as everything it could ever be
    fields: dict[str, Any] = {name: CSSSelector(selector) for name, selector in ITEM_FIELDS.items()}
    links: Any = CSSSelector("a.link")

    def read(html: str) -> list[Row]:
        rows: list[Row] = []
        for node in items(lxml_html.fromstring(html)):
            row: Row = {}
            for name, selector in fields.items():
                found = selector(node)
                row[name] = found[0].text_content().strip() if found else None
            link = links(node)
            row["url"] = link[0].get("href") if link else None
            rows.append(row)
        return rows

    return read


def with_bs4() -> Read:
    from bs4 import BeautifulSoup

    def read(html: str) -> list[Row]:
        rows: list[Row] = []
        for node in BeautifulSoup(html, "lxml").select("li.item"):
            row: Row = {}
            for name, selector in ITEM_FIELDS.items():
                found = node.select_one(selector)
                row[name] = None if found is None else found.get_text().strip()
            link = node.select_one("a.link")
            row["url"] = None if link is None else str(link["href"])
            rows.append(row)
        return rows

    return read


# name -> (how to make it, the module it needs)
PARSERS: dict[str, tuple[Callable[[], Read], str]] = {
    "selectolax (Lexbor)": (with_lexbor, "selectolax"),
    "turbohtml": (with_turbohtml, "turbohtml"),
    "lxml + cssselect": (with_lxml, "lxml"),
    "bs4 (lxml)": (with_bs4, "bs4"),
}


def measure(html: str, parsers: dict[str, Read], rounds: int) -> dict[str, float]:
    """parser -> CPU seconds for the page, best of the rounds."""
    expected = next(iter(parsers.values()))(html)
    best = dict.fromkeys(parsers, float("inf"))
    for _ in range(rounds):
        for name, read in parsers.items():
            started = time.process_time()
            rows = read(html)
            best[name] = min(best[name], time.process_time() - started)
            assert rows == expected, f"{name} reads something else: {rows[:1]} instead of {expected[:1]}"
    return best


def main() -> None:
    argument_parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    argument_parser.add_argument("--rounds", type=int, default=15, help="rounds of each parser (default: 15)")
    options = argument_parser.parse_args()
    parsers: dict[str, Read] = {}
    for name, (make, module) in PARSERS.items():
        if importlib.util.find_spec(module) is None:
            print(f"{name}: left out, {module} is not installed (pip install {module})", file=sys.stderr)
            continue
        parsers[name] = make()
    for kind, html in pages().items():
        best = measure(html, parsers, options.rounds)
        base = best["selectolax (Lexbor)"]
        print(f"\n{kind}, {len(html) // 1000} KB")
        print(f"{'parser':22}{'CPU ms/page':>14}{'÷ Lexbor':>12}")
        for name, seconds in sorted(best.items(), key=lambda pair: pair[1]):
            print(f"{name:22}{seconds * 1000:14.2f}{seconds / base:12.2f}")


if __name__ == "__main__":
    main()
