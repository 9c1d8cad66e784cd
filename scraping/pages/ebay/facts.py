"""What a listing's page says, as the answer's parts: condition, stock, returns, shipping, seller, images."""

from __future__ import annotations

import re
from typing import Any

from scraping.pages.ebay import money, words
from scraping.pages.ebay.domains import Domain
from scraping.pages.ebay.links import query_of, without_query

Item = dict[str, Any]

_BRANDS = ("brand", "marke", "marque", "marca", "merk", "marka", "品牌")
_MPNS = (
    "mpn", "herstellernummer", "numéro de pièce fabricant", "mpn (codice produttore)", "numero di pezzo del produttore", "codice produttore",
    "número de pieza del fabricante", "nº de pieza del fabricante", "fabrikantnummer", "onderdeelnummer fabrikant", "numer części producenta",
)  # fmt: skip
_COLORS = ("color", "colour", "farbe", "couleur", "colore", "kleur", "kolor")
_GTINS = ("gtin", "upc", "ean", "isbn", "isbn-13", "ean/isbn", "gtin-13")
_IMAGE = re.compile(r"ebayimg\.com/(?:thumbs/)?(?:images/)?(?:g/)?([^/]+)/s-l\d+|ebayimg\.com/.*?/\$_\d+")


def put(item: Item, key: str, value: Any) -> None:
    """Sets the key, unless there is nothing to say."""
    if value is not None and value != "" and value != [] and value != {}:
        item[key] = value


def condition(said: str | None, schema: str | None) -> Item | None:
    """`{raw, name?, is_new?, is_used?}` from the page's words, or from schema.org's when they are none of the known
    ("Neuf avec étiquette"). What is between new and used ("open box", refurbished) is neither."""
    kind = words.condition_kind(said) if said else None
    if kind is None and schema:
        kind = words.SCHEMA_CONDITIONS.get(schema.rsplit("/", 1)[-1].lower())
    if not said and not kind:
        return None
    found: Item = {"raw": said or schema}
    if kind:
        found |= {"name": kind, "is_new": kind == "new", "is_used": kind in ("used", "parts_or_not_working")}
    return found


def stock(availability: str | None, said: str | None, message: str | None, can_buy: bool) -> Item | None:
    """`{raw, status?, quantity_available?, quantity_sold?, message?}`: `availability` is schema.org's, `said` what the
    page writes ("More than 10 available / 121 sold"), `message` tells of a listing that is over."""
    found: Item = {}
    put(found, "raw", availability or said)
    state = (availability or "").rsplit("/", 1)[-1].lower()
    if message and (words.SOLD_ON.search(message) or over(message)):
        found["status"] = "not_in_stock"
    elif state:
        found["status"] = (
            "in_stock"
            if state in ("instock", "limitedavailability", "onlineonly", "preorder")
            else "not_in_stock"
        )
    elif said and words.OUT_OF_STOCK.search(said):
        found["status"] = "not_in_stock"
    elif can_buy:
        found["status"] = "in_stock"
    if said:
        match = words.AVAILABLE.search(said)
        if match:
            put(found, "quantity_available", money.count(match[1]))
            if found.get("quantity_available") == 0 and not state:
                found["status"] = "not_in_stock"
        elif any(words.LAST_ONE.search(piece) for piece in re.split(r"[/|•·]", said)):
            found["quantity_available"] = 1
        if match := words.SOLD.search(said):
            put(found, "quantity_sold", money.count(match[1] or match[2]))
        put(found, "quantity_raw", said)
    put(found, "message", message)
    return found or None


_OVER = re.compile(
    r"listing (?:has )?(?:was )?(?:ended|sold)|bidding (?:has )?ended|item sold|(?:has )?sold on|no longer available|out of stock"
    r"|beendet|verkauft|nicht mehr verfügbar|terminée|vendu|n.est plus disponible|terminata|venduto|non è più disponibile"
    r"|finalizad|vendid|ya no está disponible|beëindigd|verkocht|niet meer beschikbaar|zakończon|sprzedan|nie jest już dostępn",
    re.IGNORECASE,
)


def over(message: str) -> bool:
    """Whether a message says that the listing has ended or sold."""
    return _OVER.search(message) is not None


def returns_policy(said: str | None) -> Item | None:
    """`{raw, returns_accepted?}`."""
    if not said:
        return None
    found: Item = {"raw": said}
    if words.NO_RETURNS.search(said):
        found["returns_accepted"] = False
    elif words.RETURNS_ACCEPTED.search(said):
        found["returns_accepted"] = True
    return found


