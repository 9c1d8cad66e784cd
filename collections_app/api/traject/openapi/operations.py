"""Each operation of the API: what it takes, what it answers."""

from dataclasses import dataclass, field
from typing import Any

from collections_app.api.traject.openapi.words import (
    Schema,
    array,
    flag,
    moment,
    nullable,
    one_of,
    record,
    ref,
    text,
    whole,
)
from collections_app.services.listing import (
    DIRECTIONS,
    MAX_PAGE_SIZE,
    PAGE_SIZE,
    SEARCH_TYPES,
    SORTS,
    STATUSES,
)

COLLECTIONS, REQUESTS, RESULTS, ACCOUNT, REAL_TIME = (
    "Collections",
    "Requests",
    "Result sets",
    "Account",
    "Real time",
)
COLLECTION = {"collection": ref("Collection")}
FIELDS = text("Columns in dot notation, with commas between.")
REQUEST_IDS = array(text(), "Request ids.", minItems=1)
FILTERS: dict[str, Schema] = {
    "search_term": text("Words to find in name and id, or a part of the name: see search_type."),
    "search_type": one_of(*SEARCH_TYPES, default="contains"),
    "status": one_of(*STATUSES, default="all"),
    "only_with_results": flag(),
    "only_without_results": flag(),
    "created_before": moment(),
    "created_after": moment(),
    "last_run_before": moment(),
    "last_run_after": moment(),
    "destination_id": text(),
    "page": whole(minimum=1, default=1),
    "page_size": whole(minimum=1, maximum=MAX_PAGE_SIZE, default=PAGE_SIZE),
    "sort_by": one_of(*SORTS, default="name"),
    "sort_direction": one_of(*DIRECTIONS, default="ascending"),
}
PATH_PARAMETERS: dict[str, Schema] = {
    "collection_id": text("The collection's id."),
    "request_id": text("The request's id."),
    "page": whole("Page of 1,000 requests, from 1.", minimum=1),
    "number": text("The result set's id: 1, 2, 3 …", pattern="^[0-9]+$"),
}


@dataclass(frozen=True)
class Operation:
    """`takes` is the body's schema, `form` says that it may be a form too, `answers` are the fields beside
    `request_info`; None: the answer is any object. `statuses` are those beside 200 that are this operation's own."""

    name: str
    tag: str
    summary: str
    description: str = ""
    query: dict[str, Schema] = field(default_factory=dict)
    takes: Schema | None = None
    form: bool = False
    answers: dict[str, Schema] | None = field(default_factory=dict)
    statuses: dict[int, str] = field(default_factory=dict)
    media: tuple[str, ...] = ("application/json",)
    deprecated: bool = False


BUSY = "Refused while the collection is running."
STOP_ALL: dict[str, Any] = {
    "answers": {"collections_stopped": whole(), "collections_failed_to_stop": whole()},
}
RESULT_ANSWER = {"collection_id": text(), "result": ref("ResultSet")}
EXPORT_ANSWER = {
    "collection_id": text(),
    "requests_total_count": whole(),
    "requests_page_count": whole(),
    "download_links": ref("DownloadLinks"),
}
ONE = "/collections/{collection_id}"
RESULT = f"{ONE}/results/{{number}}"

