"""The objects of the API as JSON Schemas."""

from collections_app.api.traject.openapi.words import (
    Schema,
    array,
    flag,
    moment,
    nullable,
    one_of,
    record,
    ref,
    table,
    text,
    whole,
)
from collections_app.models.collections import MIXED, Priority, ScheduleType
from collections_app.models.runs import RunStatus
from collections_app.models.schedules import FireOutcome
from collections_app.services.collection_settings import NAME_LENGTH
from collections_app.services.listing import STATUSES
from collections_app.services.requests import MAX_ADDED
from collections_app.services.schedules.plans import FREQUENCIES
from scraping.request_types import REQUEST_TYPES


def components() -> dict[str, Schema]:
    return {
        "RequestInfo": record(
            {"success": flag(), "message": text("A sentence for the reader.")}, optional=("message",)
        ),
        "Error": record(
            {"request_info": ref("RequestInfo")}, "Any refusal: `message` names the field and its value."
        ),
        "CollectionSettings": {"type": "object", "properties": settings() | {"requests": requests()}},
        "NewCollection": {
            "type": "object",
            "properties": settings() | {"requests": requests()},
            "required": ["name"],
        },
        "Collection": collection(),
        "Request": any_request(),
        "StoredRequest": {
            "type": "object",
            "properties": {"id": text("The request's id; it stays the same in all result sets.")},
            "required": ["id"],
            "additionalProperties": True,
            "description": "The parameters as they were sent, with the id.",
        },
        "Fire": fire(),
        "DownloadLinks": links(),
        "ResultSet": result_set(),
        "Account": account(),
        "ErrorLog": error_log(),
        **{request_name(name): kind.parameters.schema() for name, kind in REQUEST_TYPES.items()},
    }


def request_name(kind: str) -> str:
    return "".join(word.capitalize() for word in kind.split("_")) + "Parameters"


def any_request() -> Schema:
    return {
        "description": "The parameters of one request; `type` names what the others are.",
        "type": "object",
        "properties": {"type": one_of(*REQUEST_TYPES)},
        "required": ["type"],
        "anyOf": [ref(request_name(name)) for name in REQUEST_TYPES],
    }


def requests() -> Schema:
    return array(ref("Request"), "Requests to add, all or none.", maxItems=MAX_ADDED)


def settings() -> dict[str, Schema]:
    """Lists may also be sent as texts with commas, booleans as texts or 1 and 0."""
    return {
        "name": text("The name of the collection.", minLength=1, maxLength=NAME_LENGTH),
        "enabled": flag("A disabled collection is not started by its schedule.", default=True),
        "priority": one_of(
            *(priority.name.lower() for priority in Priority),
            description="The order in which queued collections are started. It cannot be changed while the "
            "collection is queued or running.",
            default="normal",
        ),
        **schedule(),
        "destination_ids": array(text(), "Where result sets are uploaded to."),
        "notification_email": text("One address, or several with commas between."),
        "notification_webhook": text(
            "A fully qualified http or https URL that is called when a result set is there."
        ),
        "notification_as_json": flag("JSON links in notifications.", default=True),
        "notification_as_jsonlines": flag("JSON Lines links in notifications.", default=False),
        "notification_as_csv": flag("CSV links in notifications.", default=False),
        "notification_csv_fields": text("The CSV's columns, in dot notation with commas between."),
        "requests_type": one_of(
            MIXED,
            *REQUEST_TYPES,
            description="Locks the collection to requests of this type; it never changes afterwards.",
            default=MIXED,
        ),
    }


def schedule() -> dict[str, Schema]:
    return {
        "schedule_type": one_of(*ScheduleType.values, default="manual"),
        "schedule_days_of_month": array(
            whole(minimum=1, maximum=31), "Needed by monthly; with minutes either these or days of the week."
        ),
        "schedule_days_of_week": array(whole(minimum=0, maximum=6), "0 is Sunday. Needed by weekly."),
        "schedule_hours": array(
            whole(minimum=0, maximum=23),
            "In the account's time zone. With minutes: omitted for around the clock; otherwise midnight.",
        ),
        "schedule_minutes": one_of(*FREQUENCIES, "", description="Needed by minutes."),
    }


