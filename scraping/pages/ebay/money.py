"""Prices and counts as eBay's sites write them, in any of their languages and currencies.

How digits are grouped is read from the digits themselves, not from the site: eBay shows "EUR 3,500.00" on its
American site and "EUR 3.500,00" on its German one, for one and the same offer.
"""

from __future__ import annotations

import re
from typing import Any

from scraping.pages.ebay.domains import Domain

# Dollars by the mark that stands before or after the sign.
_DOLLARS = {
    "US": "USD", "C": "CAD", "CA": "CAD", "AU": "AUD", "A": "AUD", "NZ": "NZD", "HK": "HKD", "S": "SGD", "SG": "SGD",
    "NT": "TWD", "MX": "MXN",
}  # fmt: skip
_SIGNS = {
    "£": "GBP",
    "€": "EUR",
    "ZŁ": "PLN",
    "RM": "MYR",
    "₱": "PHP",
    "₹": "INR",
    "FR.": "CHF",
    "SFR.": "CHF",
}
SYMBOLS = {
    "USD": "$", "CAD": "C $", "AUD": "AU $", "NZD": "NZ $", "HKD": "HK$", "SGD": "S$", "TWD": "NT$", "MXN": "MX$",
    "GBP": "£", "EUR": "€", "PLN": "zł", "MYR": "RM", "PHP": "₱", "INR": "₹", "CHF": "CHF", "JPY": "¥", "CNY": "¥",
}  # fmt: skip
_DOLLAR_CURRENCIES = frozenset(_DOLLARS.values())
# Codes that eBay writes out. Any three capitals would do for a currency, but "GPS 35" is no price.
_CODES = "USD|CAD|AUD|NZD|HKD|SGD|TWD|MXN|GBP|EUR|PLN|MYR|PHP|INR|CHF|JPY|CNY|RMB|SEK|NOK|DKK|CZK|HUF|ILS|THB|KRW|ZAR|BRL|RUB|UAH|TRY|AED"
_DOLLAR = r"(?:(?<![A-Z])(?:US|CA|C|AU|A|NZ|HK|SG|S|NT|MX)\s?)?\$"
_SIGN = rf"(?:{_DOLLAR}|£|€|₱|₹|¥|\b(?:RM|SFr\.|Fr\.)|\b(?:{_CODES})(?![A-Za-z]))"
_SIGN_AFTER = rf"(?:\$(?:\s?(?:US|CA|C|AU)\b)?|€|£|zł|(?:{_CODES})(?![A-Za-z])|Fr\.)"
_SPACE = r"[\s\u00a0\u202f\u2009]"
_NUMBER = rf"\d{{1,3}}(?:(?:[.,'’]|{_SPACE})\d{{3}})+(?:[.,]\d{{1,2}})?(?!\d)|\d+(?:[.,]\d{{1,2}})?(?!\d)"  # noqa: RUF001 - the Swiss group with this apostrophe
_MONEY = re.compile(
    rf"(?P<sign>{_SIGN}){_SPACE}?(?P<number>{_NUMBER})|(?P<number_first>{_NUMBER}){_SPACE}?(?P<sign_after>{_SIGN_AFTER})"
)
_GROUP_MARKS = re.compile(rf"['’]|{_SPACE}")  # noqa: RUF001 - as above
_COUNT = re.compile(
    rf"(\d{{1,3}}(?:(?:[.,'’]|{_SPACE})\d{{3}})+|\d+)(?:[.,](\d{{1,2}}))?{_SPACE}?(?:(K|M|Tsd|Mio|mila|mil|tys|mln)(?!\w))?",  # noqa: RUF001 - as above
    re.IGNORECASE,
)
_FACTORS = {"k": 1e3, "tsd": 1e3, "mil": 1e3, "mila": 1e3, "tys": 1e3, "m": 1e6, "mio": 1e6, "mln": 1e6}

Price = dict[str, Any]


def number(text: str) -> float | None:
    """The one number in a text like "3.500,00", "3 500", "1,299.5" or "25"; None when it is not one number.

    A single mark followed by three digits groups thousands: no currency of eBay's has three decimals.
    """
    digits = _GROUP_MARKS.sub("", text.strip())
    point, comma = digits.rfind("."), digits.rfind(",")
    if point >= 0 and comma >= 0:
        group = "," if point > comma else "."
        digits = digits.replace(group, "").replace(",", ".")
    elif point >= 0 or comma >= 0:
        mark = "." if point >= 0 else ","
        grouped = digits.count(mark) > 1 or len(digits) - digits.rfind(mark) == 4
        digits = digits.replace(mark, "" if grouped else ".")
    try:
        return float(digits)
    except ValueError:
        return None


def prices(text: str, domain: Domain) -> list[Price]:
    """Every amount of money in a text, in order: `{symbol?, value, currency?, raw}`. `raw` is as it stands there.

    A bare "$" is the site's own dollar; where the site's currency is none, its currency stays unsaid.
    """
    found = []
    for match in _MONEY.finditer(text):
        value = number(match["number"] or match["number_first"])
        if value is None:
            continue
        currency = _currency(match["sign"] or match["sign_after"], domain)
        price: Price = {"value": _whole(value), "raw": match[0].strip()}
        if currency:
            price = {
                "symbol": SYMBOLS.get(currency, currency),
                "value": price["value"],
                "currency": currency,
                "raw": price["raw"],
            }
        found.append(price)
    return found


def price(text: str, domain: Domain) -> Price | None:
    """The first amount of money in a text."""
    found = prices(text, domain)
    return found[0] if found else None


def made(value: float, currency: str) -> Price:
    """A price from data that holds number and currency apart."""
    return {
        "symbol": SYMBOLS.get(currency, currency),
        "value": _whole(value),
        "currency": currency,
        "raw": f"{currency} {value:,.2f}",
    }


def amounts_ranged(found: list[Price]) -> list[Price]:
    """Two prices of a range, named "low" and "high"."""
    if len(found) != 2:
        return found
    low, high = sorted(found, key=lambda price: price["value"])
    return [{**low, "name": "low"}, {**high, "name": "high"}]


def count(text: str) -> int | None:
    """The first count in a text: "12,000,000+" -> 12000000, "1.8K" -> 1800, "(113)" -> 113, "18+ sold" -> 18."""
    match = _COUNT.search(text)
    if match is None:
        return None
    whole = re.sub(r"\D", "", match[1])
    factor = _FACTORS.get((match[3] or "").lower().rstrip("."), 1)
    if factor == 1:
        return int(whole)
    return round(float(f"{whole}.{match[2] or 0}") * factor)


def percent(text: str) -> float | None:
    """The percentage in a text: "99,6 % positive" -> 99.6."""
    match = re.search(rf"(\d{{1,3}}(?:[.,]\d+)?){_SPACE}?%", text)
    return _whole(float(match[1].replace(",", "."))) if match else None


def _currency(sign: str, domain: Domain) -> str | None:
    mark = sign.upper().strip()
    if "$" in mark:
        nation = mark.replace("$", "").strip()
        if nation:
            return _DOLLARS[nation]
        return domain.currency if domain.currency in _DOLLAR_CURRENCIES else None
    if mark == "¥":
        return None  # yen or yuan
    return {"RMB": "CNY"}.get(mark) or _SIGNS.get(mark, mark)


def _whole(value: float) -> float:
    """20.0 as 20, as the numbers of the answer are written."""
    return int(value) if value == int(value) else value
