"""The service's Celery app, but a request for `/kill` kills the process that scrapes it, one for `/spin` keeps it
busy in a pattern that never ends and never lets go of the interpreter, one for `/doze` its event loop."""

import os
import re
import signal
import time
from collections.abc import Mapping
from typing import Any

from celery.signals import worker_process_init

from config.celery import app
from scraping.messages import Outcome
from scraping.scraper import Scraper

scrape = Scraper.scrape


async def deadly(self: Scraper, params: Mapping[str, Any], *, real_time: bool = False) -> Outcome:
    url = str(params.get("url", ""))
    if url.endswith("/kill"):
        os.kill(os.getpid(), signal.SIGKILL)
    if url.endswith("/spin"):
        re.fullmatch("(a|a)*", "a" * 60 + "b")
    if url.endswith("/doze"):
        time.sleep(3600)  # noqa: ASYNC251  holding up the loop is the point
    return await scrape(self, params, real_time=real_time)


Scraper.scrape = deadly  # type: ignore[method-assign]  # the one process that is meant to be broken


@worker_process_init.connect
def lose_patience_early(**kwargs: Any) -> None:
    from collections_app.services import watchdog

    watchdog.HELD = watchdog.STUCK = 3.0


__all__ = ["app"]
