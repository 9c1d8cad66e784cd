"""Which columns a collection's CSV files have."""

from collections_app.exporters import Options, csv_fields
from collections_app.models import Collection
from collections_app.services.errors import Refused
from scraping.request_types import REQUEST_TYPES

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
        columns += REQUEST_TYPES[name].csv_fields
    return tuple(dict.fromkeys([*columns, *LAST]))


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
