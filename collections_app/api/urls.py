"""The API's paths. It stands at the root, so that a client changes its base URL and nothing else.

Each path answers with and without a slash at its end. The last entry answers whatever no other does.
"""

from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, re_path

from collections_app.api.traject.base import UnknownPath

View = Callable[..., HttpResponseBase]


def both(route: str, view: View, name: str) -> Iterable[URLPattern]:
    """The path, and the same with a slash."""
    yield path(route, view, name=name)
    yield path(f"{route}/", view)


def routes(*entries: tuple[str, Any, str]) -> list[URLPattern]:
    return list(chain.from_iterable(both(route, view.as_view(), name) for route, view, name in entries))


urlpatterns = [
    *routes(),
    re_path(r"^", UnknownPath.as_view()),
]
