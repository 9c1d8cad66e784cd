"""Collections and their requests."""

import secrets

from django.db import models
from django.utils.timezone import now

from collections_app.models.accounts import Account


def new_collection_id() -> str:
    """8 upper-case hex digits (Countdown: collection id)."""
    return secrets.token_hex(4).upper()


def new_request_id() -> str:
    """16 characters, opaque."""
    return secrets.token_hex(8).upper()


class ScheduleType(models.TextChoices):
    MONTHLY = "monthly"
    WEEKLY = "weekly"
    DAILY = "daily"
    MINUTES = "minutes"
    MANUAL = "manual"


class Priority(models.IntegerChoices):
    """Lower runs first. In the API the lower-case names."""

    HIGHEST = 0
    HIGH = 1
    NORMAL = 2
    LOW = 3
    LOWEST = 4


MIXED = "mixed"


class Collection(models.Model):
    """Up to 15,000 requests that run together, by hand or on a schedule.

    `status` (idle, queued, running) is not a column: it is that of the active run. The counters are kept by
    `services.requests` in the transaction that changes the requests.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="collections")
    public_id = models.CharField(max_length=8, unique=True, default=new_collection_id, editable=False)
    name = models.CharField(max_length=500)
    enabled = models.BooleanField(default=True)
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)

    schedule_type = models.CharField(max_length=10, choices=ScheduleType.choices, default=ScheduleType.MANUAL)
    schedule_days_of_month = models.JSONField(default=list, blank=True)
    schedule_days_of_week = models.JSONField(default=list, blank=True, help_text="0 is Sunday.")
    schedule_hours = models.JSONField(default=list, blank=True)
    schedule_minutes = models.CharField(max_length=20, blank=True)

    destination_ids = models.JSONField(default=list, blank=True)
    notification_email = models.TextField(blank=True)
    notification_webhook = models.TextField(blank=True)
    notification_as_json = models.BooleanField(default=True)
    notification_as_jsonlines = models.BooleanField(default=False)
    notification_as_csv = models.BooleanField(default=False)
    notification_csv_fields = models.TextField(blank=True)

    requests_type = models.CharField(max_length=40, default=MIXED)
    requests_type_locked = models.BooleanField(default=False)
    requests_per_type = models.JSONField(default=dict, blank=True, editable=False)
    request_count = models.PositiveIntegerField(default=0, editable=False)
    html_count = models.PositiveIntegerField(
        default=0, editable=False, help_text="Requests with include_html."
    )
    page_count = models.PositiveIntegerField(default=0, editable=False, help_text="The sum of max_page.")
    next_position = models.PositiveBigIntegerField(default=1, editable=False)

    next_result_set_number = models.PositiveIntegerField(default=1, editable=False)
    last_run_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["account", "name", "id"], name="collection_by_name"),
            models.Index(fields=["account", "created_at", "id"], name="collection_by_created"),
            models.Index(fields=["account", "last_run_at", "id"], name="collection_by_last_run"),
            models.Index(fields=["account", "priority", "id"], name="collection_by_priority"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.public_id})"


class CollectionRequest(models.Model):
    """One request of a collection. `params` is the JSON text as stored, key order kept, without the id.

    `position` orders them and is never used twice in a collection.
    """

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="requests")
    public_id = models.CharField(max_length=16, unique=True, default=new_request_id, editable=False)
    position = models.PositiveBigIntegerField()
    type = models.CharField(max_length=40)
    params = models.TextField()
    max_page = models.PositiveSmallIntegerField(default=1)
    include_html = models.BooleanField(default=False)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["collection", "position"], name="request_position"),
        ]

    def __str__(self) -> str:
        return f"{self.public_id} ({self.type})"
