"""Block pages are known, real pages are not taken for them."""

import pytest

from scraping.messages import PageResponse
from scraping.pages.blocks import block_reason
from tests.scraping.cases import REAL_PAGES, needs_real_pages


def response(body: str, status: int = 200, content_type: str = "text/html") -> PageResponse:
    return PageResponse("https://shop.example/", status, {"content-type": content_type}, body.encode())


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("<html><head><title>Pardon Our Interruption...</title>", 200),
        ("<TITLE>Just a moment...</TITLE>", 403),
        ("<title>Robot or human?</title>", 200),
        ("<TITLE>Access Denied</TITLE><H1>Access Denied</H1>You<P>Reference&#32;&#35;18&#46;1", 403),
        ("<script>var dd={'host':'geo.captcha-delivery.com'}</script>", 403),
        ("<div id='px-captcha'></div>", 403),
        ("<div id=sec-if-cpt-container class=behavioral-content><i class=scf-akamai-logo></i></div>", 200),
        ("<script>window.KPSDK={};KPSDK.now=1</script><script src=/a/ips.js></script>", 429),
        (
            "<script src=https://a.token.awswaf.com/b/challenge.js></script><div id='challenge-container'>",
            200,
        ),
        ("<title>Sucuri WebSite Firewall - Access Denied</title>", 403),
        ("x" * 40_000 + "<div id='px-captcha'></div>", 403),
    ],
)
def test_a_block_page_is_known(body: str, status: int) -> None:
    assert block_reason(response(body, status))


@pytest.mark.parametrize(
    ("body", "status", "content_type"),
    [
        ("<title>Access denied: a novel</title><p>by</p>", 200, "text/html"),
        ("<title>Not found</title>", 404, "text/html"),
        ("<p>" + "x" * 200_000 + "captcha-delivery.com", 200, "text/html"),
        ("<p>" + "x" * 20_000 + "captcha-delivery.com", 200, "text/html"),
        ('{"title": "<title>Just a moment...</title>"}', 200, "application/json"),
        ("", 403, "text/html"),
    ],
)
def test_another_page_is_not(body: str, status: int, content_type: str) -> None:
    assert block_reason(response(body, status, content_type)) is None


@needs_real_pages
def test_of_all_real_pages_only_the_block_pages_are_known_as_such() -> None:
    for page in sorted(REAL_PAGES.rglob("*.html")):
        blocked = block_reason(PageResponse("https://shop.example/", 200, {}, page.read_bytes())) is not None
        assert blocked == ("blocked" in page.parts), page.name
