"""What the pages share: most of what is here comes into being by running, not by typing."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator

from collections_app.services.errors import Refused


class LookOnly(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Rows to look at. Actions ask `operate`: who may change the model may use them."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_view_permission(request, obj)) or self.has_operate_permission(request)

    def has_operate_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the user may act on rows: those who hold the model's change permission."""
        return bool(request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}"))


class ManyRows(LookOnly):
    """Tables that grow without end: pages are turned without counting them."""

    paginator = InfinitePaginator


def each(
    page: ModelAdmin, request: HttpRequest, rows: Iterable[Any], act: Callable[[Any], Any], done: str
) -> None:
    """Act on each row; one message for all that was done, one for each refusal (the first ten of them)."""
    count, refusals = 0, []
    for row in rows:
        try:
            act(row)
        except Refused as error:
            refusals.append(error.message)
        else:
            count += 1
    if count:
        page.message_user(request, f"{count} {done}", messages.SUCCESS)
    for message in refusals[:10]:
        page.message_user(request, message, messages.ERROR)
    if len(refusals) > 10:
        page.message_user(request, f"… and {len(refusals) - 10} more were refused", messages.ERROR)


def shown_moment(moment: datetime | None) -> str:
    return date_format(moment, "Y-m-d H:i:s e") if moment else "-"


def lines(rows: Iterable[object]) -> SafeString:
    """The rows below each other."""
    found = SafeString("")
    for row in rows:
        found += format_html("{}<br>", row)
    return found or SafeString("-")
