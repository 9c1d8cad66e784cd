"""The paths that lead to a collection's requests as files."""

from rest_framework.request import Request
from rest_framework.response import Response

from collections_app.api.traject.base import TrajectView
from collections_app.api.traject.envelope import answer
from collections_app.services import request_exports


class RequestsJsonView(TrajectView):
    """/collections/{id}/requests/json: links to files of 1,000 requests each, good for a day."""

    format = "json"

    def get(self, request: Request, collection_id: str) -> Response:
        collection = self.collection(collection_id)
        base_url = str(request.build_absolute_uri("/"))
        return answer(
            collection_id=collection.public_id,
            requests_total_count=collection.request_count,
            requests_page_count=request_exports.page_count(collection),
            download_links=request_exports.links(collection, self.format, base_url),
        )


class RequestsCsvView(RequestsJsonView):
    """/collections/{id}/requests/csv"""

    format = "csv"
