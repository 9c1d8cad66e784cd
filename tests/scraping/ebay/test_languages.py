"""The words of eBay's sites: what a card's line and a listing's row mean in each language."""

from html import escape
from typing import Any

import pytest

from scraping.pages.ebay import facts, words
from scraping.pages.ebay.domains import DOMAINS
from tests.scraping.ebay.pages import read

OPENING = "<h1 class=srp-controls__count-heading><span class=BOLD>1</span></h1><ul class=srp-results>"


def price(text: str) -> str:
    return f'<span class="su-styled-text bold s-card__price">{escape(text)}</span>'


def line(text: str) -> str:
    return f'<span class="su-styled-text secondary">{escape(text)}</span>'


def listing(domain: str, *rows: str, condition: str = "", seller: tuple[str, ...] = ()) -> dict[str, Any]:
    """The one listing of a page whose card has these rows."""
    lines = "".join(f"<div class=s-card__attribute-row>{row}</div>" for row in rows)
    body = (
        f'{OPENING}<li class=s-card data-listingid=100000000001><a class=su-link href="https://{domain}/itm/100000000001?x=1">'
        f"<div class=s-card__title><span>Ding</span></div></a><div class=s-card__subtitle>{line(condition)}</div>"
        f"<div class=su-card-container__attributes__primary>{lines}</div><div class=su-card-container__attributes__secondary>"
        f"<div class=s-card__attribute-row>{''.join(line(part) for part in seller)}</div></div></li></ul>"
    )
    item = read({"type": "search", "url": f"https://{domain}/sch/i.html?_nkw=x"}, body)
    assert isinstance(item, dict)
    (found,) = item["search_results"]
    return {key: value for key, value in found.items() if value is not False}


@pytest.mark.parametrize(
    ("domain", "rows", "expected"),
    [
        ("www.ebay.de", ["oder Preisvorschlag", "+EUR 5,49 Versand", "aus Deutschland", "Mehr als 1.000 verkauft"],
         {"best_offer": True, "shipping_cost": 5.49, "item_location": "Deutschland", "sold": 1000, "hotness": "Mehr als 1.000 verkauft"}),
        # The way back is no shipping cost, whichever stands first.
        ("www.ebay.de", ["Kostenloser Rückversand", "+EUR 5,49 Versand", "Sofort-Kaufen", "Standort: Österreich"],
         {"free_returns": True, "shipping_cost": 5.49, "buy_it_now": True, "item_location": "Österreich"}),
        ("www.ebay.fr", ["Achat immédiat", "Livraison gratuite", "Retours gratuits", "Situé en France", "Dernier exemplaire"],
         {"buy_it_now": True, "shipping_cost": 0, "free_returns": True, "item_location": "France", "hotness": "Dernier exemplaire"}),
        ("www.ebay.it", ["o Proposta d'acquisto", "+EUR 5,00 di spedizione", "dalla Cina", "Ultimo oggetto"],
         {"best_offer": True, "shipping_cost": 5, "item_location": "Cina", "hotness": "Ultimo oggetto"}),
        ("www.ebay.es", ["¡Cómpralo ya!", "Envío gratis", "Devoluciones gratis", "de España", "12 vendidos"],
         {"buy_it_now": True, "shipping_cost": 0, "free_returns": True, "item_location": "España", "sold": 12, "hotness": "12 vendidos"}),
        ("www.ebay.nl", ["Nu kopen", "Gratis verzending", "Gratis retourneren", "Gevestigd in China"],
         {"buy_it_now": True, "shipping_cost": 0, "free_returns": True, "item_location": "China"}),
        ("www.ebay.pl", ["Kup teraz", "+5,00 zł za dostawę", "Darmowe zwroty", "z Polski", "Sprzedano 12"],
         {"buy_it_now": True, "shipping_cost": 5, "free_returns": True, "item_location": "Polski", "sold": 12, "hotness": "Sprzedano 12"}),
        ("www.ebay.com.hk", ["立即購買", "免運費", "來自 中國"],
         {"buy_it_now": True, "shipping_cost": 0, "item_location": "中國"}),
        ("www.ebay.com", ["Buy It Now", "Free delivery in 1-2 days", "Save up to 10% when you buy more", "Extra $5 off 2+ items with coupon"],
         {"buy_it_now": True, "shipping_cost": 0}),
    ],
)  # fmt: skip
def test_the_lines_of_a_card_are_understood(domain: str, rows: list[str], expected: dict[str, Any]) -> None:
    found = listing(domain, *(line(row) for row in rows))
    assert found == {
        "position": 1,
        "title": "Ding",
        "epid": "100000000001",
        "link": f"https://{domain}/itm/100000000001",
        **expected,
    }


