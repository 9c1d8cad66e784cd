"""A request's row in the result files, as bytes: made once, never decoded again to be copied."""

from typing import NamedTuple

import orjson

from scraping.errors import ScrapeError
from scraping.messages import Outcome

MESSAGE_LENGTH = 500
HTTP_STATUSES = range(1000)


class Asked(NamedTuple):
    """A stored request: `params` is its JSON text."""

    position: int
    request_id: str
    params: str


class Written(NamedTuple):
    """What the database keeps of a row."""

    position: int
    request_id: str
    succeeded: bool
    error: str
    message: str
    http_status: int | None
    elapsed_ms: int


class Row(NamedTuple):
    position: int
    body: bytes
    written: Written


def make_row(asked: Asked, outcome: Outcome) -> Row:
    """The row `{success, id, request, total_time_taken, result}` (Countdown: result set files)."""
    error = outcome.error
    return Row(
        asked.position,
        encode(
            {
                "success": outcome.success,
                "id": asked.request_id,
                "request": orjson.Fragment(asked.params),
                "total_time_taken": round(outcome.elapsed, 2),
                "result": outcome.result,
            }
        ),
        Written(
            asked.position,
            asked.request_id,
            outcome.success,
            error.code if error else "",
            _storable(error.message)[:MESSAGE_LENGTH] if error else "",
            outcome.status if outcome.status in HTTP_STATUSES else None,
            int(outcome.elapsed * 1000),
        ),
    )


def _storable(text: str) -> str:
    """A text that every database takes: PostgreSQL has no NUL, and none has lone surrogates."""
    return text.replace("\0", "?").encode("utf-8", "replace").decode("utf-8")


def encode(row: dict[str, object]) -> bytes:
    """JSON bytes. A page may hold lone surrogates (broken escapes in its scripts), which JSON cannot carry:
    they become the replacement character."""
    try:
        return orjson.dumps(row, option=orjson.OPT_NON_STR_KEYS)
    except orjson.JSONEncodeError:
        return orjson.dumps(_mended(row), option=orjson.OPT_NON_STR_KEYS, default=str)


def _mended(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {_mended(key): _mended(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mended(item) for item in value]
    return value


def failed_row(asked: Asked, error: ScrapeError) -> Row:
    """The row of a request that never reached the scraper."""
    result = {"request_info": {"success": False, "message": error.message, "error": error.code}}
    return make_row(asked, Outcome(result=dict(result), error=error))


def lost_row(asked: Asked, attempts: int) -> Row:
    """The row of a request whose worker died at each attempt."""
    sentence = f"Given up after {attempts} attempts: the worker process died each time."
    return failed_row(asked, ScrapeError("worker_lost", sentence))
