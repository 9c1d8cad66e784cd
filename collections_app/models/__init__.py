"""The rows: what is kept of accounts, collections, runs and result sets."""

from collections_app.models.accounts import Account, ApiKey
from collections_app.models.collections import Collection, CollectionRequest
from collections_app.models.errorlogs import ErrorLog
from collections_app.models.hosts import Host, HostShare
from collections_app.models.results import Result, ResultSet
from collections_app.models.runs import Batch, Run
from collections_app.models.schedules import Fire, SchedulerLease

__all__ = [
    "Account",
    "ApiKey",
    "Batch",
    "Collection",
    "CollectionRequest",
    "ErrorLog",
    "Fire",
    "Host",
    "HostShare",
    "Result",
    "ResultSet",
    "Run",
    "SchedulerLease",
]
