"""What tests of several parts need."""

from collections.abc import Iterator

import pytest
import requests
from django.conf import LazySettings
from moto.server import ThreadedMotoServer


@pytest.fixture
def bucket(settings: LazySettings) -> Iterator[None]:
    """The results storage is an S3 bucket: a real server on the loopback, through django-storages."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        _, port = server.get_host_and_port()
        options = {
            "bucket_name": f"results-{port}",
            "endpoint_url": f"http://127.0.0.1:{port}",
            "access_key": "A",
            "secret_key": "B",
            "region_name": "us-east-1",
            "location": "roundsman/results",
            "max_memory_size": 1000,
        }
        requests.put(f"{options['endpoint_url']}/{options['bucket_name']}", timeout=10).raise_for_status()
        results_storage = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
        settings.STORAGES = {**settings.STORAGES, "results": results_storage}
        yield
    finally:
        server.stop()