def collection() -> Schema:
    counts = {
        "requests_total_count": whole("How many requests it has."),
        "requests_page_count": whole("Pages of 1,000 requests."),
    }
    kind = {
        "requests_type": text("The type it is locked to, or that of all its requests, or mixed."),
        "requests_type_locked": flag(),
    }
    doubled = {
        name.replace("requests_", "request_", 1): schema | {"description": f"The same as {name}."}
        for name, schema in (counts | kind).items()
    }
    fields = {
        "id": text("8 upper-case hex digits.", pattern="^[0-9A-F]{8}$"),
        "created_at": moment(),
        **settings(),
        "status": one_of(*STATUSES[1:]),
        "next_run_at": nullable(moment("When its schedule is due next.")),
        "last_run": moment("When the last run ended; absent before the first one."),
        "credits_required": whole("Requests that a run makes: the sum of max_page."),
        "results_count": whole("Result sets that are kept."),
        "next_result_set_id": whole(),
        **counts,
        "requests_per_type_count": table(whole()),
        **kind,
        **doubled,
    }
    return record(fields, optional=("last_run",))


def fire() -> Schema:
    return record(
        {
            "due_at": moment(),
            "outcome": one_of(*FireOutcome.values),
            "reason": nullable(text("Why it was skipped or missed.")),
            "run_id": nullable(whole()),
            "run_status": {"type": ["string", "null"], "enum": [*RunStatus.values, None]},
            "result_set_id": nullable(whole("Null until the run has a result set.")),
        },
        "A moment at which the schedule was due, and what became of it.",
    )


def links() -> Schema:
    return record(
        {
            "pages": array(text(format="uri"), "Files of 1,000 rows."),
            "all_pages": nullable(text("All rows in one file.", format="uri")),
        },
        "Plain GET, no key; unguessable, and dead when the result set expires or they are revoked.",
        optional=("all_pages",),
    )


def log(status: Schema) -> Schema:
    return record({"status": status, "log": array(record({"date_time": moment(), "text": text()}))})


def result_set() -> Schema:
    return record(
        {
            "id": whole("1, 2, 3 … in its collection."),
            "started_at": moment(),
            "ended_at": moment(),
            "expires_at": moment(),
            "results_page_count": whole(),
            "requests_completed": whole(),
            "requests_failed": whole(),
            "requests_total": whole(),
            "webhook_status": log(text()),
            "destination_status": table(log(text()), "By destination id."),
            "download_links": ref("DownloadLinks"),
        }
    )


def account() -> Schema:
    counted = ("collections", "destinations")
    month = record(
        {
            "month": text(),
            "month_number": whole(minimum=1, maximum=12),
            "year": whole(),
            "is_current_month": flag(),
            "credits_total_per_day": table(whole(), "By day of the month."),
            "credits_total_for_month": whole(),
        }
    )
    return record(
        {
            "api_key": text("The key of this call."),
            "name": text(),
            "email": text(),
            "timezone": text("An IANA name; schedules are in it."),
            "plan": text(),
            "credits_used": whole("Requests scraped in this month."),
            "credits_limit": whole("Nominal: nothing is billed, and no run is refused for it."),
            "credits_remaining": whole(),
            "credits_reset_at": moment(),
            "overage_allowed": flag(),
            "overage_enabled": flag(),
            "overage_limit": whole(),
            **{f"{noun}_{word}": whole() for noun in counted for word in ("used", "limit", "available")},
            "usage_history": array(month, "The current month first."),
            "status": array(record({"component": text(), "status": one_of("operational", "down")})),
        }
    )


def error_log() -> Schema:
    return record(
        {
            "id": text(),
            "engine_url": text("The page that was asked for."),
            "api_url": text("The call, without its key."),
            "date": moment(),
            "count": whole("How often it failed."),
            "parameters": {"type": "object", "additionalProperties": True},
            "result": {"type": "object", "additionalProperties": True},
        }
    )
