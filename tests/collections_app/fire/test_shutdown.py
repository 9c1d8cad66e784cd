"""A worker that is told to stop hands its batches back at once; one that is stuck ends itself."""

import signal

import pytest
from django.conf import LazySettings

from collections_app.models import Batch, ResultSet
from collections_app.services.launching import launch
from collections_app.services.recovery import recover
from tests.collections_app.fire.conftest import Service, rows_of

pytestmark = pytest.mark.processes


@pytest.mark.parametrize("how", ["warm", "soft"])
def test_a_worker_that_is_told_to_stop_hands_its_batches_back_at_once(
    service: Service, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    if how == "soft":
        service.environment["REMAP_SIGTERM"] = "SIGQUIT"
    service.pages.delay = 20.0
    worker = service.worker(2, batch_size=10, batch_lease=600)
    run = launch(service.collection(20), "api")
    assert run is not None
    working = Batch.objects.filter(run=run, status="working")
    service.wait(lambda: working.count() == 2 and len(service.pages.hits) == 20)
    worker.send_signal(signal.SIGTERM)
    service.wait(
        lambda: not working.exists(), seconds=10
    )  # long before a page is there, or the lease is over
    assert set(Batch.objects.filter(run=run).values_list("status", "attempts")) == {("pending", 0)}
    worker.wait(20)
    service.pages.delay = 0.0
    service.worker(2, batch_size=10)
    service.wait(lambda: service.ended(run))
    assert len(rows_of(ResultSet.objects.get(run=run))) == 20


@pytest.mark.parametrize("path", ["spin", "doze"])
def test_a_page_that_holds_its_process_up_costs_only_its_own_row(
    service: Service, settings: LazySettings, path: str
) -> None:
    """Spinning, it never lets go of the interpreter's lock: no thread of that process could end it, or renew its
    lease. Dozing, it holds up the event loop, while the lease is renewed for ever."""
    service.worker(2, app="tests.collections_app.fire.poisoned", batch_size=5, batch_attempts=1)
    settings.BATCH_ATTEMPTS = 1
    paths = ["1", "2", path, "4", "5", "6", "7"]
    run = launch(service.collection(7, paths=paths), "api")
    assert run is not None
    service.wait(lambda: (recover(), service.ended(run))[1], seconds=90)
    run.refresh_from_db()
    assert (run.status, run.completed_count, run.failed_count) == ("completed", 6, 1)
    (bad,) = [row for row in rows_of(ResultSet.objects.get(run=run)) if not row["success"]]
    assert bad["request"]["url"].endswith(f"/{path}")
    assert bad["result"]["request_info"]["error"] == "worker_lost"
    assert any("poisoned.py" in log.read_text() for log in service.home.glob("*.log"))  # where it was stuck
