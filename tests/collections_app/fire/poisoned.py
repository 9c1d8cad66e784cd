"""The service's Celery app, but a request for `/kill` kills the process that scrapes it."""

import os
import signal
from collections.abc import Mapping
from typing import Any

from config.celery import app
from scraping.messages import Outcome
from scraping.scraper import Scraper

scrape = Scraper.scrape


async def deadly(self: Scraper, params: Mapping[str, Any], *, real_time: bool = False) -> Outcome:
    if str(params.get("url", "")).endswith("/kill"):
        os.kill(os.getpid(), signal.SIGKILL)
    return await scrape(self, params, real_time=real_time)


Scraper.scrape = deadly  # type: ignore[method-assign]  # the one process that is meant to be broken

__all__ = ["app"]
