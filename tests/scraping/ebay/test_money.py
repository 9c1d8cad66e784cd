"""Prices and counts in the ways of eBay's sites."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraping.pages.ebay.domains import DOMAINS, domain_of
from scraping.pages.ebay.money import amounts_ranged, count, number, percent, price, prices

US = DOMAINS["ebay.com"]


@pytest.mark.parametrize(
    ("text", "value", "currency", "raw"),
    [
        ("$5.59", 5.59, "USD", "$5.59"),
        ("US $10.00/ea", 10, "USD", "US $10.00"),
        ("+$5.28 delivery", 5.28, "USD", "$5.28"),
        ("(approx US $170.21)", 170.21, "USD", "US $170.21"),
        ("C $1,037.54", 1037.54, "CAD", "C $1,037.54"),
        ("12,34 $ C", 12.34, "CAD", "12,34 $ C"),
        ("AU $20.00", 20, "AUD", "AU $20.00"),
        ("HK$100.00", 100, "HKD", "HK$100.00"),
        ("+ £10.45 postage", 10.45, "GBP", "£10.45"),
        ("GBP 8.75", 8.75, "GBP", "GBP 8.75"),
        ("EUR 3,500.00", 3500, "EUR", "EUR 3,500.00"),
        ("EUR 3.500,00", 3500, "EUR", "EUR 3.500,00"),
        ("3\u00a0500,00\u00a0EUR", 3500, "EUR", "3\u00a0500,00\u00a0EUR"),
        ("3\u202f500,00 €", 3500, "EUR", "3\u202f500,00 €"),
        ("5,95 EUR", 5.95, "EUR", "5,95 EUR"),
        ("1.234.567,89 €", 1234567.89, "EUR", "1.234.567,89 €"),
        ("CHF 1'234.50", 1234.5, "CHF", "CHF 1'234.50"),
        ("1 234,56 zł", 1234.56, "PLN", "1 234,56 zł"),
        ("RM12.00", 12, "MYR", "RM12.00"),
        ("₱1,000.00", 1000, "PHP", "₱1,000.00"),
        ("JPY 5,000", 5000, "JPY", "JPY 5,000"),
        ("$12,345", 12345, "USD", "$12,345"),
    ],
)
def test_a_price_is_read_with_its_currency(text: str, value: float, currency: str, raw: str) -> None:
    found = price(text, US)
    assert found is not None
    assert (found["value"], found["currency"], found["raw"]) == (value, currency, raw)


@pytest.mark.parametrize(
    "text", ["", "Free", "Lot of 35", "GPS 35", "37 sold", "-5%", "3.500,00", "Postage not specified"]
)
def test_what_is_no_money_gives_no_price(text: str) -> None:
    assert price(text, US) is None


@pytest.mark.parametrize(
    "text",
    ["£4.49 to £8.49", "£4.49 £8.49", "GBP 4,49 bis GBP 8,49", "4,49 GBP à 8,49 GBP", "4,49 GBP 8,49 GBP"],
)
def test_a_range_is_low_and_high(text: str) -> None:
    found = amounts_ranged(prices(text, US))
    assert [(one["name"], one["value"], one["currency"]) for one in found] == [
        ("low", 4.49, "GBP"),
        ("high", 8.49, "GBP"),
    ]


def test_a_bare_dollar_is_the_sites_own_or_unsaid() -> None:
    assert (price("$20", DOMAINS["ebay.com.au"]) or {})["currency"] == "AUD"
    assert "currency" not in (price("$20", DOMAINS["ebay.co.uk"]) or {"currency": ""})
    assert "currency" not in (price("¥500", US) or {"currency": ""})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12,000,000+", 12_000_000), ("1.8K", 1800), ("25.7K", 25_700), ("(113)", 113), ("18+ sold", 18), ("1.234 Ergebnisse", 1234),
        ("12 345 résultats", 12_345), ("1,2 Tsd. verkauft", 1200), ("Plus de 10 disponibles", 10), ("3 matching", 3), ("2 mil vendidos", 2000),
        ("1.5M followers", 1_500_000), ("none", None),
    ],
)  # fmt: skip
def test_a_count_is_read_whole(text: str, expected: int | None) -> None:
    assert count(text) == expected


def test_a_percentage_may_have_a_comma() -> None:
    assert percent("99,6 % d'évaluations positives") == 99.6
    assert percent("100% positive (1)") == 100
    assert percent("positive") is None


@given(
    st.integers(0, 99_999_999),
    st.sampled_from([(",", "."), (".", ","), (" ", ","), ("'", "."), ("\u202f", ",")]),
)
def test_a_number_is_read_back_however_its_digits_are_grouped(cents: int, marks: tuple[str, str]) -> None:
    group, point = marks
    written = f"{cents // 100:,}".replace(",", group) + f"{point}{cents % 100:02}"
    assert number(written) == cents / 100
    assert (price(f"EUR {written}", US) or {})["value"] == cents / 100


def test_a_url_tells_its_site() -> None:
    assert domain_of("https://www.befr.ebay.be/itm/1").name == "befr.ebay.be"
    assert domain_of("https://www.ebay.co.uk/sch/i.html").name == "ebay.co.uk"
    assert domain_of("http://127.0.0.1:9001/ebay").name == "ebay.com"
    assert len(DOMAINS) == 20