@pytest.mark.parametrize(
    ("domain", "text", "value", "currency"),
    [
        ("www.ebay.de", "EUR 1.234,50", 1234.5, "EUR"),
        ("www.ebay.fr", "1 234,50 EUR", 1234.5, "EUR"),
        ("www.ebay.pl", "1 234,50 zł", 1234.5, "PLN"),
        ("www.ebay.ch", "CHF 1'234.50", 1234.5, "CHF"),
        ("www.ebay.com.au", "AU $12.50", 12.5, "AUD"),
        ("www.ebay.ca", "C $12.50", 12.5, "CAD"),
        ("www.ebay.com.hk", "HKD 12.50", 12.5, "HKD"),
    ],
)
def test_a_price_is_the_rows_that_is_marked_as_one(
    domain: str, text: str, value: float, currency: str
) -> None:
    found = listing(domain, price(text), line("+EUR 99,00 Versand"), line("Extra $5 off with coupon"))
    assert (found["price"]["value"], found["price"]["currency"]) == (value, currency)
    assert len(found["prices"]) == 1
    assert found["shipping_cost"] == 99


@pytest.mark.parametrize(
    ("parts", "reviews", "percent"),
    [
        (("a.b-c*1 ", "99.8% positive (1.8K)"), 1800, 99.8),
        (("a.b-c*1", "99,8% positiv (1,2 Tsd.)"), 1200, 99.8),
        (("a.b-c*1", "99,8% positivi (1,2 mila)"), 1200, 99.8),
        (("a.b-c*1", "100 % positif (1 234)"), 1234, 100),
        (("a.b-c*1", "0% positive (0)"), 0, 0),
        (("a.b-c*1 (1,234) 99.8%",), 1234, 99.8),
    ],
)
def test_a_seller_is_name_count_and_share(parts: tuple[str, ...], reviews: int, percent: float) -> None:
    assert listing("www.ebay.com", price("$1.00"), seller=parts)["seller_info"] == {
        "name": "a.b-c*1",
        "review_count": reviews,
        "positive_feedback_percent": percent,
    }


def test_a_sellers_name_says_nothing_of_the_item() -> None:
    found = listing("www.ebay.com", price("$1.00"), seller=("free-delivery-buy-it-now", "100% positive (5)"))
    assert found["seller_info"]["name"] == "free-delivery-buy-it-now"
    assert not found.keys() & {"shipping_cost", "buy_it_now", "free_returns", "hotness", "item_location"}


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("New: A brand-new, unused item", "new"), ("Used: Like New", "used"), ("Neu: Sonstige (siehe Artikelbeschreibung)", "open_box"),
        ("Neuf: autre (voir les détails)", "open_box"), ("Nuovo: altro (vedi dettagli)", "open_box"), ("Nuevo: otro (ver detalles)", "open_box"),
        ("Nieuw: anders (zie details)", "open_box"), ("New other (see details)", "open_box"), ("De 2ª mano", "used"), ("Nowy z metkami", "new"),
        ("Excellent état - Reconditionné", "seller_refurbished"), ("Zertifiziert - Refurbished", "manufacturer_refurbished"),
        ("Pour pièces ou ne fonctionnant pas", "parts_or_not_working"), ("Lenovo", None), ("512 GB", None),
    ],
)  # fmt: skip
def test_a_condition_is_of_a_kind(said: str, kind: str | None) -> None:
    assert words.condition_kind(said) == kind


@pytest.mark.parametrize(
    ("said", "accepted"),
    [
        ("30 days returns. Buyer pays for return shipping.", True), ("Rücknahmen akzeptiert", True), ("Restituzioni accettate", True),
        ("Se aceptan devoluciones", True), ("接受 30 天退貨", True), ("Seller does not accept returns.", False), ("No se aceptan devoluciones", False),
        ("Restituzione non accettata", False), ("Der Verkäufer nimmt diesen Artikel nicht zurück.", False), ("不接受退貨", False), ("See the listing", None),
    ],
)  # fmt: skip
def test_returns_are_accepted_or_not_or_untold(said: str, accepted: bool | None) -> None:
    assert (facts.returns_policy(said) or {}).get("returns_accepted") is accepted


