"""Pages that eBay shows instead of the one that was asked for."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from scraping.errors import ScrapeError
from scraping.messages import PageResponse
from scraping.pages.blocks import block_reason
from scraping.pages.ebay.nodes import has_any, seen

_CHALLENGE = re.compile(
    r"pardon our interruption|checking your browser|security measure|please verify yourself|verify you.re (?:a )?human"
    r"|sicherheitsmaßnahme|mesure de sécurité|misura di sicurezza|medida de seguridad|veiligheidsmaatregel|środ\w+ bezpieczeństwa",
    re.IGNORECASE,
)
_SIGN_IN = re.compile(
    r"^\W*(?:sign in or register|sign in|einloggen oder neu anmelden|einloggen|connectez-vous ou inscrivez-vous|identifiez-vous"
    r"|accedi o registrati|identif[ií]cate o reg[ií]strate|aanmelden of inschrijven|zaloguj się)\b.*ebay",
    re.IGNORECASE,
)
_ERROR = re.compile(
    r"^\W*(?:error page|ebay error|error|fehlerseite|page d.erreur|pagina di errore|página de error|foutpagina|strona błędu|service unavailable)\b",
    re.IGNORECASE,
)
MISSING = re.compile(
    r"we looked everywhere|looks like this page is missing|this page is missing|page not found|the page you.re looking for"
    r"|this listing (?:has been|was) removed|this (?:listing|item) (?:is|has) (?:no longer|been removed|either been removed)"
    r"|listing you.re looking for (?:is no longer|has ended)|item you (?:selected|requested) (?:is no longer|was not|is invalid|has been removed)"
    r"|invalid item|seite (?:wurde )?nicht gefunden|dieses angebot wurde (?:entfernt|gelöscht)|seite fehlt|angebot ist nicht mehr verfügbar"
    r"|page (?:est )?introuvable|annonce (?:a été )?(?:supprimée|retirée)|pagina non (?:è stata )?trovata|inserzione (?:è stata )?rimossa"
    r"|página no (?:se ha )?encontrad|anuncio (?:ha sido )?(?:eliminado|retirado)|pagina (?:is )?niet gevonden|aanbieding is verwijderd"
    r"|nie znaleziono strony|oferta została usunięta",
    re.IGNORECASE,
)


def refuse(response: PageResponse, tree: LexborHTMLParser) -> None:
    """Raises ScrapeError `blocked` for a challenge, a captcha or a page that asks to sign in."""
    reason = block_reason(response)
    parts = urlsplit(response.url)
    host = parts.hostname or ""
    title = title_of(tree)
    if reason is None and ("/splashui/" in parts.path or _CHALLENGE.search(title)):
        reason = "the site asks whether a robot is there"
    if reason is None and (
        host.startswith("signin.")
        or _SIGN_IN.search(title)
        or has_any(tree, "form#signin-form", "form#SignInForm", "#userid + #signin-continue-btn")
    ):
        reason = "the site asks to sign in first"
    if reason:
        raise ScrapeError(
            "blocked", f"eBay turned the request away: {reason}.", retryable=True, status=response.status
        )


def unlike(response: PageResponse, tree: LexborHTMLParser, wanted: str) -> ScrapeError:
    """What to raise for a page that is not the `wanted` one ("a search page"): an error page, a missing page, another
    kind of page, an empty shell."""
    title = title_of(tree)
    status = response.status
    body = tree.body
    words = seen(body)[:4000] if body is not None else ""
    if MISSING.search(title) or MISSING.search(words):
        return ScrapeError("not_found", "eBay says that this page does not exist.", status=status)
    if _CHALLENGE.search(words):
        return ScrapeError("blocked", "eBay asks whether a robot is there.", retryable=True, status=status)
    if _ERROR.search(title) or "technical difficult" in words.lower():
        return ScrapeError(
            "unexpected_page", f"eBay's error page: {title or words[:80]}", retryable=True, status=status
        )
    if not words:
        return ScrapeError("unexpected_page", "The page is empty.", retryable=True, status=status)
    return ScrapeError(
        "unexpected_page", f"This is not {wanted} of eBay: {title or words[:80]!r}", status=status
    )


def title_of(tree: LexborHTMLParser) -> str:
    node = tree.css_first("title")
    return seen(node)
