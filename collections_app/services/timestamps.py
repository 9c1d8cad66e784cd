"""Moments as clients read them."""

from datetime import UTC, datetime


def timestamp(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC with milliseconds and Z: 2020-01-01T00:00:00.000Z."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
