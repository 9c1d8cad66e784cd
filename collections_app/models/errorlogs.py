"""Failures of the synchronous /request (Countdown: error logs)."""

from django.db import models
from django.utils.timezone import now

from collections_app.models.accounts import Account


class ErrorLog(models.Model):
    """A real-time request that ended with HTTP 500. The same request again raises `count`. Kept three days."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="error_logs")
    digest = models.CharField(
        max_length=64, help_text="SHA-256 of the parameters: the same request, the same row."
    )
    date = models.DateTimeField(default=now)
    count = models.PositiveIntegerField(default=1)
    api_url = models.TextField()
    engine_url = models.TextField(blank=True)
    parameters = models.JSONField(default=dict)
    result = models.JSONField(default=dict)

    class Meta:
        ordering = ["-date"]
        constraints = [models.UniqueConstraint(fields=["account", "digest"], name="one_log_per_request")]

    def __str__(self) -> str:
        return f"{self.date:%Y-%m-%d %H:%M}, {self.count} times"
