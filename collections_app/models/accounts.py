"""Accounts (tenants) and their API keys."""

import zoneinfo

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.timezone import now


def validate_timezone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(f"{name!r} is not a time zone; use a name such as Europe/Berlin or UTC")


class Account(models.Model):
    """A tenant: owns collections; its time zone is the one of its schedules."""

    name = models.CharField(max_length=200)
    email = models.EmailField(blank=True)
    timezone = models.CharField(max_length=64, default="UTC", validators=[validate_timezone])
    webhook_url = models.URLField(
        blank=True, help_text="Called when a collection names no webhook of its own."
    )
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class ApiKey(models.Model):
    """A key of an account. The key itself is shown once, when it is made; only its SHA-256 is kept."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="api_keys")
    label = models.CharField(max_length=200, blank=True)
    prefix = models.CharField(
        max_length=8, editable=False, help_text="The key's first characters, to tell keys apart."
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.prefix}… {self.label}".strip()
