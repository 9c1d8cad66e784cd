"""The doorbell: a message only wakes a worker; what must happen stands in the database.

Messages are therefore acknowledged early and may be lost or doubled: `recover` rings again for whatever
stands still, and every task begins with a claim.
"""

import os
import signal
from types import FrameType
from typing import Any

from celery import Celery
from celery.signals import worker_process_init, worker_ready
from django.conf import settings
from kombu import Exchange, Queue

from collections_app.services import shutdown
from config.supervisor.leash import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

QUEUES = ("http", "browser", "delivery", "control")
EXCHANGE = Exchange("roundsman", type="direct")

app = Celery("roundsman")


def configuration() -> dict[str, Any]:
    redis = settings.BROKER_URL.startswith(("redis", "rediss", "valkey", "sentinel"))
    return {
        "broker_url": settings.BROKER_URL,
        "broker_connection_retry_on_startup": True,
        "broker_connection_timeout": 4,
        "broker_transport_options": {
            # Whoever rings does not wait for a broker that is down: recover rings again.
            "max_retries": 1,
            "interval_start": 0,
            "interval_step": 0.1,
            "interval_max": 0.1,
            "visibility_timeout": 6 * 3600,
            "socket_connect_timeout": 4,
            "socket_timeout": 30,
            "socket_keepalive": True,
            "health_check_interval": 15,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
        }
        if redis
        else {},
        "task_ignore_result": True,
        "task_default_queue": "control",
        "task_default_exchange": EXCHANGE.name,
        "task_default_routing_key": "control",
        "task_queues": [Queue(name, EXCHANGE, routing_key=name) for name in QUEUES],
        "task_routes": {"collections.work": {"queue": "http"}},
        "task_create_missing_queues": False,
        "worker_prefetch_multiplier": 1,
        # Celery sits it out to the end, whatever its tasks do; batches come back within a second or two.
        "worker_soft_shutdown_timeout": 8,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "worker_send_task_events": False,
        "timezone": "UTC",
        "enable_utc": True,
        "beat_scheduler": "collections_app.beat:RoundsmanScheduler",
        "beat_sync_every": 1,
        "beat_max_loop_interval": 1,
        "beat_schedule": {
            "recover": {"task": "collections.recover", "schedule": settings.RECOVER_EVERY},
            "retain": {"task": "collections.retain", "schedule": 3600.0},
        },
    }


app.add_defaults(configuration)  # asked when first needed: Django reads its settings later
app.autodiscover_tasks(["collections_app"])

_STARTED_BY = os.getpid()


@worker_process_init.connect
def leave_no_orphan(**kwargs: Any) -> None:
    """A worker that is killed takes its pool along; the next one must not share the machine with its ghosts."""
    if os.getpid() != _STARTED_BY:  # forked; the pools without processes send this signal too
        die_with_parent(os.getppid())


@worker_ready.connect
def tell_the_pool_of_a_shutdown(**kwargs: Any) -> None:
    """Celery's own signal for that comes only after a soft shutdown has waited for the tasks to end."""
    for number in (signal.SIGTERM, signal.SIGQUIT, signal.SIGINT):
        handler = signal.getsignal(number)
        if callable(handler) and not isinstance(handler, _Telling):
            signal.signal(number, _Telling(handler))


class _Telling:
    """A signal's handler, and before it the word to the pool's processes."""

    def __init__(self, handler: Any) -> None:
        self._handler = handler

    def __call__(self, number: int, frame: FrameType | None) -> None:
        shutdown.tell()
        self._handler(number, frame)
