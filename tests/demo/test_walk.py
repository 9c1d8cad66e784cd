"""The demo itself: the whole service, from the outside."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from demo.shop import MISSING
from tests.servers.service import ROOT, Service


@pytest.mark.processes
def test_the_demo_walks_through_the_main_job_and_leaves_only_files(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "demo.walk", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=170,
    )
    log = tmp_path / "service.log"
    assert done.returncode == 0, done.stdout + done.stderr + log.read_text()
    assert "Result set 1: 44 completed, 1 failed" in done.stdout

    (page,) = tmp_path.glob("*_1_Page_1.json")
    rows = json.loads(page.read_bytes())
    assert len(rows) == 45
    (failed,) = [row for row in rows if not row["success"]]
    assert failed["request"]["custom_id"] == MISSING.strip("/")
    by_id = {row["request"]["custom_id"]: row["result"] for row in rows}
    pot = by_id["products/1"]["extracted"]
    assert (pot["name"], pot["price"]["value"], pot["stock"]) == ("Round Pot for Two", 24.5, 12)
    assert pot["schema_org"]["products"][0]["sku"] == "TEA-001"
    assert len(by_id["teapots?page=1"]["extracted"]["cards"]) == 5
    assert by_id["products/13"]["status"] == 200  # it was busy at first

    (lines,) = tmp_path.glob("*_1_Page_1.jsonl")
    assert [json.loads(line) for line in lines.read_bytes().splitlines()] == rows
    (table,) = tmp_path.glob("*.csv")
    with table.open(encoding="utf-8-sig", newline="") as file:
        cells = list(csv.DictReader(file))
    assert cells[8]["request.custom_id"] == "products/1"
    assert cells[8]["result.extracted.price.value"] == "24.5"

    assert "Stopped." in log.read_text()
    assert not Service(tmp_path / "home").processes()


def test_a_service_that_cannot_start_is_said_and_the_exit_code_is_1(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.write_text("a file where the service's folder should be")
    done = subprocess.run(
        [sys.executable, "-m", "demo.walk", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=170,
    )
    assert done.returncode == 1
    assert "The demo failed: the service ended at its start (exit code 2)" in done.stderr
    assert f"ROUNDSMAN_HOME={home} is not a folder." in (tmp_path / "service.log").read_text()
