"""What became of each fire of a schedule, and which beat holds the clock."""

from django.db import models
from django.utils.timezone import now

from collections_app.models.collections import Collection
from collections_app.models.runs import Run


class FireOutcome(models.TextChoices):
    RAN = "ran"
    SKIPPED = "skipped"
    MISSED = "missed"
    CAUGHT_UP = "caught_up"


class Fire(models.Model):
    """A moment at which a schedule was due, and what became of it. One per collection and moment."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="fires")
    due_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=FireOutcome.choices)
    reason = models.CharField(max_length=200, blank=True)
    run = models.ForeignKey(Run, null=True, blank=True, on_delete=models.SET_NULL, related_name="fires")
    recorded_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["-due_at"]
        constraints = [models.UniqueConstraint(fields=["collection", "due_at"], name="one_fire_per_moment")]

    def __str__(self) -> str:
        return f"{self.due_at:%Y-%m-%d %H:%M} {self.outcome}"


class SchedulerLease(models.Model):
    """One row: the beat that may fire, until `expires_at`."""

    name = models.CharField(max_length=40, primary_key=True)
    holder = models.CharField(max_length=200, blank=True)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}: {self.holder} until {self.expires_at:%H:%M:%S}"
