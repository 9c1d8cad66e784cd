"""`./run test`: linters, types, layers, then every test on SQLite and those of the database on PostgreSQL too.

    ./run test [--only lint|sqlite|postgres ...] [-- ARGUMENT ...]

Every step runs, whatever the one before it said. Arguments after `--` go to pytest. The last line is that of pytest
over the whole suite; the exit code is 0 only when every step was good.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.servers.postgres import Postgres

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
LINT: dict[str, list[object]] = {
    "ruff check": [BIN / "ruff", "check", ".", "run"],
    "ruff format": [BIN / "ruff", "format", "--check", ".", "run"],
    "mypy": [BIN / "mypy", "."],
    "import-linter": [BIN / "lint-imports"],
}
# The processes of one test are many; two tests at a time are what two cores take.
PYTEST = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadgroup"]
OF_THE_DATABASE = "tests/collections_app"
CLOSING_LINE = re.compile(r"^(=+ .* =+|.*\bin [\d.]+s\b.*)$")


@dataclass(frozen=True)
class Step:
    name: str
    code: int
    seconds: float
    closing_line: str = ""


def main(arguments: list[str]) -> int:
    split = arguments.index("--") if "--" in arguments else len(arguments)
    parser = argparse.ArgumentParser(prog="./run test", epilog="Arguments after -- go to pytest.")
    parser.add_argument("--only", choices=("lint", "sqlite", "postgres"), action="append")
    only = parser.parse_args(arguments[:split]).only or ["lint", "postgres", "sqlite"]
    for_pytest = arguments[split + 1 :]

    steps = [run(name, command) for name, command in LINT.items()] if "lint" in only else []
    if "postgres" in only:
        steps.append(on_postgres(for_pytest))
    if "sqlite" in only:
        steps.append(run_pytest("pytest on SQLite", for_pytest, {"ROUNDSMAN_DATABASE_URL": ""}))
    print()
    for step in steps:
        told = step.closing_line.strip("= ")
        print(
            f"{'ok' if step.code == 0 else 'FAILED':<7} {step.name:<22} {step.seconds:6.1f} s  {told}".rstrip()
        )
    if steps[-1].closing_line:
        print(steps[-1].closing_line)
    return 0 if all(step.code == 0 for step in steps) else 1


def run(name: str, command: list[object]) -> Step:
    print(f"--- {name}", flush=True)
    began = time.monotonic()
    code = subprocess.call([str(part) for part in command], cwd=ROOT)
    return Step(name, code, time.monotonic() - began)


def on_postgres(for_pytest: list[str]) -> Step:
    server = Postgres()
    try:
        server.start()
        paths = [] if any((ROOT / part.split("::")[0]).exists() for part in for_pytest) else [OF_THE_DATABASE]
        return run_pytest(
            "pytest on PostgreSQL", [*paths, *for_pytest], {"ROUNDSMAN_DATABASE_URL": server.url()}
        )
    finally:
        server.stop()


def run_pytest(name: str, arguments: list[str], environment: dict[str, str]) -> Step:
    """What pytest says is passed on as it comes, but for its closing line, which is kept for the end."""
    print(f"--- {name}", flush=True)
    began = time.monotonic()
    process = subprocess.Popen(
        [*PYTEST, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    held = ""
    for line in process.stdout or ():
        if held:
            print(held, flush=True)
        held = line.rstrip("\n") if CLOSING_LINE.match(line) else ""
        if not held:
            print(line, end="", flush=True)
    code = process.wait()
    return Step(name, code, time.monotonic() - began, held)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