def shipping(costs: list[str], domain: Domain) -> Item:
    """`{price, cost?, cost_converted?, service?}` from the pieces of a shipping line: "EUR 150.00", "(approx US
    $170.21)", "DHL". `price` is the text; `cost` the amount, 0 when it is free. A line without a cost ("Does not ship to
    Poland", "Pickup only") is a `message`."""
    found: Item = {}
    pieces = [part for piece in costs for part in re.split(r"(?=\(approx)", piece) if part.strip(" .|\u00a0")]
    if not pieces:
        return found
    head = pieces[0].strip()
    amount = money.price(head, domain)
    rest = pieces[1:]
    if amount:
        found["price"] = amount["raw"]
        found["cost"] = amount
        head = head.replace(amount["raw"], "", 1).strip(" +.()")
    elif words.FREE.search(head):
        found["price"] = head
        found["cost"] = {"value": 0, "raw": head}  # in whatever currency
        head = ""
    else:
        return {
            "message": re.sub(r"\s+([.,])", r"\1", " ".join(piece.strip() for piece in pieces)).strip(" |")
        }
    if (
        rest
        and (converted := money.price(rest[0], domain))
        and amount
        and converted["value"] != amount["value"]
    ):
        found["cost_converted"] = converted
        rest = rest[1:]
    elif rest and rest[0].strip().startswith("("):
        rest = rest[1:]
    service = next((piece.strip(" .") for piece in [head, *rest] if _is_service(piece)), None)
    put(found, "service", service)
    return found


def _is_service(piece: str) -> bool:
    text = piece.strip(" .|")
    return len(text) > 1 and re.search(r"[^\W\d]", text) is not None and not text.startswith("(")


def place(said: str | None) -> str | None:
    """The place in "Located in: Steyning, United Kingdom"."""
    if not said:
        return None
    match = re.match(r"^[^:]{3,60}:\s*(?P<place>\S.*)$", said) or words.LOCATION.match(said)
    return match["place"].strip(" .") if match else said.strip(" .") or None


def seller(name: str | None, link: str | None, score: str | None, percent: str | None) -> Item | None:
    """`{name, link?, feedback_score?, positive_feedback_percent?}`."""
    if not name:
        return None
    found: Item = {"name": name}
    put(found, "link", without_query(link) if link and link.startswith("http") else None)
    put(found, "feedback_score", money.count(score) if score else None)
    put(found, "positive_feedback_percent", money.percent(percent) if percent else None)
    return found


def login_of(description_url: str | None) -> str | None:
    """The seller's login name, as the description's URL has it: a store's shown name may be another."""
    return query_of(description_url).get("seller", [None])[0] if description_url else None


def images(links: list[str]) -> list[Item]:
    """`[{link}]`, each picture once (the sizes of one picture are one)."""
    found: dict[str, str] = {}
    for link in links:
        link = f"https:{link}" if link.startswith("//") else link
        if not link.startswith("http") or "ebaystatic.com" in link:
            continue
        found.setdefault(_picture(link), link)
    return [{"link": link} for link in found.values()]


def images_of(declared: list[str], shown: list[str], films: list[str]) -> list[Item]:
    """`[{link}]` of a listing: the pictures it shows, then those that only its data names (which may leave out some, and
    name a film's still among them). A picture that both have has the data's link."""
    named = {_picture(one["link"]): one for one in images(declared)}
    seen_ones = {_picture(one["link"]): one for one in images(shown)}
    stills = {_picture(one["link"]) for one in images(films)}
    kept = {key: one for key, one in named.items() if key not in stills}
    return [kept.get(key, one) for key, one in seen_ones.items()] + [
        one for key, one in kept.items() if key not in seen_ones
    ]


def _picture(link: str) -> str:
    """What is one and the same for all sizes of a picture."""
    match = _IMAGE.search(link)
    return match[1] if match and match[1] else link


def full_size(link: str) -> str:
    """The same picture at its full size: eBay keeps each at every size."""
    return re.sub(r"/s-l\d+\.", "/s-l1600.", link)


def add_specifics(product: Item, attributes: list[Item]) -> None:
    """Brand, colour, MPN and GTIN from the attributes, where the page's own data has not told them."""
    for key, names in (("brand", _BRANDS), ("color", _COLORS), ("mpn", _MPNS)):
        if key not in product:
            put(
                product, key, next((one["value"] for one in attributes if one["name"].lower() in names), None)
            )
    if "gtin" not in product:
        codes = (re.sub(r"[\s-]", "", one["value"]) for one in attributes if one["name"].lower() in _GTINS)
        put(product, "gtin", next((code for code in codes if re.fullmatch(r"\d{8,14}", code)), None))
