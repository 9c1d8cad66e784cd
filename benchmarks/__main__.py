"""`./run bench`: the list of benchmarks; `./run bench NAME ...` runs one (the same as `python -m benchmarks.NAME`)."""

import ast
import runpy
import sys
from pathlib import Path


def main(arguments: list[str]) -> int:
    known = {path.stem: path for path in sorted(Path(__file__).parent.glob("[a-z]*.py"))}
    if arguments and arguments[0] in known:
        sys.argv[1:] = arguments[1:]
        runpy.run_module(f"benchmarks.{arguments[0]}", run_name="__main__", alter_sys=True)
        return 0
    for name, path in known.items():
        about = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        print(f"{name:<10} {about.partition(chr(10))[0]}")
    if arguments:
        print(f"{arguments[0]!r} is none of them", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
