"""A run whose part files and result set lie in an S3 bucket, as when workers stand on several machines."""

from collections.abc import Callable

import orjson
import pytest
from django.conf import LazySettings

from collections_app.models import Batch, Collection, ResultSet, Run
from collections_app.services import batches, parts, working
from collections_app.services.dispatching import dispatch
from collections_app.services.finishing import finish
from collections_app.services.launching import launch
from collections_app.services.result_files import listing
from tests.collections_app.pipeline.conftest import StubEngine

pytestmark = [pytest.mark.processes, pytest.mark.django_db]


def test_a_run_in_a_bucket(
    bucket: None, make_collection: Callable[..., Collection], engine: StubEngine, settings: LazySettings
) -> None:
    settings.BATCH_SIZE = 10
    collection = make_collection(25)
    launch(collection, "api")
    (run,) = dispatch(collection.account_id)
    late = batches.claim()
    assert late is not None
    Batch.objects.filter(pk=late.batch).update(status="pending", token=None)  # its lease is over
    assert working.work(engine, seconds=60) == 3
    assert not working.work_off(engine, late)  # writes a part file of its own, which nobody keeps
    assert len(listing(parts.folder(run.pk))[1]) == 3

    result_set = finish(run.pk)
    assert result_set is not None
    assert Run.objects.get().status == "completed"
    (page,) = ResultSet.objects.get().files["jsonlines"]["pages"]
    with parts.storage().open(f"{result_set.folder}/{page}") as file:
        rows = [orjson.loads(line) for line in file.read().splitlines()]
    assert [row["result"]["n"] for row in rows] == list(range(1, 26))
    assert listing(parts.folder(run.pk))[1] == []
