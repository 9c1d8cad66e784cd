"""A results storage that is broken for a while: nothing is lost or fetched twice, and the run says why it waits."""

import shutil
from pathlib import Path

import pytest

from collections_app.models import ResultSet, Run
from collections_app.services.launching import launch
from collections_app.services.recovery import recover
from tests.collections_app.fire.conftest import Service, rows_of

pytestmark = pytest.mark.processes


def break_storage(place: Path) -> None:
    """Nobody can write there, root neither."""
    shutil.rmtree(place, ignore_errors=True)
    place.write_text("not a folder")


def test_a_run_waits_for_its_storage_and_goes_on_when_it_is_mended(service: Service) -> None:
    place = service.home / "results"
    break_storage(place)
    service.worker(2, batch_size=10)
    run = launch(service.collection(20), "api")
    assert run is not None
    service.wait(lambda: "cannot be stored at the moment" in Run.objects.get().error)
    assert "Not a directory" in Run.objects.get().error
    for _ in range(3):
        recover()
    place.unlink()
    service.wait(lambda: (recover(), service.ended(run))[1])
    run.refresh_from_db()
    assert (run.status, run.completed_count, run.error) == ("completed", 20, "")
    assert len(rows_of(ResultSet.objects.get(run=run))) == 20
    assert set(service.pages.hits.values()) == {1}


def test_a_broker_that_is_down_when_a_run_is_started_costs_only_time(service: Service) -> None:
    service.broker.kill()
    run = launch(service.collection(5), "api")
    assert run is not None
    assert Run.objects.get().status == "queued"
    service.broker.start()
    service.worker(1)
    service.wait(lambda: (recover(), service.ended(run))[1])
    assert run.status == "completed"
