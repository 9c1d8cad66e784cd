"""Collections, with what the API can do to them."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.timezone import now
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from collections_app.admin.base import LookOnly, each, lines, shown_moment
from collections_app.models import Collection, CollectionRequest
from collections_app.models.runs import ACTIVE, Trigger
from collections_app.services import collections, listing, scheduling

Filters = list[tuple[str, str]]


class StatusFilter(admin.SimpleListFilter):
    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Filters:
        return [(status, status) for status in (listing.IDLE, *map(str, ACTIVE))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Collection]) -> QuerySet[Collection]:
        return queryset.filter(listing.has_status(self.value() or "")) if self.value() else queryset


@admin.register(Collection)
class CollectionAdmin(LookOnly):
    list_display = (
        "public_id",
        "name",
        "account",
        "status",
        "enabled",
        "schedule_type",
        "next_run",
        "last_run_at",
        "priority",
        "request_count",
        "result_sets",
    )
    list_display_links = ("public_id", "name")
    list_filter = (
        StatusFilter,
        "enabled",
        "schedule_type",
        "priority",
        "requests_type",
        ("account", AutocompleteSelectFilter),
    )
    list_filter_submit = True
    list_select_related = ("account",)
    search_fields = ("name", "public_id")
    search_help_text = "Name or id"
    ordering = ("name", "id")
    actions = ("start", "stop", "enable", "disable")
    fieldsets = (
        (None, {"fields": ("public_id", "name", "account", "status", "enabled", "priority", "created_at")}),
        (
            "Schedule",
            {
                "fields": (
                    "schedule_type",
                    "schedule_days_of_month",
                    "schedule_days_of_week",
                    "schedule_hours",
                    "schedule_minutes",
                    "next_fires",
                    "last_fires",
                )
            },
        ),
        (
            "Requests",
            {
                "fields": (
                    "requests_type",
                    "requests_type_locked",
                    "request_count",
                    "page_count",
                    "first_requests",
                )
            },
        ),
        (
            "Result sets",
            {
                "fields": (
                    "last_run_at",
                    "result_sets",
                    "destination_ids",
                    "notification_email",
                    "notification_webhook",
                    "notification_as_json",
                    "notification_as_jsonlines",
                    "notification_as_csv",
                    "notification_csv_fields",
                )
            },
        ),
    )
    readonly_fields = ("status", "result_sets", "next_fires", "last_fires", "first_requests")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Collection]:
        found: QuerySet[Collection] = super().get_queryset(request)
        return listing.annotated(found)

    @admin.display(ordering="seen_status")
    def status(self, collection: Collection) -> str:
        return collection.seen_status  # type: ignore[attr-defined,no-any-return]  # annotated

    @admin.display(ordering="seen_results")
    def result_sets(self, collection: Collection) -> int:
        return collection.seen_results  # type: ignore[attr-defined,no-any-return]  # annotated

    @admin.display
    def next_run(self, collection: Collection) -> str:
        return shown_moment(listing.next_run_at(collection, now()))

    @admin.display
    def next_fires(self, collection: Collection) -> SafeString:
        return lines(map(shown_moment, scheduling.next_fires(collection, now(), 5)))

    @admin.display
    def last_fires(self, collection: Collection) -> SafeString:
        return lines(
            " ".join((shown_moment(fire.due_at), fire.outcome, fire.reason))
            for fire in scheduling.last_fires(collection, 10)
        )

    @admin.display
    def first_requests(self, collection: Collection) -> SafeString:
        rows = CollectionRequest.objects.filter(collection=collection).order_by("position")
        return lines(f"{row.public_id} {row.params[:300]}" for row in rows[:20])

    @admin.action(description="Start", permissions=["operate"])
    def start(self, request: HttpRequest, rows: QuerySet[Collection]) -> None:
        each(self, request, rows, lambda row: collections.start(row, Trigger.ADMIN), "collections started")

    @admin.action(description="Stop", permissions=["operate"])
    def stop(self, request: HttpRequest, rows: QuerySet[Collection]) -> None:
        each(self, request, rows, collections.stop, "collections stopped")

    @admin.action(description="Enable", permissions=["operate"])
    def enable(self, request: HttpRequest, rows: QuerySet[Collection]) -> None:
        each(self, request, rows, lambda row: collections.set_enabled(row, True), "collections enabled")

    @admin.action(description="Disable", permissions=["operate"])
    def disable(self, request: HttpRequest, rows: QuerySet[Collection]) -> None:
        each(self, request, rows, lambda row: collections.set_enabled(row, False), "collections disabled")
