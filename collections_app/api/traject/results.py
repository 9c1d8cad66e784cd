"""The paths of a collection's result sets."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from collections_app.api.traject.base import TrajectView
from collections_app.api.traject.envelope import answer, timestamp
from collections_app.models import Collection, ResultSet
from collections_app.services import csv_columns, notices, results
from collections_app.services.result_names import CSV, JSON, JSON_LINES
from collections_app.services.results import Links


def base_url(request: Request) -> str:
    """Where this caller reaches the service; links stand below it, unless the operator set another place."""
    return str(request.build_absolute_uri("/"))


def result_object(result_set: ResultSet, links: Links) -> dict[str, Any]:
    """A result set as clients see it (contract: result sets). Notices and deliveries keep their own log; a result set
    without any says so."""
    return {
        "id": result_set.number,
        "started_at": timestamp(result_set.started_at),
        "ended_at": timestamp(result_set.ended_at),
        "expires_at": timestamp(result_set.expires_at),
        "results_page_count": result_set.page_count,
        "requests_completed": result_set.completed_count,
        "requests_failed": result_set.failed_count,
        "requests_total": result_set.request_count,
        "webhook_status": {"status": "not_sent", "log": []},
        "destination_status": {},
        "download_links": links,
    }


def collection_subset(collection: Collection) -> dict[str, Any]:
    return {
        "id": collection.public_id,
        "created_at": timestamp(collection.created_at),
        "name": collection.name,
        "enabled": collection.enabled,
        "last_run": timestamp(collection.last_run_at),
        "requests_total_count": collection.request_count,
        "next_result_set_id": collection.next_result_set_number,
    }


class ResultsView(TrajectView):
    """/collections/{id}/results: newest first; only finished sets, for clients download what they see at once."""

    def get(self, request: Request, collection_id: str) -> Response:
        collection = self.collection(collection_id)
        base = base_url(request)
        found = [
            result_object(result_set, results.links(result_set, JSON, base_url=base))
            for result_set in results.of_collection(collection)
        ]
        return answer(
            collection_id=collection.public_id,
            collection=collection_subset(collection),
            results_count=len(found),
            results=found,
        )


class ResultView(TrajectView):
    """/collections/{id}/results/{n}, with JSON links; the other formats differ in nothing else."""

    format = JSON

    def get(self, request: Request, collection_id: str, number: str) -> Response:
        result_set = results.find(self.collection(collection_id), number)
        return self.described(request, result_set)

    def described(self, request: Request, result_set: ResultSet, csv_fields: str = "") -> Response:
        links = results.links(result_set, self.format, csv_fields, base_url(request))
        return answer(collection_id=result_set.collection.public_id, result=result_object(result_set, links))


class JsonLinesView(ResultView):
    """/collections/{id}/results/{n}/jsonlines"""

    format = JSON_LINES


class CsvView(ResultView):
    """/collections/{id}/results/{n}/csv?csv_fields=a,b.c: without csv_fields the collection's own columns."""

    format = CSV

    def get(self, request: Request, collection_id: str, number: str) -> Response:
        result_set = results.find(self.collection(collection_id), number)
        csv_fields = request.query_params.get("csv_fields")
        if csv_fields is not None:
            csv_columns.check(csv_fields)
        return self.described(request, result_set, csv_fields or "")


class LinksView(TrajectView):
    """/collections/{id}/results/{n}/links: DELETE revokes its download links, POST makes new ones."""

    def post(self, request: Request, collection_id: str, number: str) -> Response:
        result_set = results.find(self.collection(collection_id), number)
        results.renew_links(result_set)
        return answer(
            "The download links were replaced by new ones",
            download_links=results.links(result_set, JSON, base_url=base_url(request)),
        )

    def delete(self, request: Request, collection_id: str, number: str) -> Response:
        results.revoke_links(results.find(self.collection(collection_id), number))
        return answer("The download links were revoked")


class ResendWebhookView(TrajectView):
    """/collections/{id}/results/{n}/resendwebhook, also spelled resend_webhook."""

    def get(self, request: Request, collection_id: str, number: str) -> Response:
        result_set = results.find(self.collection(collection_id), number)
        notices.resend_webhook(result_set, base_url(request))
        return answer("Webhook POST resent successfully.")
