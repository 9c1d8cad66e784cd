"""How many requests at once a host gets from all workers together."""

from django.db import models


class Host(models.Model):
    """A host that is being fetched from. `delay_until` holds everybody back after a 429 or 503."""

    name = models.CharField(max_length=255, unique=True)
    delay_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class HostShare(models.Model):
    """One worker process's part of a host's limit, until `expires_at`. The parts never sum to over the limit."""

    host = models.ForeignKey(Host, on_delete=models.CASCADE, related_name="shares")
    holder = models.UUIDField()
    granted = models.PositiveIntegerField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["host", "holder"], name="one_share_per_holder")]

    def __str__(self) -> str:
        return f"{self.holder}: {self.granted}"
