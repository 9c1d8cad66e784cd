"""One request, now, while its sender waits (Countdown: /request)."""

import asyncio
import io
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from django.db.models import F, Sum
from django.utils.timezone import now

from collections_app.exporters import EXPORTERS
from collections_app.models import Account, Run
from collections_app.services import csv_columns, rows
from collections_app.services.errors import Refused
from collections_app.services.usage import CREDITS_LIMIT
from scraping.errors import BadParameter, ScrapeError
from scraping.messages import Outcome
from scraping.request_types import request_type

LONGEST = 100.0  # seconds a sender is kept waiting; his own client seldom waits longer
# What only other parameters can mend.
OF_THE_PARAMETERS = frozenset(
    {
        "invalid_parameters",
        "malformed_url",
        "invalid_protocol",
        "invalid_port",
        "blocked_hostname",
        "private_ip",
    }
)


class Scrapes(Protocol):
    async def scrape(self, params: Mapping[str, Any], *, real_time: bool = False) -> Outcome: ...


class Engine(Protocol):
    """A scraper and the event loop it lives in (see services.scraping)."""

    @property
    def scraper(self) -> Scrapes: ...

    def submit(self, coroutine: Any) -> "Future[Any]": ...


@dataclass(frozen=True)
class Asked:
    """A request that was checked: what was sent, what is to come back, and the columns when that is CSV."""

    params: dict[str, Any]
    output: str
    columns: tuple[str, ...] = ()


def ask(params: Mapping[str, Any]) -> Asked:
    """Check the parameters. Raises Refused that names the field and the value."""
    try:
        type_ = request_type(params)
        clean = type_.parameters.check(params, real_time=True)
    except BadParameter as error:
        raise Refused(str(error), field=error.field) from error
    columns: tuple[str, ...] = ()
    if clean["output"] == "csv":
        columns = (
            csv_columns.check(",".join(clean["csv_fields"])) if "csv_fields" in clean else type_.csv_fields
        )
    return Asked(dict(params), clean["output"], columns)


def scrape(engine: Engine, asked: Asked) -> Outcome:
    """The request's outcome. Blocks till it is there."""
    params = asked.params | {"include_html": True} if asked.output == "html" else asked.params
    outcome: Outcome = engine.submit(_within(engine.scraper, params)).result()
    return outcome


async def _within(scraper: Scrapes, params: dict[str, Any]) -> Outcome:
    """The outcome, or that it took too long."""
    try:
        async with asyncio.timeout(LONGEST):
            return await scraper.scrape(params, real_time=True)
    except TimeoutError:
        message = f"The pages were not there after {LONGEST:g} seconds."
        info = {"success": False, "message": message, "error": "timeout"}
        result = {"request_parameters": params, "request_metadata": {}, "request_info": info}
        return Outcome(result=result, error=ScrapeError("timeout", message, retryable=True), elapsed=LONGEST)


def as_csv(asked: Asked, outcome: Outcome) -> bytes:
    """The outcome as a CSV file, with the lines and columns it would have in a result set."""
    row = {
        "success": outcome.success,
        "id": "",
        "request": outcome.result.get("request_parameters", asked.params),
        "total_time_taken": round(outcome.elapsed, 2),
        "result": outcome.result,
    }
    out = io.BytesIO()
    EXPORTERS["csv"].write([rows.encode(row)], out, csv_columns.options(asked.columns))
    return out.getvalue()


def as_html(outcome: Outcome) -> str:
    """The page, or the pages with a rule between (Countdown: output)."""
    html = outcome.result.get("html", "")
    return html if isinstance(html, str) else "\n<hr>\n".join(html)


def credits(account: Account, outcome: Outcome) -> dict[str, int]:
    """What the answer says of credits: a page is one, a failure none (see usage: there is no end of them)."""
    local = now().astimezone(ZoneInfo(account.timezone))
    month = datetime(local.year, local.month, 1, tzinfo=local.tzinfo).astimezone(UTC)
    found = Run.objects.filter(account=account, ended_at__gte=month).aggregate(
        scraped=Sum(F("completed_count") + F("failed_count"))
    )
    used = found["scraped"] or 0
    return {
        "credits_used": used,
        "credits_remaining": CREDITS_LIMIT - used,
        "credits_used_this_request": outcome.pages if outcome.success else 0,
    }
