"""`./run` on machines that are not like this one. The outside (uv, pip, other Pythons) is played by small scripts."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.servers.service import ROOT

RUN = ROOT / "run"

# Plays uv: notes what it is asked, makes a venv whose Python is this one, and says what UV_SAYS tells it to.
UV = """#!/bin/sh
echo "$@" >> "$CALLS"
case "$1 $2" in
  "--version "*) exit 0 ;;
  "venv "*) for last; do :; done
     mkdir -p "$last/bin"; touch "$last/pyvenv.cfg"; ln -sf "$REAL_PYTHON" "$last/bin/python" ;;
  "pip install") [ -z "$UV_SAYS" ] || { echo "$UV_SAYS" >&2; exit 1; } ;;
esac
"""
MANAGE = "import sys; print('MANAGE', *sys.argv[1:])"


class House:
    """A copy of what `./run` needs, and a PATH with nothing on it but what a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.root, self.path, self.calls = folder / "house", folder / "path", folder / "calls"
        self.root.mkdir()
        self.path.mkdir()
        for name in ("run", "pyproject.toml", "requirements.lock"):
            shutil.copy(ROOT / name, self.root / name)
        (self.root / "manage.py").write_text(MANAGE)
        for tool in ("sh", "mkdir", "touch", "ln", "env"):
            (self.path / tool).symlink_to(shutil.which(tool) or f"/bin/{tool}")

    def put(self, name: str, script: str) -> None:
        (self.path / name).write_text(script)
        (self.path / name).chmod(0o755)

    def run(
        self, *arguments: str, before: str = "", environment: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """`before` is Python that runs first in the same interpreter: it makes the machine another one."""
        code = f"import runpy, sys, os, shutil\n{before}\nrunpy.run_path({str(self.root / 'run')!r}, run_name='__main__')"
        return subprocess.run(
            [sys.executable, "-c", code, *arguments],
            env={
                "PATH": str(self.path),
                "CALLS": str(self.calls),
                "REAL_PYTHON": sys.executable,
                "UV_SAYS": "",
                **(environment or {}),
            },
            capture_output=True,
            text=True,
            timeout=120,
        )

    def asked(self) -> list[str]:
        """What uv was asked to do, without the questions for its version."""
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        return [line for line in lines if line != "--version"]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


OLD_PYTHON = "sys.version_info = (3, 8, 18, 'final', 0)"


def test_python_3_8_can_read_it() -> None:
    ast.parse(RUN.read_text(), feature_version=(3, 8))


def test_it_is_executable_and_needs_the_standard_library_only() -> None:
    assert os.access(RUN, os.X_OK)
    tree = ast.parse(RUN.read_text())
    named = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    named |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert named <= sys.stdlib_module_names


def test_an_unsupported_python_is_one_sentence(house: House) -> None:
    done = house.run("up", before=OLD_PYTHON)
    assert done.returncode == 2
    assert done.stderr == (
        "Roundsman needs Python 3.11 or newer; this is 3.8, and there is no newer one on the PATH.\n"
    )


def test_a_newer_python_on_the_path_takes_over(house: House) -> None:
    house.put("python3.11", "#!/bin/sh\nexit 1\n")  # there, but too old or broken
    house.put("python3.12", '#!/bin/sh\n[ "$1" = -c ] || echo "TOOK OVER $@"\n')
    done = house.run("up", "now", before=OLD_PYTHON)
    assert done.stdout == f"TOOK OVER {house.root / 'run'} up now\n"


def test_the_first_start_installs_what_is_locked_and_the_second_does_not(house: House) -> None:
    house.put("uv", UV)
    first = house.run("up", "--now")
    assert first.stdout == "MANAGE up --now\n"
    assert "Installing runtime into .venv with uv ..." in first.stderr
    venv, install = house.asked()
    assert venv.startswith("venv ")
    assert f"--constraint {house.root / 'requirements.lock'}" in install
    assert "django>=5.2" in install
    assert "pytest>=" not in install

    second = house.run("manage", "shell")
    assert (second.stdout, second.stderr) == ("MANAGE shell\n", "")
    assert len(house.asked()) == 2


def test_the_tests_add_the_development_group_and_the_service_keeps_it(house: House) -> None:
    house.put("uv", UV)
    house.run("up")
    house.run("test")  # the suite is not in this house, what matters is what was installed for it
    assert "pytest>=" in house.asked()[-1]
    house.run("up")
    assert len(house.asked()) == 3

    # A new lock: what this command needs is brought to it, the tests will bring the rest.
    with (house.root / "requirements.lock").open("a") as file:
        file.write("\n")
    house.run("up")
    assert "pytest>=" not in house.asked()[-1]
    assert json.loads((house.root / ".venv/roundsman.json").read_text())["groups"] == ["runtime"]


def test_a_half_made_venv_is_mended(house: House) -> None:
    house.put("uv", UV)
    house.run("up")
    (house.root / ".venv/bin/python").unlink()
    again = house.run("up")
    assert again.stdout == "MANAGE up\n"
    assert [line.split()[0] for line in house.asked()] == ["venv", "pip", "venv", "pip"]

    # Its Python is there, but the installation was broken off before the stamp.
    (house.root / ".venv/roundsman.json").unlink()
    house.run("up")
    assert [line.split()[0] for line in house.asked()[4:]] == ["pip"]


def test_a_folder_named_venv_that_is_none_is_left_alone(house: House) -> None:
    (house.root / ".venv").mkdir()
    (house.root / ".venv/thesis.txt").write_text("years of work")
    house.put("uv", UV)
    done = house.run("up")
    assert done.returncode == 2
    assert done.stderr == f"{house.root}/.venv is there and is no virtual environment; move it away.\n"
    assert (house.root / ".venv/thesis.txt").exists()


def test_an_index_that_does_not_answer_is_said(house: House) -> None:
    house.put("uv", UV)
    said = "error: Request failed\n  Caused by: error sending request for url\n  Caused by: dns error"
    done = house.run("up", environment={"UV_SAYS": said})
    assert done.returncode == 2
    assert "the package index does not answer" in done.stderr
    assert "Traceback" not in done.stderr
    # And when it answers again, it goes on.
    assert house.run("up").stdout == "MANAGE up\n"


def test_what_else_fails_is_shown(house: House) -> None:
    house.put("uv", UV)
    done = house.run("up", environment={"UV_SAYS": "no wheel for this machine"})
    assert done.returncode == 2
    assert done.stderr.endswith("Installing failed:\nno wheel for this machine\n")


def test_a_python_without_venv_is_one_sentence(house: House) -> None:
    house.put(
        "debian",
        "#!/bin/sh\necho 'The virtual environment was not created: ensurepip is not available.'; exit 1\n",
    )
    done = house.run("up", before=f"sys.executable = {str(house.path / 'debian')!r}")
    assert done.returncode == 2
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert done.stderr.splitlines()[-1] == (
        f"This Python cannot make virtual environments: `apt install python{version}-venv` (or install uv), "
        "then run this again."
    )
    assert not (house.root / ".venv").exists()


def test_a_folder_that_cannot_be_written_is_one_sentence(house: House) -> None:
    # Root may write anywhere, so that the machine's answer is played.
    done = house.run("up", before="os.access = lambda path, mode: mode != os.W_OK")
    assert done.returncode == 2
    assert done.stderr == f"{house.root} cannot be written, and .venv must be made there.\n"


def test_an_unknown_command_names_the_known_ones(house: House) -> None:
    done = house.run("upp")
    assert done.returncode == 2
    assert done.stderr.startswith("'upp' is no command: use one of up, demo, test, manage, bench, lock")


def test_help_is_there_without_installing_anything(house: House) -> None:
    done = house.run("help")
    assert done.returncode == 0
    assert "./run" in done.stdout
    assert not (house.root / ".venv").exists()


def test_the_lock_holds_names_and_versions_only_and_all_that_is_asked_for() -> None:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    strange = [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.!+-]+( ; [\w .<>='!]+)?", line)]
    assert strange == []
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    locked = {line.partition("==")[0] for line in lines}
    names = {re.split(r"[\[<>=!~ ;]", entry)[0].lower() for entry in wanted}
    assert names - locked == set()
