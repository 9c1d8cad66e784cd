"""What is told to the outside about a result set, and how it gets there."""

from typing import Any

import orjson
from django.conf import settings

from collections_app.models import ResultSet
from collections_app.services.errors import Refused
from collections_app.services.finishing import formats_of
from collections_app.services.results import links
from collections_app.services.timestamps import timestamp
from notifications import webhooks
from notifications.errors import NotSent
from scraping.errors import ScrapeError
from scraping.guard import Guard

COMPLETED = "collection_resultset_completed"


def webhook_url(result_set: ResultSet) -> str:
    """The collection's own, else its account's; "" when there is none."""
    collection = result_set.collection
    return collection.notification_webhook or collection.account.webhook_url


def completed(result_set: ResultSet, base_url: str) -> bytes:
    """The webhook's body (Countdown: webhooks; the keys in the order of real calls). Links are there for the formats
    that the collection wants."""
    collection = result_set.collection
    body: dict[str, Any] = {
        "request_info": {"success": True, "type": COMPLETED},
        "result_set": {
            "id": result_set.number,
            "started_at": timestamp(result_set.started_at),
            "ended_at": timestamp(result_set.ended_at),
            "requests_completed": result_set.completed_count,
            "requests_failed": result_set.failed_count,
            "download_links": {
                format: links(result_set, format, base_url=base_url) for format in formats_of(collection)
            },
        },
        "collection": {"id": collection.public_id, "name": collection.name},
    }
    return orjson.dumps(body)


def resend_webhook(result_set: ResultSet, base_url: str) -> None:
    """Call the webhook now. Raises Refused with the reason when there is none, or it fails."""
    url = webhook_url(result_set)
    if not url:
        raise Refused("No webhook is set: neither the Collection nor the account has a notification_webhook")
    try:
        call(url, completed(result_set, base_url))
    except NotSent as error:
        raise Refused(f"Webhook POST failed: {error.message}", field="notification_webhook") from error


def call(url: str, body: bytes) -> webhooks.Answer:
    """POST to a webhook, unless it leads into a private network. Raises NotSent."""
    try:
        target = Guard(settings.ALLOWED_PRIVATE_HOSTS).check_blocking(url)
    except ScrapeError as error:
        raise NotSent(error.message, permanent=error.code != "dns_failed") from error
    return webhooks.post(target.url, body, addresses=[str(address) for address in target.addresses])
