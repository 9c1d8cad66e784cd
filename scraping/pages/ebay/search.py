"""A page of search results: `/sch/i.html`, `/sch/{category}/i.html`, a seller's items `/sch/{user}/m.html`."""

from __future__ import annotations

import re
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from scraping.pages.ebay.cards import read_card
from scraping.pages.ebay.domains import Domain
from scraping.pages.ebay.facets import read_facets
from scraping.pages.ebay.links import query_of
from scraping.pages.ebay.money import count
from scraping.pages.ebay.nodes import classes, has_any, seen
from scraping.pages.ebay.sponsored import Labels

Item = dict[str, Any]

# eBay shows no listing beyond this one, whatever the number of results it tells.
LAST_RESULT = 10_000
_HEADING = ".srp-controls__count-heading, .srp-controls__count, .b-pageheader__text, .brw-controls__count"
_PARTS = ".srp-river-answer--REWRITE_START, .srp-river-answer--REWRITE_END, .srp-results > *, ul.b-list__items_nofooter > li"
_CARD_CLASSES = frozenset({"s-card", "su-card-container", "su-item-card", "s-item"})
# Cards and headings wherever they stand, the cards of carousels aside.
_CARDS = ".srp-river-answer--REWRITE_START, .srp-river-answer--REWRITE_END, " + ", ".join(
    f".srp-river-results {card}:not(.srp-river-answer *)"
    for card in (".s-card", ".su-card-container", ".su-item-card", ".s-item")
)
# Links to listings in the list, the templates (123456) and carousels aside.
_LISTED = ".srp-river-results li:not(.srp-river-answer *, .srp-river-answer) a[href*='/itm/']:not([href*='/itm/123456?'], [href$='/itm/123456'])"
# The largest number of listings that a page can be asked to show.
LARGEST_PAGE = 240
# Headings after which the listings do not match the search itself, should their class change.
_REWRITTEN = re.compile(
    r"results matching fewer words|international sellers|ergebnisse für weniger suchbegriffe|weniger wörter|internationale\w* verkäufer"
    r"|moins de mots|vendeurs internationaux|meno parole|venditori internazionali|menos palabras|vendedores internacionales"
    r"|minder (?:woorden|zoektermen)|internationale verkopers|mniej słów|sprzedawc\w+ międzynarodow",
    re.IGNORECASE,
)


def is_search(tree: LexborHTMLParser) -> bool:
    return has_any(
        tree,
        ".srp-results",
        ".srp-controls__count-heading",
        ".srp-save-null-search",
        "ul.b-list__items_nofooter",
    )


