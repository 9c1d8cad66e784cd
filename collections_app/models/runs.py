"""Runs (what happens) and their batches (what a worker claims)."""

from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from collections_app.models.accounts import Account
from collections_app.models.collections import Collection, Priority


class RunStatus(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    STOPPED = "stopped"


ACTIVE = (RunStatus.QUEUED, RunStatus.RUNNING)
RUN_COMES_FROM = {
    RunStatus.RUNNING: (RunStatus.QUEUED,),
    RunStatus.COMPLETED: (RunStatus.RUNNING,),
    RunStatus.FAILED: (RunStatus.QUEUED, RunStatus.RUNNING),
    RunStatus.STOPPED: (RunStatus.QUEUED, RunStatus.RUNNING),
}


class Trigger(models.TextChoices):
    SCHEDULE = "schedule"
    API = "api"
    ADMIN = "admin"


class Run(models.Model):
    """One go through all requests of a collection.

        queued ──begin──> running ──finish──> completed
           │                 │
           └──── stop ───────┴──────────────> stopped
           └──── fail ───────┴──────────────> failed

    `number` is that of the result set, given when the run is finished. `finish_*` is the lease of the worker
    that writes the result set.
    """

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="runs")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="runs")
    status = models.CharField(max_length=10, choices=RunStatus.choices, default=RunStatus.QUEUED)
    trigger = models.CharField(max_length=10, choices=Trigger.choices)
    due_at = models.DateTimeField(null=True, blank=True, help_text="When the schedule wanted it.")
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    number = models.PositiveIntegerField(null=True, blank=True)

    request_count = models.PositiveIntegerField(default=0)
    completed_count = models.PositiveIntegerField(default=0)
    failed_count = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)

    queued_at = models.DateTimeField(default=now)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    last_claimed_at = models.DateTimeField(null=True, blank=True, editable=False)
    finish_token = models.UUIDField(null=True, blank=True, editable=False)
    finish_lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    finish_attempts = models.PositiveSmallIntegerField(default=0, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["collection"], condition=Q(status__in=ACTIVE), name="one_active_run"
            ),
            models.UniqueConstraint(
                fields=["collection", "due_at"], condition=Q(due_at__isnull=False), name="one_run_per_fire"
            ),
        ]
        indexes = [
            models.Index(
                fields=["account", "priority", "queued_at", "id"],
                condition=Q(status="queued"),
                name="run_queue",
            ),
            models.Index(
                fields=["priority", "last_claimed_at", "id"], condition=Q(status="running"), name="run_turns"
            ),
            models.Index(fields=["account", "status"], condition=Q(status__in=ACTIVE), name="run_slots"),
        ]

    def __str__(self) -> str:
        return f"run {self.pk} of {self.collection_id} ({self.status})"


class BatchStatus(models.TextChoices):
    PENDING = "pending"
    WORKING = "working"
    DONE = "done"


class Batch(models.Model):
    """A slice of a run's requests: those of the collection from `first_position` to `last_position`.

        pending ──claim──> working ──save──> done
           ^                  │
           └── lease is over ─┘

    A claim sets `token` and `lease_until`; only the holder of the current token may save the outcome, and
    `part` names the file that holder wrote. `attempts` counts claims.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="batches")
    first_position = models.PositiveBigIntegerField()
    last_position = models.PositiveBigIntegerField()
    size = models.PositiveIntegerField()
    status = models.CharField(max_length=10, choices=BatchStatus.choices, default=BatchStatus.PENDING)
    token = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    part = models.CharField(max_length=200, blank=True, editable=False)
    done_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["first_position"]
        constraints = [
            models.UniqueConstraint(fields=["run", "first_position"], name="batch_position"),
        ]
        indexes = [
            models.Index(
                fields=["run", "first_position"], condition=Q(status="pending"), name="batch_pending"
            ),
            models.Index(fields=["lease_until"], condition=Q(status="working"), name="batch_leases"),
        ]

    def __str__(self) -> str:
        return f"batch {self.pk} of run {self.run_id} ({self.status})"
