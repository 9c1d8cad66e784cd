"""The paths of a collection's requests."""

from rest_framework.request import Request
from rest_framework.response import Response

from collections_app.api.traject.base import TrajectView
from collections_app.api.traject.envelope import answer
from collections_app.services import requests
from collections_app.services.errors import Refused


class RequestsPageView(TrajectView):
    """/collections/{id}/requests/{page}, with ?q= those that hold the text."""

    def get(self, request: Request, collection_id: str, page: int) -> Response:
        collection = self.collection(collection_id)
        found = requests.page(collection, page, request.query_params.get("q"))
        return answer(
            collection_id=collection.public_id,
            requests_page_current=found.number,
            requests_page_count=found.pages,
            requests_total_count=found.total,
            requests=found.rows,
        )


class RequestsView(TrajectView):
    """/collections/{id}/requests"""

    def delete(self, request: Request, collection_id: str) -> Response:
        """The body is an array of request ids."""
        collection = self.collection(collection_id)
        if not isinstance(request.data, list):
            raise Refused('Send a JSON array of request ids, such as ["ABCDEFGHIJKLMNOP"]', field="requests")
        deleted = requests.delete_many(collection, request.data)
        noun = "Request" if deleted == 1 else "Requests"
        return answer(f"{deleted} {noun} deleted", requests_deleted=deleted)


class RequestView(TrajectView):
    """/collections/{id}/{request id}"""

    def put(self, request: Request, collection_id: str, request_id: str) -> Response:
        changed = requests.update_one(self.collection(collection_id), request_id, self.fields(request))
        return answer(request=changed)

    def delete(self, request: Request, collection_id: str, request_id: str) -> Response:
        requests.delete_one(self.collection(collection_id), request_id)
        return answer("Request deleted")
