"""The service's Celery app with leases on finishing and shares of hosts so short that who is frozen loses them."""

from datetime import timedelta
from typing import Any

from celery.signals import worker_process_init

from config.celery import app


@worker_process_init.connect
def hurry(**kwargs: Any) -> None:
    from collections_app.services import finishing, hosts, throttle  # the models are there only now

    finishing.LEASE = 3
    finishing.RENEW_ROWS = 5
    hosts.TTL = timedelta(seconds=3)
    throttle.RENEW, throttle.LAPSED = 1.0, 3.0


__all__ = ["app"]
