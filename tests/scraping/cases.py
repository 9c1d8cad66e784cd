"""Test cases that are folders: a page, what it is asked, and the item that must come of it."""

import json
from pathlib import Path
from typing import Any

import pytest

FIXTURES = Path(__file__).parent.parent / "fixtures"
REAL_PAGES = (
    Path(__file__).parents[3] / "shared" / "pages"
)  # saved pages of real sites, beside the repository
needs_real_pages = pytest.mark.skipif(not REAL_PAGES.is_dir(), reason=f"no saved real pages at {REAL_PAGES}")


def cases(kind: str) -> list[Any]:
    """The folders of tests/fixtures/<kind>, as pytest parameters named after them."""
    folders = sorted(folder for folder in (FIXTURES / kind).iterdir() if folder.is_dir())
    assert folders, f"no case in {FIXTURES / kind}"
    return [pytest.param(folder, id=folder.name) for folder in folders]


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
