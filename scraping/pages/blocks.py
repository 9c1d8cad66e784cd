"""Pages that turn a robot away. The scraper asks here before any page object reads a page."""

from __future__ import annotations

import re

from scraping.messages import PageResponse

# A block page is small or says so at its top; a real page that merely loads a bot manager's script is neither.
_TOP = 6_000  # bytes
_SMALL = 60_000
_SMALL_AND_FINE = 15_000  # where the status is no error

# What its top says, and the reason to tell.
_SAYS = (
    (
        r"<title>\s*pardon our interruption",
        "the site asks whether a robot is there (Pardon Our Interruption)",
    ),
    (r"<title>\s*checking your browser before you access", "the site checks the browser first"),
    (r"<title>\s*just a moment\.\.\.", "Cloudflare's challenge page"),
    (r"<title>\s*attention required! \| cloudflare", "Cloudflare's block page"),
    (r"<title>\s*robot or human\?", "PerimeterX's captcha page"),
    (r"<title>\s*access to this page has been denied", "PerimeterX's block page"),
    (r"<title>\s*sucuri website firewall", "Sucuri's block page"),
    (r"<title>\s*security measure\s*</title>", "the site's captcha page"),
)
# What a small page holds: a plain word to look for first (cheap), the pattern, and the reason to tell.
_HOLDS = (
    (b"edgesuite", r"errors(\.|&#46;)edgesuite(\.|&#46;)net", "Akamai's Access Denied page"),
    (
        b"access denied",
        r"<h1>access denied</h1>.{0,900}reference(\s|&#32;)*(#|&#35;)",
        "Akamai's Access Denied page",
    ),
    (b"sec-if-cpt-container", r"id=[\"']?sec-if-cpt-container", "Akamai's challenge page"),
    (b"kpsdk", r"window\.kpsdk\s*=", "Kasada's challenge page"),
    (b"awswaf", r"id=[\"']?challenge-container", "the challenge page of AWS WAF"),
    (b"_bman_adv", r"document\.cookie=['\"]_bman_adv", "Akamai's bot manager page"),
    (b"captcha-delivery", r"captcha-delivery\.com", "DataDome's captcha page"),
    (b"/cdn-cgi/", r"/cdn-cgi/challenge-platform/[^\"']*orchestrate/chl", "Cloudflare's challenge page"),
    (
        b"incapsula",
        r"_incapsula_resource[^>]*(incident_id|cinfo)|incapsula incident id",
        "Imperva's block page",
    ),
    (b"px-captcha", r"id=[\"']?px-captcha", "PerimeterX's captcha page"),
    (
        b"captcha",
        r"action=[\"']?[^\"'>]*/(errors/validatecaptcha|splashui/captcha)",
        "the site's captcha page",
    ),
)
SAYS = tuple((re.compile(pattern, re.IGNORECASE), reason) for pattern, reason in _SAYS)
HOLDS = tuple(
    (word, re.compile(pattern, re.IGNORECASE | re.DOTALL), reason) for word, pattern, reason in _HOLDS
)


def block_reason(response: PageResponse) -> str | None:
    """Why this page is a block or captcha page; None when it does not look like one."""
    if "html" not in response.headers.get("content-type", "html"):
        return None
    # Markers are ASCII, so the raw bytes do; decoding a big page for this would be waste.
    top = response.body[:_TOP].decode("latin-1")
    for pattern, reason in SAYS:
        if pattern.search(top):
            return reason
    if len(response.body) <= (_SMALL if response.status >= 400 else _SMALL_AND_FINE):
        lower = response.body.lower()
        for word, pattern, reason in HOLDS:
            if word in lower and pattern.search(lower.decode("latin-1")):
                return reason
    return None
