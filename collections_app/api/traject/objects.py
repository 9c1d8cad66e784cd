"""Rows as the objects a client sees (contract: collection object)."""

from typing import Any

from collections_app.api.traject.envelope import timestamp
from collections_app.models import Collection, Fire
from collections_app.models.collections import Priority
from collections_app.services.listing import Seen


def collection_object(seen: Seen) -> dict[str, Any]:
    """All fields; counts, type and lock under both spellings that clients read. `last_run` is there after the
    first run only."""
    row = seen.collection
    found: dict[str, Any] = {
        "id": row.public_id,
        "created_at": timestamp(row.created_at),
        "name": row.name,
        "enabled": row.enabled,
        "status": seen.status,
        "priority": Priority(row.priority).name.lower(),
        **_schedule(row),
        "next_run_at": timestamp(seen.next_run_at),
        "destination_ids": row.destination_ids,
        "notification_email": row.notification_email,
        "notification_webhook": row.notification_webhook,
        "notification_as_json": row.notification_as_json,
        "notification_as_jsonlines": row.notification_as_jsonlines,
        "notification_as_csv": row.notification_as_csv,
        "notification_csv_fields": row.notification_csv_fields,
        "credits_required": row.page_count,
        "results_count": seen.results_count,
        "next_result_set_id": row.next_result_set_number,
        **_doubled(row),
    }
    if row.last_run_at:
        found["last_run"] = timestamp(row.last_run_at)
    return found


def _schedule(row: Collection) -> dict[str, Any]:
    return {
        "schedule_type": row.schedule_type,
        "schedule_days_of_month": row.schedule_days_of_month,
        "schedule_days_of_week": row.schedule_days_of_week,
        "schedule_hours": row.schedule_hours,
        "schedule_minutes": row.schedule_minutes,
    }


def _doubled(row: Collection) -> dict[str, Any]:
    pages = -(-row.request_count // 1000)
    return {
        "requests_total_count": row.request_count,
        "request_total_count": row.request_count,
        "requests_page_count": pages,
        "request_page_count": pages,
        "requests_per_type_count": row.requests_per_type,
        "requests_type": row.requests_type,
        "request_type": row.requests_type,
        "requests_type_locked": row.requests_type_locked,
        "request_type_locked": row.requests_type_locked,
    }


def fire_object(fire: Fire) -> dict[str, Any]:
    """What became of a moment at which the schedule was due. `result_set_id` is null until the run has one."""
    return {
        "due_at": timestamp(fire.due_at),
        "outcome": fire.outcome,
        "reason": fire.reason or None,
        "run_id": fire.run_id,
        "run_status": fire.run.status if fire.run else None,
        "result_set_id": fire.run.number if fire.run else None,
    }
