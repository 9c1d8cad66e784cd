"""Roundsman's scraping: parameters in, items out. Plain Python, no server needed.

from scraping import scrape
outcome = scrape("page", url="https://example.com", extract={"title": "h1"})
print(outcome.result if outcome.success else outcome.error)
"""

from scraping.scraper import Scraper, scrape

__all__ = ["Scraper", "scrape"]