@pytest.mark.parametrize(
    ("said", "available", "sold", "status"),
    [
        ("5 available · 12 sold", 5, 12, "in_stock"), ("10+ available", 10, None, "in_stock"), ("Last one · 6 sold", 1, 6, "in_stock"),
        ("Almost gone", None, None, "in_stock"), ("0 available", 0, None, "not_in_stock"), ("Nicht vorrätig", None, None, "not_in_stock"),
        ("Più di 10 disponibili / 5 venduti", 10, 5, "in_stock"), ("Limited quantity available", None, None, "in_stock"),
    ],
)  # fmt: skip
def test_a_stock_is_counted_only_where_a_count_is_said(
    said: str, available: int | None, sold: int | None, status: str
) -> None:
    found = facts.stock(None, said, None, can_buy=True) or {}
    assert (found.get("quantity_available"), found.get("quantity_sold"), found["status"]) == (
        available,
        sold,
        status,
    )


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (["EUR 150.00 ", "(approx US $170.21)", "DHL", ". "], ("EUR 150.00", 150, 170.21, "DHL", None)),
        (["C $25.50 (approx US $18.30)", "Expedited Shipping"], ("C $25.50", 25.5, 18.3, "Expedited Shipping", None)),
        (["Free 2-3 day shipping"], ("Free 2-3 day shipping", 0, None, None, None)),
        (["Kostenlos", "DHL Paket"], ("Kostenlos", 0, None, "DHL Paket", None)),
        (["Does not ship to Poland", "|"], (None, None, None, None, "Does not ship to Poland")),
        (["Pickup only", ". "], (None, None, None, None, "Pickup only")),
    ],
)  # fmt: skip
def test_a_shipping_line_is_cost_and_service_or_a_message(
    pieces: list[str], expected: tuple[Any, ...]
) -> None:
    found = facts.shipping(pieces, DOMAINS["ebay.com"])
    cost, converted = found.get("cost", {}).get("value"), found.get("cost_converted", {}).get("value")
    assert (found.get("price"), cost, converted, found.get("service"), found.get("message")) == expected


def test_a_listing_that_is_not_shipped_here_costs_nothing_to_ship_by_no_data() -> None:
    page = (
        "<h1 class=x-item-title__mainTitle><span class=ux-textspans>Ding</span></h1><div class=ux-labels-values--shipping>"
        "<div class=ux-labels-values__values-content><div>Does not ship to Poland</div></div></div>"
        '<script type="application/ld+json">{"@type": "Product", "offers": {"shippingDetails": {"shippingRate": {"value": "0", "currency": "USD"}}}}</script>'
    )
    item = read({"type": "product", "epid": "100000000001"}, page)
    assert isinstance(item, dict)
    assert item["shipping"] == {"message": "Does not ship to Poland"}


@pytest.mark.parametrize("row", ["shipping", "legalShipping", "itemLocation"])
@pytest.mark.parametrize(
    "said",
    [
        "Located in: {}", "Standort: {}", "Lieu où se trouve l'objet : {}", "Situé à : {}", "Oggetto che si trova a: {}", "Ubicado en: {}",
        "Locatie: {}", "Lokalizacja: {}", "物品所在地\uff1a{}",
    ],
)  # fmt: skip
def test_the_place_of_an_item_stands_in_one_of_three_rows(row: str, said: str) -> None:
    page = (
        "<h1 class=x-item-title__mainTitle><span class=ux-textspans>Ding</span></h1>"
        f"<div class=ux-labels-values--{row}><div class=ux-labels-values__values-content><div>Import fees: <b>US $5.00</b> may be due</div>"
        f"<div><span class=ux-textspans>{escape(said.format('Gent, België'))}</span></div></div></div>"
    )
    item = read({"type": "product", "epid": "100000000001"}, page)
    assert isinstance(item, dict)
    assert item["shipping"]["location"] == "Gent, België"
