"""A page's texts as values: numbers, prices, dates, clean text. Each gives None when the text holds no such thing."""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from bs4 import BeautifulSoup
from price_parser import Price
from price_parser.parser import extract_price_text, parse_number

if TYPE_CHECKING:
    from dateparser.date import DateDataParser

# Symbols and words that stand for one currency only, or for one in practice; "$", "kr" and "¥" are left as they are.
CURRENCIES = {
    "€": "EUR", "eur": "EUR", "euro": "EUR", "£": "GBP", "gbp": "GBP", "us $": "USD", "us$": "USD", "usd": "USD",
    "c $": "CAD", "c$": "CAD", "ca$": "CAD", "cad": "CAD", "au $": "AUD", "a$": "AUD", "au$": "AUD", "aud": "AUD",
    "nz$": "NZD", "hk$": "HKD", "s$": "SGD", "₹": "INR", "rs.": "INR", "zł": "PLN", "zl": "PLN", "₽": "RUB",
    "₩": "KRW", "₺": "TRY", "₴": "UAH", "₫": "VND", "₱": "PHP", "php": "PHP", "lei": "RON", "ron": "RON",
    "kč": "CZK", "ft": "HUF", "r$": "BRL", "rm": "MYR", "chf": "CHF",
}  # fmt: skip
LONGEST_NUMBER = 200  # characters that are looked at for a number or price
LONGEST_DATE = 100
_BLOCKS = (
    "p", "div", "li", "ul", "ol", "dl", "dt", "dd", "table", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "br", "hr",
    "section", "article", "header", "footer", "blockquote", "pre", "figure", "figcaption",
)  # fmt: skip
# With thousands set apart by a comma, point, space or apostrophe; the Indian way too (1,23,456).
_WHOLE = re.compile(
    r"-?\d{1,2}(?:,\d\d)+,\d{3}(?!\d)|-?\d{1,3}(?:[.,\s'\N{RIGHT SINGLE QUOTATION MARK}]\d{3})+(?!\d)|-?\d{1,18}"
)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,2000}>")
_ENTITY = re.compile(r"&(#\d+|#x[0-9a-fA-F]+|[a-zA-Z]\w{1,30});")


def one_line(text: str) -> str:
    """The text with every run of white space, no-break spaces too, as one space."""
    return " ".join(text.split())


def number(text: str) -> float | None:
    """1,234.50 or 1.234,50 or "4.9 out of 5": the first number, as a float."""
    text = one_line(text)[:LONGEST_NUMBER]
    amount = extract_price_text(text)
    found = parse_number(amount) if amount else None
    if amount is None or found is None:
        return None
    negative = re.search(rf"(?<!\w)[-\N{{MINUS SIGN}}]\s*[^\w\s]?\s*{re.escape(amount.strip())}", text)
    return -float(found) if negative else float(found)


def integer(text: str) -> int | None:
    """The first whole number: 12 in "12 sold", 12000000 in "12,000,000+ results"."""
    found = _WHOLE.search(text[:LONGEST_NUMBER])
    return int(re.sub(r"[^\d-]", "", found.group())) if found else None


def price(text: str, currency: str | None = None) -> dict[str, Any] | None:
    """{"value": 1234.5, "currency": "EUR", "raw": "1.234,50 €"}. The currency is an ISO code where the text (or
    `currency`, which goes before it) is clear, else its symbol as it stands, else None."""
    raw = one_line(text)[:LONGEST_NUMBER]
    parsed = Price.fromstring(raw)
    if parsed.amount is None:
        return None
    return {
        "value": float(parsed.amount),
        "currency": currency_code(currency or parsed.currency, raw),
        "raw": raw,
    }


def currency_code(symbol: str | None, context: str = "") -> str | None:
    """ISO code of a currency's symbol or code; `context` may hold more of it, such as "US $1.98"."""
    if found := re.search(r"\b(US|C|CA|AU|A|NZ|HK|S|R)\s?\$", context):
        return (
            CURRENCIES.get(found.group().lower())
            or CURRENCIES.get(found.group().lower().replace(" ", ""))
            or "$"
        )
    if not symbol or not symbol.strip():
        return None
    symbol = symbol.strip()
    if known := CURRENCIES.get(symbol.lower()):
        return known
    return symbol.upper() if re.fullmatch("[A-Za-z]{3}", symbol) else symbol


def date(text: str) -> str | None:
    """ISO 8601: a date, or date and time where the text has a time. A text that names no whole date gives None."""
    text = one_line(text)
    if not text or len(text) > LONGEST_DATE or not re.search(r"\d", text):
        return None
    for read in (_iso_date, _mail_date, _any_date):
        if found := read(text):
            return found
    return None


def _iso_date(text: str) -> str | None:
    if not re.match(r"\d{4}-\d\d", text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return text if len(text) == 10 else moment.isoformat()


def _mail_date(text: str) -> str | None:
    if not re.match(r"(mon|tue|wed|thu|fri|sat|sun), ", text, re.IGNORECASE):
        return None
    try:
        return parsedate_to_datetime(text).isoformat()
    except ValueError:
        return None


def _any_date(text: str) -> str | None:
    """Any language's date; words before it are left out ("Updated on 4 March 2024", "Published: May 4, 2021")."""
    words = text.split()
    at = next((index for index, word in enumerate(words) if re.search(r"\d", word)), 0)
    for start in dict.fromkeys((0, max(at - 1, 0), at)):
        if found := _parsed(" ".join(words[start:])):
            return found
    return None


def _parsed(text: str) -> str | None:
    try:
        found = _date_parser().get_date_data(text)
    except (ValueError, OverflowError, RecursionError):
        return None
    if found.date_obj is None:
        return None
    return str(found.date_obj.isoformat() if found.period == "time" else found.date_obj.date().isoformat())


@cache
def _date_parser() -> DateDataParser:
    # Imported on first use: its language tables take a tenth of a second, and few requests ask for dates.
    from dateparser.date import DateDataParser

    # Without a whole date "March" or "5 stars" would get today's day.
    return DateDataParser(settings={"RETURN_TIME_AS_PERIOD": True, "REQUIRE_PARTS": ["day", "month", "year"]})


def clean_text(fragment: str) -> str:
    """An HTML fragment as text: paragraphs and list items on lines of their own, scripts and styles left out. Text
    whose mark-up is escaped (`&lt;p&gt;`), as shops write descriptions, is read as the HTML it means."""
    if not _TAG.search(fragment):
        if not _ENTITY.search(fragment):
            return _lines(fragment)
        fragment = BeautifulSoup(fragment, "lxml").get_text()
        if not _TAG.search(fragment):
            return _lines(fragment)
    soup = BeautifulSoup(fragment, "lxml")
    for gone in soup(["script", "style", "noscript", "template"]):
        gone.decompose()
    for text in soup.find_all(string=True):
        # Line breaks of the source mean nothing in HTML; those of the result come from the blocks alone.
        text.replace_with(re.sub(r"\s+", " ", text))
    for block in soup(list(_BLOCKS)):
        block.insert_before("\n")
        block.append("\n")
    return _lines(soup.get_text())


def _lines(text: str) -> str:
    lines = (one_line(line) for line in text.splitlines())
    return "\n".join(line for line in lines if line)
