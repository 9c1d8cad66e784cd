"""Ways to get a page. A new one is a file beside http.py and a line in FETCHERS."""

from scraping.fetchers.contract import Fetcher, FetchSettings
from scraping.fetchers.http import HttpFetcher

FETCHERS: dict[str, type[HttpFetcher]] = {
    "http": HttpFetcher,
}

__all__ = ["FETCHERS", "FetchSettings", "Fetcher", "HttpFetcher"]
