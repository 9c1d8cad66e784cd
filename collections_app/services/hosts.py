"""A host's limit, shared by all worker processes of all machines.

Each process that fetches from a host holds a share of its limit for TTL seconds and asks again before that.
The shares never sum to over the limit: a newcomer gets what is free, and the others shrink to their fair part
when they next ask. One statement per process, host and few seconds: nothing is asked per request.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils.timezone import now

from collections_app.models import Host, HostShare

TTL = timedelta(seconds=15)


class Share(NamedTuple):
    """`granted` requests at once; `holders` share the host; nothing is to be sent before `delay_until`."""

    granted: int
    holders: int
    delay_until: datetime | None


def ask(name: str, holder: uuid.UUID, in_flight: int = 0) -> Share:
    """This holder's share of the host from now on; never under what it has in flight already."""
    moment = now()
    with transaction.atomic():
        Host.objects.get_or_create(name=name)
        host = Host.objects.select_for_update().get(name=name)
        HostShare.objects.filter(host=host, expires_at__lt=moment).delete()
        others = HostShare.objects.filter(host=host).exclude(holder=holder)
        taken = others.aggregate(sum=Sum("granted"))["sum"] or 0
        holders = others.count() + 1
        limit = settings.HOST_CONCURRENCY
        granted = max(min(max(limit // holders, 1), limit - taken), in_flight, 0)
        HostShare.objects.update_or_create(
            host=host, holder=holder, defaults={"granted": granted, "expires_at": moment + TTL}
        )
    return Share(granted, holders, host.delay_until)


def give_back(names: Iterable[str], holder: uuid.UUID) -> None:
    """The holder is done with these hosts; the others may have its part."""
    HostShare.objects.filter(host__name__in=list(names), holder=holder).delete()


def slow_down(name: str, seconds: float) -> None:
    """Hold everybody back from the host for so long."""
    until = now() + timedelta(seconds=seconds)
    Host.objects.filter(name=name).exclude(delay_until__gt=until).update(delay_until=until)
