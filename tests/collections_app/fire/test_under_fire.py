"""Real workers on a real broker: killed, doubled, stopped; each request still gives exactly one row."""

import pytest

from collections_app.models import Batch, Result, ResultSet, Run
from collections_app.services import parts
from collections_app.services.launching import launch, stop
from collections_app.services.recovery import recover
from tests.collections_app.fire.conftest import Service, rows_of

pytestmark = pytest.mark.processes


def start(service: Service, count: int) -> Run:
    run = launch(service.collection(count), "api")
    assert run is not None
    return run


def assert_complete(service: Service, run: Run, count: int) -> ResultSet:
    """Every invariant of a run that completed with all requests answered."""
    run.refresh_from_db()
    assert (run.status, run.completed_count, run.failed_count) == ("completed", count, 0)
    assert list(Result.objects.filter(run=run).values_list("position", flat=True)) == list(
        range(1, count + 1)
    )
    result_set = ResultSet.objects.get(run=run)
    rows = rows_of(result_set)
    ids = list(run.collection.requests.values_list("public_id", flat=True))
    assert [row["id"] for row in rows] == ids
    assert [row["result"]["extracted"]["name"] for row in rows] == [str(n) for n in range(1, count + 1)]
    assert all(set(row) == {"success", "id", "request", "total_time_taken", "result"} for row in rows)
    service.wait(lambda: not parts.storage().exists(parts.folder(run.pk)))  # swept after the commit
    return result_set


def test_a_worker_takes_a_run_from_start_to_result_set(service: Service) -> None:
    service.worker(2, batch_size=10)
    run = start(service, 45)
    service.wait(lambda: service.ended(run))
    assert_complete(service, run, 45)
    assert service.pages.hits == {f"/{n}": 1 for n in range(1, 46)}


def test_a_worker_killed_in_the_middle_of_a_batch_loses_nothing(service: Service) -> None:
    service.pages.delay = 0.2
    first = service.worker(2, batch_size=20, concurrency=4)
    run = start(service, 80)
    service.wait(lambda: Batch.objects.filter(run=run, status="working").count() == 2)
    service.wait(lambda: len(service.pages.hits) > 4)
    service.kill(first)
    service.pages.delay = 0.0
    service.worker(2, batch_size=20)
    service.wait(lambda: (recover(), service.ended(run))[1])
    assert_complete(service, run, 80)
    assert max(service.pages.hits.values()) > 1  # the batch that was lost did run again


def test_twelve_workers_work_off_one_run_without_a_row_too_many(service: Service) -> None:
    service.worker(12, batch_size=3)
    run = start(service, 200)
    service.wait(lambda: (recover(), service.ended(run))[1])
    assert_complete(service, run, 200)


def test_a_stop_during_the_run_ends_it_at_once(service: Service) -> None:
    service.pages.delay = 0.3
    service.worker(2, batch_size=5, concurrency=2)
    run = start(service, 60)
    service.wait(lambda: Batch.objects.filter(run=run, status="done").exists())
    stopped = stop(run.collection)
    assert stopped is not None
    result_set = service.wait(lambda: ResultSet.objects.filter(run=run).first())
    rows = rows_of(result_set)
    run.refresh_from_db()
    assert run.status == "stopped"
    assert len(rows) == run.completed_count == Result.objects.filter(run=run).count()
    assert 5 <= len(rows) < 60
    again = launch(run.collection, "api")
    assert again is not None


def test_a_request_that_kills_its_process_is_given_up_and_its_row_says_so(service: Service) -> None:
    service.worker(2, app="tests.collections_app.fire.poisoned", batch_size=10)
    paths = [str(n) for n in range(1, 20)] + ["kill"]
    run = launch(service.collection(20, paths=paths), "api")
    assert run is not None
    service.wait(lambda: (recover(), service.ended(run))[1], seconds=90)
    run.refresh_from_db()
    assert (run.status, run.completed_count, run.failed_count) == ("completed", 19, 1)
    *good, bad = rows_of(ResultSet.objects.get(run=run))
    assert [row["result"]["extracted"]["name"] for row in good] == paths[:-1]
    assert bad["success"] is False
    assert bad["result"]["request_info"]["error"] == "worker_lost"


def test_a_broker_that_dies_and_forgets_costs_only_seconds(service: Service) -> None:
    service.pages.delay = 0.1
    service.worker(2, batch_size=10, concurrency=2)
    run = start(service, 60)
    service.wait(lambda: Batch.objects.filter(run=run, status="done").exists())
    service.broker.kill()
    for written in service.broker.folder.glob("appendonlydir/*"):
        written.unlink()
    service.broker.start()
    service.wait(lambda: (recover(), service.ended(run))[1], seconds=90)
    assert_complete(service, run, 60)
