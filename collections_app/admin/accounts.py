"""Accounts and their API keys."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Field, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from collections_app.admin.base import LookOnly, each
from collections_app.models import Account, ApiKey
from collections_app.services import accounts


@admin.register(Account)
class AccountAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    list_display = ("name", "email", "timezone", "collection_count", "created_at")
    search_fields = ("name", "email")
    fields = ("name", "email", "timezone", "webhook_url", "created_at")
    readonly_fields = ("created_at",)
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Account]:
        found: QuerySet[Account] = super().get_queryset(request)
        return found.annotate(collection_count=Count("collections"))

    @admin.display(description="collections", ordering="collection_count")
    def collection_count(self, account: Account) -> int:
        return account.collection_count  # type: ignore[attr-defined,no-any-return]  # annotated

    def has_delete_permission(self, request: HttpRequest, obj: Account | None = None) -> bool:
        return False  # its files and schedules would be left behind

    def formfield_for_dbfield(self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "webhook_url":
            kwargs["assume_scheme"] = "https"
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Account, form: Any, change: bool) -> None:
        accounts.save_account(obj)


@admin.register(ApiKey)
class ApiKeyAdmin(LookOnly):
    """A key is shown once, when it is made; then only its beginning is known."""

    list_display = ("prefix", "label", "account", "created_at", "last_used_at", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    list_select_related = ("account",)
    search_fields = ("prefix", "label", "account__name")
    autocomplete_fields = ("account",)
    fields = ("account", "label")
    actions = ("revoke",)

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        told = ("prefix", "created_at", "last_used_at", "revoked_at")
        return (*self.fields, *told) if obj else self.fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(super(LookOnly, self).has_add_permission(request))

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        row, plain = accounts.create_key(obj.account, obj.label)
        obj.pk = row.pk
        obj.refresh_from_db()
        self.message_user(
            request,
            f"The key is {plain}: copy it now, it is shown this once and kept nowhere.",
            messages.WARNING,
        )

    @admin.action(description="Revoke", permissions=["operate"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        each(self, request, keys.filter(revoked_at=None), accounts.revoke_key, "keys revoked")
