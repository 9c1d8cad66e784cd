"""What remains: how each request of a run went, and the result set."""

import secrets

from django.db import models

from collections_app.models.collections import Collection
from collections_app.models.runs import Batch, Run


def new_link_token() -> str:
    """The unguessable part of a result set's download links (192 bits)."""
    return secrets.token_urlsafe(24)


class Result(models.Model):
    """How one request of a run went; the row itself stands in the batch's part file at `offset`, `length`."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="results")
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="results")
    request_id = models.CharField(max_length=16)
    position = models.PositiveBigIntegerField()
    succeeded = models.BooleanField()
    error = models.CharField(max_length=30, blank=True)
    message = models.CharField(max_length=500, blank=True)
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    elapsed_ms = models.PositiveIntegerField(default=0)
    offset = models.PositiveBigIntegerField(default=0)
    length = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["run", "position"], name="one_row_per_request")]

    def __str__(self) -> str:
        return f"{self.request_id}: {self.error or 'succeeded'}"


class ResultSet(models.Model):
    """What remains of a run; `number` is its `id` in the API: 1, 2, 3 … in its collection.

    `files` tells what is written: {"jsonlines": {"pages": ["name", …]}, "csv:<sha1>": {"pages": […]}, …}.
    `link_token` stands in its download links; `links_revoked_at` makes them stop working.
    """

    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="result_set")
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="result_sets")
    number = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    request_count = models.PositiveIntegerField()
    completed_count = models.PositiveIntegerField()
    failed_count = models.PositiveIntegerField()
    page_count = models.PositiveIntegerField()
    files = models.JSONField(default=dict)
    folder = models.CharField(max_length=200)
    link_token = models.CharField(max_length=40, unique=True, default=new_link_token)
    links_revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["collection", "number"], name="result_set_number")]

    def __str__(self) -> str:
        return f"result set {self.number} of {self.collection_id}"
