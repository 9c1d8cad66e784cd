"""What goes wrong before a view is reached, or beside the API's views: clients still read JSON."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults

ADMIN = "/admin/"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Such as a Host header that is not ours."""
    if request.path.startswith(ADMIN):
        return defaults.bad_request(request, exception)
    return _refusal(400, "The request could not be read: check the Host header and the URL")


def server_error(request: HttpRequest) -> HttpResponse:
    if request.path.startswith(ADMIN):
        return defaults.server_error(request)
    return _refusal(500, "We were unable to fulfil your request at this time, please retry")


def _refusal(status: int, message: str) -> JsonResponse:
    content = {"request_info": {"success": False, "message": message}}
    return JsonResponse(content, status=status, headers={"Cache-Control": "no-store"})
