"""Fixtures for every test: real servers, each started for the test and stopped after it."""

import os
import uuid
from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings as hypothesis_settings

from tests.servers.broker import Broker
from tests.servers.postgres import Postgres, create_database

# CI draws the same examples each time, so that a change is judged by itself; everywhere else they are new each time.
hypothesis_settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    hypothesis_settings.load_profile("ci")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that start processes follow one another: side by side they would only fight for the cores."""
    for item in items:
        if item.get_closest_marker("processes"):
            item.add_marker(pytest.mark.xdist_group("processes"))


@pytest.fixture
def broker() -> Iterator[Broker]:
    """A running Valkey of this test's own: `.url`, `.kill()`, `.start()`."""
    server = Broker()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a running PostgreSQL; that of ROUNDSMAN_DATABASE_URL when the tests were given one."""
    given = os.environ.get("ROUNDSMAN_DATABASE_URL", "")
    if given.startswith("postgres"):
        yield given
        return
    server = Postgres()
    try:
        server.start()
        yield server.url()
    finally:
        server.stop()


@pytest.fixture
def new_postgres_database(postgres_url: str) -> Callable[[], str]:
    """Call it for the URL of a new, empty database."""
    return lambda: create_database(postgres_url, f"test_{uuid.uuid4().hex}")