class SearchPage:
    """`asked_page` is the page that was asked for; it counts where the page itself does not tell."""

    def __init__(self, tree: LexborHTMLParser, domain: Domain, asked_page: int = 1) -> None:
        self.tree = tree
        self.domain = domain
        self.asked_page = asked_page

    def item(self, *, rewritten: bool = True) -> Item:
        """`{search_information, search_results, facets?, pagination}`; without `rewritten`, only the listings that
        match the search itself."""
        results = self.results(rewritten=rewritten)
        item: Item = {"search_information": self.information(), "search_results": results}
        if facets := read_facets(self.tree):
            item["facets"] = facets
        item["pagination"] = self.pagination(len(results))
        return item

    def results(self, *, rewritten: bool = True) -> list[Item]:
        """The listings in the page's order, each once: those of its list, or all cards of a list that is built otherwise."""
        return self._listings(_PARTS, rewritten) or self._listings(_CARDS, rewritten)

    def _listings(self, parts: str, rewritten: bool) -> list[Item]:
        labels = Labels(self.tree)
        found: list[Item] = []
        seen_ids: set[str] = set()
        below = False
        for node in self.tree.css(parts):
            if _is_heading(node):
                below = not any(name.endswith("REWRITE_END") for name in classes(node))
                continue
            if not _is_card(node):
                continue
            listing = read_card(node, self.domain, labels)
            if listing is None or listing["epid"] in seen_ids or (below and not rewritten):
                continue
            seen_ids.add(listing["epid"])
            if below:
                listing["is_rewritten_result"] = True
            found.append({"position": len(found) + 1, **listing})
        return found

    def unread(self) -> bool:
        """Whether the page must have listings although none was read: it links to some in its list, or tells of results,
        is the first page, and does not say that nothing matches."""
        if self.tree.css_first(_LISTED) is not None:
            return True
        if has_any(self.tree, ".srp-save-null-search"):
            return False
        return self.total() is None or (bool(self.total()) and self.asked_page == 1)

    def information(self) -> Item:
        """What the page says of the search: its words, what it made of them, notices above the results."""
        information: Item = {}
        bold = [text for node in self.tree.css(".srp-controls__count-heading .BOLD") if (text := seen(node))]
        if len(bold) > 1:
            information["search_term"] = bold[-1]
        information |= self._spelling(bold[-1] if len(bold) > 1 else None)
        notices = [
            text
            for node in self.tree.css(".srp-save-null-search__heading, .srp-river-answer--REWRITE_START")
            if (text := seen(node))
        ]
        if notices:
            information["notices"] = notices
        return information

    def _spelling(self, used: str | None) -> Item:
        """A search that eBay corrected, or would: `spelling_correction` is what it searched instead, `did_you_mean`
        what it only proposes."""
        for node in self.tree.css("[class*=SPELL], [class*=spell-], .srp-didyoumean"):
            for link in node.css("a[href]"):
                query = query_of(link.attributes.get("href") or "")
                term = query.get("_nkw", [""])[0]
                if not term:
                    continue
                if "_blrs" in query:
                    return {"original_search_term": term, **({"spelling_correction": used} if used else {})}
                meant: Item = {"did_you_mean": term}
                match = re.search(r"\(?([\d.,]+\+?)\s*\w+\)?", seen(node).replace(term, "", 1))
                if match and (number := count(match[1])) is not None:
                    meant["did_you_mean_results_count"] = number
                return meant
        return {}

    def total(self) -> int | None:
        """The number of results that the heading tells."""
        heading = self.tree.css_first(_HEADING)
        if heading is None:
            return None
        bold = heading.css_first(".BOLD")
        return count(seen(bold)) if bold is not None else count(seen(heading))

    def pagination(self, shown: int) -> Item:
        current = self._current_page()
        pagination: Item = {"current_page": current}
        total = self.total()
        if total is not None:
            pagination["total_results"] = total
        following = self._is_followed(current, total)
        pagination["has_next_page"] = following
        if following:
            pagination["next_page"] = current + 1
            size = self._page_size()
            if total and size:
                pagination["total_pages"] = max(-(-min(total, LAST_RESULT) // size), current + 1)
        else:
            pagination["total_pages"] = current if shown else 0
        return pagination

    def _is_followed(self, current: int, total: int | None) -> bool:
        """Whether a page comes after this one: by the link to it, else by the pages' numbers; where the page (cut off, or
        built otherwise) has neither, by the number of results."""
        links = self.tree.css("a.pagination__next[href], a.ebayui-pagination__control[rel=next]")
        if any(_leads(node) for node in links):
            return True
        if links or has_any(self.tree, "button.pagination__next"):
            return False
        numbers = [count(seen(node)) for node in self.tree.css("a.pagination__item[href]") if _leads(node)]
        if numbers:
            return max(number or 0 for number in numbers) > current
        return (
            current == 1
            and (total or 0) > LARGEST_PAGE
            and not has_any(self.tree, ".s-pagination, .pagination")
        )

    def _current_page(self) -> int:
        node = self.tree.css_first(".pagination__item[aria-current=page], .ebayui-pagination__li--selected")
        number = count(seen(node)) if node is not None else None
        return number or self.asked_page

    def _page_size(self) -> int | None:
        node = self.tree.css_first(".srp-ipp .btn__cell, .srp-ipp .expand-btn__cell")
        return count(seen(node)) if node is not None else None


def _leads(link: LexborNode) -> bool:
    href = link.attributes.get("href") or ""
    return link.attributes.get("aria-disabled") != "true" and "/" in href


def _is_card(node: LexborNode) -> bool:
    """Whether the node may be one listing's: an element of the list that is no answer between them, or what is called a
    card."""
    names = classes(node)
    if node.tag == "li":
        return not any(name.startswith("srp-river-answer") for name in names)
    return not _CARD_CLASSES.isdisjoint(names)


def _is_heading(node: LexborNode) -> bool:
    """Whether the node divides the matching listings from others."""
    names = classes(node)
    if any("REWRITE_" in name for name in names):
        return True
    answer = any(name.startswith("srp-river-answer") for name in names)
    return answer and "CAROUSEL" not in " ".join(names) and _REWRITTEN.search(seen(node)[:300]) is not None