OPERATIONS: dict[str, Operation] = {
    "POST /collections": Operation(
        "create_collection",
        COLLECTIONS,
        "Create a collection",
        "With its first requests, when some are sent.",
        takes=ref("NewCollection"),
        form=True,
        answers=COLLECTION,
    ),
    "GET /collections": Operation(
        "list_collections",
        COLLECTIONS,
        "List collections",
        query=FILTERS,
        answers={
            "total_count": whole(),
            "total_pages": whole(),
            "current_page": whole(),
            "count_this_page": whole(),
            "collections": array(ref("Collection")),
        },
        statuses={429: "Too many calls in this minute (where the operator has set a limit)."},
    ),
    f"GET {ONE}": Operation("get_collection", COLLECTIONS, "Get a collection", answers=COLLECTION),
    f"PUT {ONE}": Operation(
        "update_collection",
        COLLECTIONS,
        "Update a collection, or add requests to it",
        f"Settings that are not named stay. A bare array is requests to add. {BUSY}",
        takes={"anyOf": [ref("CollectionSettings"), array(ref("Request"))]},
        form=True,
        answers=COLLECTION,
    ),
    f"DELETE {ONE}": Operation("delete_collection", COLLECTIONS, "Delete a collection", BUSY),
    f"GET {ONE}/start": Operation("start_collection", COLLECTIONS, "Start a collection", answers=COLLECTION),
    f"GET {ONE}/stop": Operation("stop_collection", COLLECTIONS, "Stop a collection", answers=COLLECTION),
    "GET /collections/stopall": Operation(
        "stop_all_collections", COLLECTIONS, "Stop all queued and running collections", **STOP_ALL
    ),
    "GET /collections/stop_all": Operation(
        "stop_all_collections_alias", COLLECTIONS, "The same as stopall", deprecated=True, **STOP_ALL
    ),
    f"GET {ONE}/schedule": Operation(
        "get_schedule",
        COLLECTIONS,
        "The next fires, and what became of the last",
        query={"count": whole("How many of each.", minimum=1, maximum=1000, default=10)},
        answers={
            "collection_id": text(),
            "enabled": flag(),
            "timezone": text(),
            "next_fires": array(moment()),
            "last_fires": array(ref("Fire"), "Newest first."),
        },
    ),
    f"DELETE {ONE}/clear": Operation("clear_requests", REQUESTS, "Delete all requests", BUSY),
    f"GET {ONE}/requests/{{page}}": Operation(
        "list_requests",
        REQUESTS,
        "List or find requests",
        query={"q": text("Only requests that have this in a parameter's value.")},
        answers={
            "collection_id": text(),
            "requests_page_current": whole(),
            "requests_page_count": whole(),
            "requests_total_count": whole(),
            "requests": array(ref("StoredRequest")),
        },
    ),
    f"DELETE {ONE}/requests": Operation(
        "delete_requests",
        REQUESTS,
        "Delete several requests",
        f"Those of the ids that are there. {BUSY}",
        takes=REQUEST_IDS,
        answers={"requests_deleted": whole()},
    ),
    f"PUT {ONE}/{{request_id}}": Operation(
        "update_request",
        REQUESTS,
        "Update a request",
        f"Parameters that are not named stay; null takes one away. {BUSY}",
        takes={"type": "object", "additionalProperties": True},
        form=True,
        answers={
            "request": {"type": "object", "additionalProperties": True, "description": "What was changed."}
        },
    ),
    f"DELETE {ONE}/{{request_id}}": Operation("delete_request", REQUESTS, "Delete a request", BUSY),
    f"GET {ONE}/requests/json": Operation(
        "export_requests_json", REQUESTS, "Links to the requests as JSON files", answers=EXPORT_ANSWER
    ),
    f"GET {ONE}/requests/csv": Operation(
        "export_requests_csv", REQUESTS, "Links to the requests as CSV files", answers=EXPORT_ANSWER
    ),
    f"GET {ONE}/results": Operation(
        "list_result_sets",
        RESULTS,
        "List result sets, newest first",
        answers={
            "collection_id": text(),
            "collection": record(
                {
                    "id": text(),
                    "created_at": moment(),
                    "name": text(),
                    "enabled": flag(),
                    "last_run": nullable(moment()),
                    "requests_total_count": whole(),
                    "next_result_set_id": whole(),
                }
            ),
            "results_count": whole(),
            "results": array(ref("ResultSet")),
        },
    ),
    f"GET {RESULT}": Operation(
        "get_result_set", RESULTS, "A result set with JSON links", answers=RESULT_ANSWER
    ),
    f"GET {RESULT}/jsonlines": Operation(
        "get_result_set_jsonlines", RESULTS, "A result set with JSON Lines links", answers=RESULT_ANSWER
    ),
    f"GET {RESULT}/csv": Operation(
        "get_result_set_csv",
        RESULTS,
        "A result set with CSV links",
        query={"csv_fields": FIELDS},
        answers=RESULT_ANSWER,
    ),
    f"POST {RESULT}/links": Operation(
        "renew_links", RESULTS, "Replace the download links", answers={"download_links": ref("DownloadLinks")}
    ),
    f"DELETE {RESULT}/links": Operation("revoke_links", RESULTS, "Revoke the download links"),
    f"GET {RESULT}/resendwebhook": Operation("resend_webhook", RESULTS, "Send the webhook again"),
    f"GET {RESULT}/resend_webhook": Operation(
        "resend_webhook_alias", RESULTS, "The same as resendwebhook", deprecated=True
    ),
    "GET /account": Operation(
        "get_account", ACCOUNT, "The account", answers={"account_info": ref("Account")}
    ),
    "GET /errorlogs": Operation(
        "list_error_logs",
        ACCOUNT,
        "Real-time requests that failed",
        query={
            "search_term": text("Only those with this in a parameter."),
            "page": whole(minimum=1, default=1),
            "sort_by": one_of("date", "count", default="date"),
            "sort_direction": one_of(*DIRECTIONS),
        },
        answers={
            "logs": array(ref("ErrorLog")),
            "page": whole(),
            "page_count_total": whole(),
            "results_count": whole(),
            "results_count_total": whole(),
        },
        statuses={429: "Too many calls in this minute (where the operator has set a limit)."},
    ),
    "GET /request": Operation(
        "make_request",
        REAL_TIME,
        "Scrape one request and wait for it",
        "The parameters are those of the request's type.",
        query={"type": text("The request type; the other parameters are the type's own.")},
        answers=None,
        statuses={500: "The request failed; `request_info` says why."},
        media=("application/json", "text/csv", "text/html"),
    ),
}
