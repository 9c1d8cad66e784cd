"""Runs, fires and result sets."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeDateTimeFilter

from collections_app.admin.base import ManyRows, each, lines
from collections_app.models import Fire, ResultSet, Run
from collections_app.services import collections, results
from collections_app.services.result_names import JSON, JSON_LINES

IN_COLLECTION = ("collection__name", "collection__public_id")


@admin.register(Run)
class RunAdmin(ManyRows):
    list_display = (
        "id",
        "collection",
        "account",
        "status",
        "trigger",
        "number",
        "request_count",
        "completed_count",
        "failed_count",
        "queued_at",
        "started_at",
        "ended_at",
    )
    list_filter = ("status", "trigger", ("queued_at", RangeDateTimeFilter))
    list_filter_submit = True
    list_select_related = ("collection", "account")
    search_fields = IN_COLLECTION
    search_help_text = "Name or id of the collection"
    ordering = ("-id",)
    actions = ("stop",)

    @admin.action(description="Stop", permissions=["operate"])
    def stop(self, request: HttpRequest, runs: QuerySet[Run]) -> None:
        """Stop the collections of these runs, where it is this run that is active."""
        each(self, request, runs, collections.stop_run, "runs stopped")


@admin.register(Fire)
class FireAdmin(ManyRows):
    list_display = ("due_at", "collection", "outcome", "reason", "run")
    list_filter = ("outcome", ("due_at", RangeDateTimeFilter))
    list_filter_submit = True
    list_select_related = ("collection", "run")
    search_fields = IN_COLLECTION
    search_help_text = "Name or id of the collection"
    ordering = ("-id",)


@admin.register(ResultSet)
class ResultSetAdmin(ManyRows):
    list_display = (
        "collection",
        "number",
        "started_at",
        "ended_at",
        "expires_at",
        "request_count",
        "completed_count",
        "failed_count",
        "links_revoked_at",
    )
    list_filter = (("links_revoked_at", admin.EmptyFieldListFilter), ("ended_at", RangeDateTimeFilter))
    list_filter_submit = True
    list_select_related = ("collection",)
    search_fields = IN_COLLECTION
    search_help_text = "Name or id of the collection"
    ordering = ("-id",)
    actions = ("revoke_links",)
    fields = (
        "collection",
        "run",
        "number",
        "started_at",
        "ended_at",
        "expires_at",
        "request_count",
        "completed_count",
        "failed_count",
        "page_count",
        "folder",
        "links_revoked_at",
        "download_links",
    )
    readonly_fields = ("download_links",)

    @admin.display
    def download_links(self, result_set: ResultSet) -> SafeString:
        found = [
            results.links(result_set, format, base_url="/")["all_pages"] for format in (JSON, JSON_LINES)
        ]
        return lines(format_html('<a href="{0}">{0}</a>', link) for link in found if link)

    @admin.action(description="Revoke the download links", permissions=["operate"])
    def revoke_links(self, request: HttpRequest, rows: QuerySet[ResultSet]) -> None:
        each(
            self,
            request,
            rows.filter(links_revoked_at=None),
            results.revoke_links,
            "result sets' links revoked",
        )
