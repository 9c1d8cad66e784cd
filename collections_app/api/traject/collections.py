"""The paths under /collections that are about collections themselves."""

from typing import Any

from django.utils.timezone import now
from rest_framework.request import Request
from rest_framework.response import Response

from collections_app.api.traject import coerce
from collections_app.api.traject.base import TrajectView
from collections_app.api.traject.envelope import answer, timestamp
from collections_app.api.traject.objects import collection_object, fire_object
from collections_app.api.traject.rate import take_list_call
from collections_app.models import Collection
from collections_app.models.runs import Trigger
from collections_app.services import collections, launching, listing, requests, scheduling
from collections_app.services.errors import bad

FILTERS: dict[str, coerce.Coercion] = {
    "only_with_results": coerce.flag,
    "only_without_results": coerce.flag,
    "search_term": coerce.text,
    "search_type": coerce.text,
    "status": coerce.text,
    "created_before": coerce.moment,
    "created_after": coerce.moment,
    "last_run_before": coerce.moment,
    "last_run_after": coerce.moment,
    "destination_id": coerce.text,
    "page": coerce.whole,
    "page_size": coerce.whole,
    "sort_by": coerce.text,
    "sort_direction": coerce.text,
}
FIRES = 10
MAX_FIRES = 1_000


def described(collection: Collection) -> dict[str, Any]:
    return collection_object(listing.see_one(collection))


def sent_requests(fields: dict[str, Any]) -> list[Any]:
    """`requests` of a body: an array, or the JSON text of one in a form."""
    value = fields.get("requests")
    if value in (None, ""):
        return []
    if isinstance(value, list) or (isinstance(value, str) and value.lstrip().startswith("[")):
        return coerce.entries("requests", value)
    raise bad("requests", value, "use an array of objects")


class CollectionsView(TrajectView):
    """/collections"""

    def post(self, request: Request) -> Response:
        fields = self.fields(request)
        made = collections.create(self.account, coerce.settings(fields), sent_requests(fields))
        return answer(collection=described(made))

    def get(self, request: Request) -> Response:
        take_list_call(self.account)
        query = listing.Query(**coerce.only(request.query_params, FILTERS))
        found = listing.listing(self.account, query)
        return answer(
            total_count=found.total,
            total_pages=found.pages,
            current_page=found.page,
            count_this_page=len(found.rows),
            collections=[collection_object(seen) for seen in found.rows],
        )


class CollectionView(TrajectView):
    """/collections/{id}"""

    def get(self, request: Request, collection_id: str) -> Response:
        return answer(collection=described(self.collection(collection_id)))

    def put(self, request: Request, collection_id: str) -> Response:
        """Settings, or requests to add, or both; a bare array is requests."""
        collection = self.collection(collection_id)
        fields = {"requests": request.data} if isinstance(request.data, list) else self.fields(request)
        changed = collections.update(collection, coerce.settings(fields), sent_requests(fields))
        return answer(collection=described(changed))

    def delete(self, request: Request, collection_id: str) -> Response:
        collections.delete(self.collection(collection_id))
        return answer("collection deleted")


class StartView(TrajectView):
    """/collections/{id}/start"""

    def get(self, request: Request, collection_id: str) -> Response:
        collection = self.collection(collection_id)
        collections.start(collection, Trigger.API)
        return answer("Collection started", collection=described(collection))


class StopView(TrajectView):
    """/collections/{id}/stop"""

    def get(self, request: Request, collection_id: str) -> Response:
        collection = self.collection(collection_id)
        collections.stop(collection)
        return answer("collection stopped", collection=described(collection))


class StopAllView(TrajectView):
    """/collections/stopall"""

    def get(self, request: Request) -> Response:
        stopped, failed = launching.stop_all(self.account)
        noun = "Collection" if stopped == 1 else "Collections"
        return answer(
            f"{stopped} {noun} stopped", collections_stopped=stopped, collections_failed_to_stop=failed
        )


class ClearView(TrajectView):
    """/collections/{id}/clear"""

    def delete(self, request: Request, collection_id: str) -> Response:
        requests.clear(self.collection(collection_id))
        return answer("Collection requests cleared")


class ScheduleView(TrajectView):
    """/collections/{id}/schedule: beyond the contract, when it runs next and what became of the last times."""

    def get(self, request: Request, collection_id: str) -> Response:
        collection = self.collection(collection_id)
        count = coerce.whole("count", request.query_params.get("count") or FIRES)
        if not 1 <= count <= MAX_FIRES:
            raise bad("count", count, f"use a whole number from 1 to {MAX_FIRES}")
        return answer(
            collection_id=collection.public_id,
            enabled=collection.enabled,
            timezone=self.account.timezone,
            next_fires=[timestamp(fire) for fire in scheduling.next_fires(collection, now(), count)],
            last_fires=[fire_object(fire) for fire in scheduling.last_fires(collection, count)],
        )
