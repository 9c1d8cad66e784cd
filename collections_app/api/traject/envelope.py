"""How every answer of the Countdown and Backyard dialect is wrapped (contract: transport, auth, envelope)."""

from typing import Any

from rest_framework.response import Response

from collections_app.services.timestamps import timestamp

__all__ = ["answer", "failure", "timestamp"]


def answer(message: str | None = None, **content: Any) -> Response:
    """200 with `request_info`, then the content in the order given."""
    info: dict[str, Any] = {"success": True}
    if message is not None:
        info["message"] = message
    return Response({"request_info": info, **content})


def failure(message: str, status: int) -> Response:
    return Response({"request_info": {"success": False, "message": message}}, status=status)
