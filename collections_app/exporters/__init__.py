"""The formats of result files, by name. A new format: one file beside these, one line below."""

from collections_app.exporters.contract import Exporter, Options
from collections_app.exporters.csv_table import CsvTable
from collections_app.exporters.json_array import JsonArray
from collections_app.exporters.json_lines import JsonLines

EXPORTERS: dict[str, Exporter] = {
    "json": JsonArray(),
    "jsonlines": JsonLines(),
    "csv": CsvTable(),
}

__all__ = ["EXPORTERS", "Exporter", "Options"]
