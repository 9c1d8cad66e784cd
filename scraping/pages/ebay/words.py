"""What eBay's pages say, in the languages of its sites (en, de, fr, it, es, nl, pl): phrases as patterns.

A pattern that could mean something else in another language is anchored to the whole text.
"""

from __future__ import annotations

import re


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


def _whole(*patterns: str) -> re.Pattern[str]:
    return re.compile(rf"^\W*(?:{'|'.join(patterns)})\W*$", re.IGNORECASE)


BUY_IT_NOW = _any(
    r"buy it now", r"sofort[- ]?kauf", r"achat immédiat", r"compralo subito", r"c[oó]mpralo ya", r"\bnu kopen\b",
    r"kup teraz", r"立即購買|立即购买",
)  # fmt: skip
BEST_OFFER = _any(
    r"best offer", r"preisvorschlag", r"offre directe", r"faire une offre", r"proposta d.acquisto", r"mejor oferta",
    r"beste bod", r"bod doen", r"najlepsz\w+ ofert", r"złóż ofertę", r"accepts offers", r"make offer",
)  # fmt: skip
ACCEPTED = _any(
    r"accepted", r"angenommen", r"accept[ée]e", r"accettata", r"aceptada", r"geaccepteerd", r"zaakceptowan"
)
BIDS = re.compile(
    r"^\W*([\d.,]+)\s*(?:bids?|gebote?|enchères?|offert[ae]|pujas?|biedingen|bod|ofert[ay]?|licytacj\w+)\b",
    re.IGNORECASE,
)
SOLD = re.compile(
    r"(\d[\d.,\s]*\+?\s*K?\+?)\s*(?:[^\W\d]+\s+){0,3}(?:sold|verkauft|vendus?|vendut[oi]|vendidos?|verkocht|sprzedan\w*)\b"
    r"|(?:vendut[oi]|venduti|vendidos?|sprzedan\w*)\W+([\d.,]+\+?K?)",
    re.IGNORECASE,
)
WATCHERS = re.compile(
    r"(\d[\d.,\s]*\+?\s*K?\+?)\s*(?:(?:person|people)\s+(?:is|are)\s+)?(?:watchers?|watching|beobachter|personnes? suiv|abonnés?|osservator[ei]|che osserva"
    r"|seguidor(?:es)?|volgers?|kijkers?|obserwuj\w+)",
    re.IGNORECASE,
)
# One is left.
LAST_ONE = _any(
    r"^\W*last one\W*$", r"^\W*letzte[rs]?(?: \w+)?\W*$", r"^\W*derni(?:er|ère)(?: \w+){0,2}\W*$", r"^\W*ultimo(?: \w+)?\W*$",
    r"^\W*[uú]ltim[oa](?: \w+)?\W*$", r"^\W*laatste(?: \w+)?\W*$", r"^\W*ostatni\w*(?: \w+)?\W*$",
)  # fmt: skip
# Few are left; how many is not said.
FEW_LEFT = _any(
    r"^\W*almost gone\W*$", r"^\W*fast ausverkauft\W*$", r"^\W*presque épuisé\W*$", r"^\W*quasi esaurit[oa]\W*$", r"^\W*casi agotado\W*$",
    r"^\W*bijna uitverkocht\W*$", r"^\W*prawie wyprzedane\W*$", r"^\W*selling fast\W*$", r"^\W*limited quantity remaining\W*$",
)  # fmt: skip
SHIPPING = _any(
    r"\bdelivery\b", r"\bpostage\b", r"\bshipping\b", r"\bp&p\b", r"versand", r"lieferung", r"livraison", r"frais de port",
    r"expédition", r"spedizione", r"consegna", r"\benv[ií]o", r"\bentrega", r"verzend", r"包邮|包郵", r"levering", r"bezorging",
    r"dostaw", r"wysyłk", r"przesyłk", r"\bfreight\b", r"運費|运费",
)  # fmt: skip
FREE = _any(
    r"\bfree\b", r"免運|免运|包邮|包郵", r"kostenlos", r"\bgratis\b", r"gratuit", r"kosteloos", r"bezpłatn", r"darmow", r"免費|免费",
)  # fmt: skip
RETURNS = _any(
    r"\breturns?\b", r"rücksendung", r"rücknahme", r"rückgabe", r"rückversand", r"\bretours?\b", r"renvoi", r"restituzion", r"\bres[io]\b",
    r"devoluci", r"retourner", r"zwrot",
)  # fmt: skip
NO_RETURNS = _any(
    r"no returns?\b", r"not accept\w* returns?", r"returns? not accepted", r"kein\w* rück", r"nicht zurück", r"rücknahme (?:ist )?(?:nicht|ausgeschlossen)",
    r"pas de retour", r"retours? (?:non|refusé)", r"n.accepte pas (?:les )?retours?", r"restituzion\w* non", r"non (?:si )?accett",
    r"no (?:se )?acept", r"sin devoluci", r"geen retour", r"retour\w* niet", r"nie (?:przyjmuj|akceptuj)", r"brak zwrot", r"不接受",
)  # fmt: skip
RETURNS_ACCEPTED = _any(
    r"\d+\W*(?:days?|tage?|jours?|giorni|d[ií]as?|dagen|dni|天)", r"\b(?:month|monat|mois|mes[ei]|maand|miesiąc)", r"returns? accepted", r"free returns?",
    r"(?:rücknahme|rückgabe)\w* (?:akzeptiert|möglich)", r"retours? accept[ée]", r"restituzion[ei] accettat[ae]", r"(?:se )?aceptan? devoluci",
    r"retour\w* geaccepteerd", r"(?:przyjmuje|akceptuje) zwrot",
)  # fmt: skip
# A place after one of these words; each only as the whole row.
LOCATION = re.compile(
    r"^\W*(?:(?:來自|来自|位於|位于|物品所在地)|(?:located in|item location|from|gevestigd in|standort|artikelstandort|aus|provenance|situé\w* (?:en|au|aux|à)|lieu où se trouve l.objet"
    r"|de|depuis|provenienza|da(?:l|ll[oa']|gli|i)?|si trova in|ubicado en|ubicación|desde|locatie|bevindt zich in|uit|van|z(?:e)?|lokalizacja"
    r"|luogo in cui si trova l.oggetto|objectlocatie|lokalizacja przedmiotu)\b)\s*:?\s*(?P<place>[^\d%$£€]{2,80})$",
    re.IGNORECASE,
)
# A place after one of these words and a colon, on a listing's own page.
LOCATED = re.compile(
    r"^\W*(?:(?:item )?located in|item location|(?:artikel)?standort|(?:lieu où )?se trouve\b[^:]*|situé\w*(?: à| en)?|lieu où[^:]*"
    r"|(?:l.)?oggetto (?:che )?si trova\b[^:]*|si trova[^:]*|luogo in cui[^:]*|ubicad\w+(?: en)?|ubicación[^:]*|se encuentra[^:]*"
    r"|locatie|objectlocatie|bevindt zich[^:]*|lokalizacja[^:]*|znajduje się[^:]*|物品所在地|所在地)\s*[:\uff1a]\s*(?P<place>\S.*)$",
    re.IGNORECASE,
)
SOLD_ON = re.compile(
    r"^\W*(?:sold(?: item)?|verkauft(?: am)?|vendu(?: le)?|venduto(?: il)?|vendido(?: el)?|verkocht(?: op)?|sprzedan\w*)\b\W*(?P<date>.*)$",
    re.IGNORECASE,
)
ENDED_ON = re.compile(
    r"^\W*(?:ended|beendet(?: am)?|terminé\w*(?: le)?|terminat\w*(?: il)?|scadut\w*(?: il)?|finalizad\w*(?: el)?|terminad\w*(?: el)?"
    r"|beëindigd(?: op)?|geëindigd|zakończon\w*)\b\W*(?P<date>.*)$",
    re.IGNORECASE,
)
AVAILABLE = re.compile(
    r"(\d[\d.,\s]*)\+?\s*(?:[^\W\d]+\s+)?(?:available|in stock|verfügbar|disponib\w*|dostępn\w*|beschikbaar|op voorraad|auf lager|en stock)",
    re.IGNORECASE,
)
OUT_OF_STOCK = _any(
    r"out of stock", r"sold out", r"nicht (?:mehr )?(?:vorrätig|verfügbar|auf lager)", r"ausverkauft", r"rupture de stock", r"épuisé", r"esaurit[oa]",
    r"agotado", r"sin existencias", r"uitverkocht", r"niet op voorraad", r"wyprzedan", r"brak w magazynie", r"currently unavailable",
)  # fmt: skip
WAS = _any(
    r"^\W*was\b",
    r"list price",
    r"^\W*rrp\b",
    r"\bprevious price",
    r"\bstatt\b",
    r"\buvp\b",
    r"\bprix (?:initial|d.origine)",
    r"\bera\b",
    r"\bantes\b",
    r"\bwas:",
)
NEW_LISTING = _whole(
    r"new listing", r"neues angebot", r"nouvelle annonce", r"nuova inserzione", r"anuncio nuevo", r"nuevo anuncio",
    r"nieuwe aanbieding", r"nowa oferta", r"nowe ogłoszenie",
)  # fmt: skip
SPONSORED = _whole(
    r"sponsored", r"anzeige", r"gesponsert", r"sponsorisée?", r"annonce sponsorisée", r"annonce", r"sponsorizzato",
    r"inserzione sponsorizzata", r"patrocinado", r"publicidad", r"anuncio", r"gesponsord", r"advertentie", r"sponsorowan[eay]", r"reklama",
)  # fmt: skip
EXPORTED = _any(
    r"world\s?wide",
    r"weltweit",
    r"monde entier",
    r"tutto il mondo",
    r"todo el mundo",
    r"wereldwijd",
    r"cały świat",
)

