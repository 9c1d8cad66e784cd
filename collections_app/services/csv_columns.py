"""Which columns a collection's CSV files have."""

import orjson

from collections_app.exporters import Options, csv_fields
from collections_app.models import Collection, CollectionRequest
from collections_app.services.errors import Refused
from scraping.errors import BadParameter
from scraping.request_types import REQUEST_TYPES, OwnColumns

SAMPLE = 200  # requests whose parameters are looked at for their columns
FIRST = ("success", "id", "request.custom_id")
LAST = ("result.message", "result.request_info.error", "result.request_info.message")


def check(text: str, setting: str = "csv_fields") -> tuple[str, ...]:
    """The columns that a comma list names; Refused when it cannot be used."""
    try:
        return csv_fields.parse(text, setting)
    except csv_fields.BadFields as error:
        raise Refused(str(error), field=setting) from error


def of(collection: Collection) -> tuple[str, ...]:
    """The collection's own columns: those of its settings, else the default. Raises Refused."""
    return (
        check(collection.notification_csv_fields)
        if collection.notification_csv_fields
        else default(collection)
    )


def default(collection: Collection) -> tuple[str, ...]:
    """The columns of the collection's request type, or of all its types together; around them what tells how each
    request went."""
    columns = list(FIRST)
    for name in types_of(collection):
        columns += _of_type(collection, name)
    return tuple(dict.fromkeys([*columns, *LAST]))[: csv_fields.MOST_FIELDS]


def _of_type(collection: Collection, name: str) -> list[str]:
    """The type's columns; where they depend on the parameters, those of the first requests together."""
    kind = REQUEST_TYPES[name]
    if not isinstance(kind, OwnColumns):
        return list(kind.csv_fields)
    columns: dict[str, None] = {}
    stored = CollectionRequest.objects.filter(collection=collection, type=name).order_by("position")
    for params in stored.values_list("params", flat=True)[:SAMPLE]:
        try:
            columns |= dict.fromkeys(kind.columns(kind.parameters.check(orjson.loads(params))))
        except BadParameter:
            continue  # stored by an older version; its row will say so
    return [column for column in columns if csv_fields.is_field(column)] or list(kind.csv_fields)


def types_of(collection: Collection) -> list[str]:
    """The request types, in the registry's order; all there are when the collection tells none."""
    if collection.requests_type in REQUEST_TYPES:
        return [collection.requests_type]
    held = [name for name in REQUEST_TYPES if collection.requests_per_type.get(name)]
    return held or list(REQUEST_TYPES)


def options(fields: tuple[str, ...]) -> Options:
    """What the exporters are told: the columns, and each request type's main list."""
    main_lists = {name: kind.main_list for name, kind in REQUEST_TYPES.items() if kind.main_list}
    return Options(fields, main_lists)
