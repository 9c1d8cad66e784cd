"""/account (contract: account)."""

import calendar
from datetime import datetime
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from collections_app.api.traject.base import TrajectView
from collections_app.api.traject.envelope import answer, timestamp
from collections_app.services import usage
from collections_app.services.usage import CREDITS_LIMIT, DESTINATIONS_LIMIT, Month


class AccountView(TrajectView):
    """/account"""

    def get(self, request: Request) -> Response:
        used, limit = usage.collections_used(self.account)
        months = usage.months(self.account)
        credits_used = sum(months[0].per_day.values())
        today = usage.local_now(self.account)
        return answer(
            account_info={
                "api_key": self.api_key,
                "name": self.account.name,
                "email": self.account.email,
                "timezone": self.account.timezone,
                "plan": "self-hosted",
                "credits_used": credits_used,
                "credits_limit": CREDITS_LIMIT,
                "credits_remaining": CREDITS_LIMIT - credits_used,
                "credits_reset_at": timestamp(_month_after(today)),
                "overage_allowed": False,
                "overage_enabled": False,
                "overage_limit": 0,
                "collections_used": used,
                "collections_limit": limit,
                "collections_available": max(0, limit - used),
                "destinations_used": 0,
                "destinations_limit": DESTINATIONS_LIMIT,
                "destinations_available": DESTINATIONS_LIMIT,
                "usage_history": [_month_object(month, month is months[0]) for month in months],
                "status": [
                    {"component": name, "status": "operational" if works else "down"}
                    for name, works in usage.components().items()
                ],
            }
        )


def _month_after(moment: datetime) -> datetime:
    first = moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    year, month = (moment.year + 1, 1) if moment.month == 12 else (moment.year, moment.month + 1)
    return first.replace(year=year, month=month)


def _month_object(month: Month, current: bool) -> dict[str, Any]:
    days = calendar.monthrange(month.year, month.month)[1]
    return {
        "month": calendar.month_name[month.month],
        "month_number": month.month,
        "year": month.year,
        "is_current_month": current,
        "credits_total_per_day": {str(day): month.per_day.get(day, 0) for day in range(1, days + 1)},
        "credits_total_for_month": sum(month.per_day.values()),
    }
