"""The service's Celery app, but a request for `/kill` kills the process that scrapes it."""

import os
import signal
from typing import Any

from config.celery import app
from scraping.messages import Outcome
from scraping.scraper import Scraper

scrape = Scraper.scrape


async def deadly(self: Scraper, params: dict[str, Any], **options: Any) -> Outcome:
    if str(params.get("url", "")).endswith("/kill"):
        os.kill(os.getpid(), signal.SIGKILL)
    return await scrape(self, params, **options)


Scraper.scrape = deadly  # type: ignore[method-assign]  # the one process that is meant to be broken

__all__ = ["app"]
