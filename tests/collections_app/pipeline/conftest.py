"""A collection to run, and an engine whose scraper answers as the test wants."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.conf import LazySettings

from collections_app.models import Account, Collection, CollectionRequest
from collections_app.services import bell
from scraping.messages import Outcome


@pytest.fixture(autouse=True)
def scratch_storage(tmp_path: Path, settings: LazySettings) -> None:
    backend = "django.core.files.storage.FileSystemStorage"
    results = {"BACKEND": backend, "OPTIONS": {"location": tmp_path / "results"}}
    settings.STORAGES = {**settings.STORAGES, "results": results}


@pytest.fixture
def account(db: None) -> Account:
    return Account.objects.create(name="Alice")


@pytest.fixture
def make_collection(account: Account) -> Callable[..., Collection]:
    def make(count: int = 5, *, account: Account = account, **settings: Any) -> Collection:
        settings.setdefault("name", "Prices")
        collection = Collection.objects.create(
            account=account, request_count=count, next_position=count + 1, **settings
        )
        CollectionRequest.objects.bulk_create(
            CollectionRequest(
                collection=collection,
                position=n,
                type="page",
                params=orjson.dumps({"type": "page", "url": f"http://shop.test/{n}", "n": n}).decode(),
            )
            for n in range(1, count + 1)
        )
        return collection

    return make


@pytest.fixture
def rings(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[Any, ...], int]]:
    """What was rung after commit: (task, args, times)."""
    heard: list[tuple[str, tuple[Any, ...], int]] = []
    monkeypatch.setattr(bell, "_send", lambda task, args, times: heard.append((task, args, times)))
    return heard


class StubScraper:
    """Answers each request with its `n`; `behave` may do otherwise."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.behave: Callable[[dict[str, Any]], Coroutine[Any, Any, Outcome]] | None = None

    async def scrape(self, params: dict[str, Any]) -> Outcome:
        self.asked.append(params)
        if self.behave:
            return await self.behave(params)
        return Outcome(result={"n": params["n"]}, status=200, elapsed=0.01)


class StubEngine:
    def __init__(self) -> None:
        self.scraper = StubScraper()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def submit(self, coroutine: Coroutine[Any, Any, Any]) -> "Future[Any]":
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture
def engine() -> Iterator[StubEngine]:
    stub = StubEngine()
    yield stub
    stub.close()
