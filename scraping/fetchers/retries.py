"""When a page is asked for again, and after how long."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

RETRY_STATUSES = frozenset({429, 500, 502, 503, 504})
SLOW_DOWN_STATUSES = frozenset({429, 503})
REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})  # RFC 9110: idempotent methods

FIRST_WAIT = 0.5  # seconds; doubled with each attempt
LONGEST_WAIT = 60.0  # seconds, also for what a site asks by Retry-After


def backoff(attempt: int) -> float:
    """Seconds before the next attempt after the `attempt`-th (from 1): exponential, between half and whole, so
    that requests which failed together do not come back together."""
    whole = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (attempt - 1))
    return whole * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing


def retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """A Retry-After header (seconds, or an HTTP date) as seconds from now, at most LONGEST_WAIT. None when there is
    none or it cannot be read."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return min(LONGEST_WAIT, float(text[:9]))
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    seconds = (moment - (now or datetime.now(UTC))).total_seconds()
    return min(LONGEST_WAIT, max(0.0, seconds))
