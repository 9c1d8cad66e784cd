"""How often an account may list (Countdown: 60 calls a minute; here as many as wanted, unless an operator says)."""

import logging
import time

from django.conf import settings
from django.core.cache import cache

from collections_app.models import Account
from collections_app.services.errors import Refused

logger = logging.getLogger(__name__)

WINDOW = 60  # seconds


def take_list_call(account: Account) -> None:
    """Count a call that lists. Raises Refused (429) above ROUNDSMAN_LIST_RATE in this minute.

    Counted in the cache, which all web processes share where the broker is a Redis or Valkey.
    """
    most: int = settings.LIST_RATE
    if not most:
        return
    key = f"list-rate:{account.pk}:{int(time.time()) // WINDOW}"
    try:
        cache.add(key, 0, timeout=2 * WINDOW)
        calls = cache.incr(key)
    except Exception as error:
        logger.warning("could not count a call: %s", error)
        return
    if calls > most:
        raise Refused(f"More than {most} calls that list in a minute: wait and retry", 429)