# A condition's words, and the kind it is (the words of the `condition` parameter). The first that fits counts.
_CONDITIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("parts_or_not_working", (
        r"(?:for )?parts (?:only|or not working)", r"parts only", r"nur ersatzteile", r"(?:als )?ersatzteil\b.*", r"pi[eè]ces (?:uniquement|détachées)",
        r"pour pièces.*", r"solo (?:per )?(?:pezzi|componenti).*", r"per parti di ricambio.*", r"(?:solo|para) piezas.*", r"para desguace.*", r"alleen onderdelen",
        r"(?:voor|als) onderdelen.*", r"(?:tylko |na )części.*", r"damaged", r"beschädigt", r"salvage",
    )),
    ("manufacturer_refurbished", (
        r"certified\W+refurbished", r"manufacturer refurbished", r"zertifiziert\W+refurbished", r"vom hersteller generalüberholt", r"certifié\w*\W+reconditionné",
        r"reconditionné par le fabricant", r"certificato\W+ricondizionato", r"certificado\W+reacondicionado", r"gecertificeerd\W+refurbished",
        r"remanufactured",
    )),
    ("seller_refurbished", (
        r"(?:(?:excellent|very good|good|seller)\W+)?refurbished", r"(?:hervorragend|sehr gut|gut)\W+refurbished", r"(?:vom verkäufer )?generalüberholt",
        r"(?:(?:excellent|très bon|bon)(?: état)?\W+)?reconditionné\w*.*", r"(?:(?:eccellente|ottimo|buono|molto buono)\W+)?ricondizionato.*",
        r"(?:(?:excelente|muy bueno|bueno)\W+)?reacondicionado.*", r"(?:(?:uitstekend|zeer goed|goed)\W+)?refurbished", r"(?:po )?odnowieni\w+|odnowion\w+",
    )),
    ("open_box", (
        r"open(?:ed)? box", r"opened.{0,3}never used", r"new.{0,3}open box", r"neu:? sonstige.*", r"neu \(sonstige\)", r"offene verpackung",
        r"neuf \(autre\)", r"neuf\W+autre.*", r"ouvert.{0,3}jamais utilisé", r"nuovo \(altro\)", r"nuovo\W+altro.*", r"nuevo\W+otro.*", r"caja abierta",
        r"nieuw\W+(?:overig|anders).*", r"new \(other\).*", r"new other.*", r"nowy\W+inn[ye].*", r"open verpakking",
    )),
    ("new", (
        r"brand[- ]?new", r"new", r"new with(?:out)? (?:tags?|box|defects|imperfections)", r"factory new", r"new in box", r"(?:brand)?neu", r"neu mit.*", r"neu ohne.*",
        r"(?:tout )?neuf", r"neuf avec.*", r"neuf sans.*", r"nuovo", r"nuovo con.*", r"nuovo senza.*", r"(?:totalmente )?nuevo", r"nuevo con.*", r"nuevo sin.*",
        r"(?:glo?ed)?nieuw", r"nieuw met.*", r"nieuw zonder.*", r"(?:fabrycznie )?now[ya]", r"now[ya] (?:z|bez)\b.*", r"全新",
    )),
    ("used", (
        r"pre[- ]?owned", r"pre[- ]?owned\W+(?:excellent|good|fair)", r"used", r"like new", r"very good", r"good", r"acceptable", r"fair",
        r"(?:professionally )?graded.*", r"ungraded.*", r"retread", r"neuwertig", r"gebraucht.*", r"sehr gut", r"gut", r"akzeptabel", r"nicht bewertet.*", r"bewertet.*",
        r"(?:d.)?occasion", r"comme neuf", r"(?:très )?bon(?: état)?", r"état correct", r"di seconda mano", r"usato", r"come nuovo", r"(?:ottime|buone) condizioni",
        r"accettabile", r"de (?:segunda|2[ªa.]+) mano", r"usagé", r"usado", r"como nuevo", r"(?:muy )?bueno", r"aceptable", r"gebruikt", r"tweedehands", r"zo goed als nieuw",
        r"(?:zeer )?goed", r"używan[yae]", r"jak nowy", r"二手",
    )),
    ("not_specified", (r"not specified", r"nicht (?:angegeben|spezifiziert)", r"non spécifié", r"non specificato", r"no especificado", r"niet gespecificeerd", r"nie określono")),
)  # fmt: skip
CONDITIONS = tuple(
    (kind, re.compile(rf"(?:{'|'.join(words)})\W*", re.IGNORECASE)) for kind, words in _CONDITIONS
)

# What schema.org calls a condition.
SCHEMA_CONDITIONS = {
    "newcondition": "new",
    "usedcondition": "used",
    "refurbishedcondition": "seller_refurbished",
    "damagedcondition": "parts_or_not_working",
}


def condition_kind(text: str) -> str | None:
    """The kind of a condition's words ("Brand New" -> "new"); None when they name none that is known."""
    # The whole first: "Neu: Sonstige" is not new. Else what stands before an explanation, "Used: An item that has been ...".
    for said in (text.strip(), text.split(":", 1)[0].strip()):
        for kind, pattern in CONDITIONS:
            if pattern.fullmatch(said):
                return kind
    return None
