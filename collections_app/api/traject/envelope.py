"""How every answer of the Countdown and Backyard dialect is wrapped (contract: transport, auth, envelope)."""

from datetime import UTC, datetime
from typing import Any

from rest_framework.response import Response


def answer(message: str | None = None, **content: Any) -> Response:
    """200 with `request_info`, then the content in the order given."""
    info: dict[str, Any] = {"success": True}
    if message is not None:
        info["message"] = message
    return Response({"request_info": info, **content})


def failure(message: str, status: int) -> Response:
    return Response({"request_info": {"success": False, "message": message}}, status=status)


def timestamp(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC with milliseconds and Z: 2020-01-01T00:00:00.000Z."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
