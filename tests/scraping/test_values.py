"""Texts of pages as values."""

import pytest

from scraping.pages import values


@pytest.mark.parametrize(
    ("text", "number", "integer"),
    [
        ("1,234.50", 1234.5, 1234),
        ("1.234,50 €", 1234.5, 1234),
        ("4.9 out of 5", 4.9, 4),
        ("-5.5 °C", -5.5, -5),
        ("\N{MINUS SIGN}3 °C", -3.0, 3),
        ("12,000,000+ results", 12_000_000.0, 12_000_000),
        ("1\N{NO-BREAK SPACE}234 avis", 1234.0, 1234),
        ("₹ 1,23,456", 123_456.0, 123_456),
        ("none", None, None),
        ("", None, None),
    ],
)
def test_numbers_are_read_as_the_world_writes_them(
    text: str, number: float | None, integer: int | None
) -> None:
    assert values.number(text) == number
    assert values.integer(text) == integer


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("US $1.98", 1.98, "USD"),
        ("C $5.00", 5.0, "CAD"),
        ("AU $7", 7.0, "AUD"),
        ("$20.00 to $30.00", 20.0, "$"),
        ("EUR 3,500.00", 3500.0, "EUR"),
        ("1.234,50 €", 1234.5, "EUR"),
        ("£1,200", 1200.0, "GBP"),
        ("12,99 zł", 12.99, "PLN"),
        ("R$ 10,00", 10.0, "BRL"),
        ("99 kr", 99.0, "kr"),
        ("17", 17.0, None),
    ],
)
def test_a_price_has_amount_currency_and_its_own_words(text: str, value: float, currency: str | None) -> None:
    assert values.price(text) == {"value": value, "currency": currency, "raw": text}


def test_a_text_without_amount_is_no_price() -> None:
    assert values.price("ask us") is None
    assert values.price("") is None


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2024-03-04", "2024-03-04"),
        ("2024-03-04T10:00:00Z", "2024-03-04T10:00:00+00:00"),
        ("2024-03-04 10:00", "2024-03-04T10:00:00"),
        ("Mon, 04 Mar 2024 10:11:12 GMT", "2024-03-04T10:11:12+00:00"),
        ("March 4, 2024", "2024-03-04"),
        ("4 mars 2024 à 10:05", "2024-03-04T10:05:00"),
        ("12. Dezember 2024", "2024-12-12"),
        ("Updated on 4 March 2024", "2024-03-04"),
        ("March 2024", None),
        ("5 stars", None),
        ("today's offers", None),
        ("2024-13-45", None),
        ("9" * 5000, None),
    ],
)
def test_a_date_is_whole_or_none(text: str, date: str | None) -> None:
    assert values.date(text) == date


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One <b>t</b>wo\n three</p><ul><li>a<li>b</ul>", "One two three\na\nb"),
        ("&lt;p&gt;fish &amp;amp; chips&lt;/p&gt;", "fish & chips"),
        ("a<br>b<script>alert(1)</script><style>p{}</style>", "a\nb"),
        ("3 < 4 &amp; 5 > 4", "3 < 4 & 5 > 4"),
        ("plain\n\n  text", "plain\ntext"),
        ("", ""),
    ],
)
def test_a_fragment_becomes_clean_text(html: str, text: str) -> None:
    assert values.clean_text(html) == text
