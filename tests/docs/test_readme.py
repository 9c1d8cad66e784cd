"""The README's walk with curl does what it says, as it stands."""

import json
import re
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from demo.shop import Shop
from tests.servers.service import ROOT, Service

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(not (shutil.which("curl") and shutil.which("bash")), reason="needs curl and bash"),
]


def walk() -> list[str]:
    """The shell blocks of the walk."""
    text = (ROOT / "README.md").read_text()
    part = text.split("<!-- The blocks from here")[1].split("<!-- The end of the walk. -->")[0]
    return re.findall(r"```sh\n(.*?)```", part, re.DOTALL)


def test_the_walk_with_curl_works(tmp_path: Path) -> None:
    with Shop() as shop:
        threading.Thread(target=shop.serve_forever, daemon=True).start()
        service = Service(tmp_path / "home", API_KEY="MY-FIRST-KEY", ALLOWED_PRIVATE_HOSTS=shop.host)
        try:
            service.start()
            script = "\n".join(f"echo '=== block'\n{block}\necho" for block in walk())
            script = script.replace("http://127.0.0.1:8080", service.url).replace("127.0.0.1:8900", shop.host)
            done = subprocess.run(
                ["bash", "-eu", "-o", "pipefail", "-c", script],
                cwd=tmp_path,
                capture_output=True,
                text=True,
                timeout=120,
            )
        finally:
            service.kill_all()
            shop.shutdown()
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"success": false' not in done.stdout
    assert '"success":false' not in done.stdout
    created, added, _, files, single = done.stdout.split("=== block\n")[1:]
    assert json.loads(created)["collection"]["schedule_hours"] == [6, 18]
    assert '"requests_total_count":3' in added.replace(" ", "")
    assert len(re.findall(r"T(?:06|18):00:00", added)) >= 3
    assert '"name":"Round Pot for Two"' in files.replace('": "', '":"')
    assert "first,Round Pot for Two" in files
    assert json.loads(single)["extracted"]["name"] == "Tall Pot with Strainer"
