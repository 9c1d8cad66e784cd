"""`./run demo`: the main job from creating a collection to its three result files, in a minute.

It starts the same service as `./run up`, on free ports and in a folder of its own (`./run demo FOLDER`: in that one);
what it leaves is that folder.
"""

import contextlib
import csv
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from demo.client import Client, Failed, download
from demo.shop import MISSING, Shop

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 120.0  # seconds for the service to start, and again for the run
ROWS_SHOWN = 5

PRODUCT = {
    "name": {"css": "h1.name", "required": True},
    "price": {"css": ".price", "type": "price"},
    "stock": {"css": ".stock", "type": "integer"},
    "schema.org": True,
}
LISTING = {
    "how_many": {"css": ".count", "type": "integer"},
    "cards": {
        "css": "li.card",
        "list": True,
        "fields": {
            "name": "h2",
            "price": {"css": ".price", "type": "price"},
            "link": {"css": "a", "type": "url"},
        },
    },
}
CSV_FIELDS = (
    "request.custom_id,success,result.status,result.extracted.name,result.extracted.price.value,result.url"
)


def main() -> int:
    began = time.monotonic()
    folder = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else scratch()
    print(f"Everything of this demo is in {folder}")
    try:
        with running_shop() as shop, running_service(folder, shop) as client:
            collection = create(client, shop)
            run(client, shop, collection)
            files = fetch(client, collection, folder)
            summary(files)
    except Failed as reason:
        print(f"\nThe demo failed: {reason}", file=sys.stderr)
        print(f"What the service said is in {folder / 'service.log'}", file=sys.stderr)
        return 1
    print(f"\nDone in {time.monotonic() - began:.0f} s. For your own collections: ./run up")
    return 0


def scratch() -> Path:
    """A new folder under var/, or a temporary one where that cannot be written."""
    folder = ROOT / "var" / f"demo-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
    try:
        folder.mkdir(parents=True)
    except OSError:
        return Path(tempfile.mkdtemp(prefix="roundsman-demo-"))
    return folder


@contextlib.contextmanager
def running_shop() -> Iterator[Shop]:
    with Shop() as shop:
        threading.Thread(target=shop.serve_forever, daemon=True).start()
        print(f"The sample shop has {len(shop.paths())} pages:  http://{shop.host}/")
        yield shop
        shop.shutdown()


@contextlib.contextmanager
def running_service(folder: Path, shop: Shop) -> Iterator[Client]:
    """The service as `manage.py up` starts it, ready; stopped at the end."""
    home, api_key = folder / "home", secrets.token_hex(16).upper()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ROUNDSMAN_")}
    environment |= {
        "ROUNDSMAN_HOME": str(home),
        "ROUNDSMAN_PORT": "0",
        "ROUNDSMAN_API_KEY": api_key,
        # Shops on this machine are refused unless they are named here.
        "ROUNDSMAN_ALLOWED_PRIVATE_HOSTS": shop.host,
    }
    # The leash: were this demo killed, the service would go with it.
    leash = [sys.executable, "-I", "-S", str(ROOT / "config" / "supervisor" / "leash.py"), str(os.getpid())]
    with (folder / "service.log").open("wb") as log:
        service = subprocess.Popen(
            [*leash, "--", sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is ours; we stop it in order
        )
    try:
        yield Client(wait_until_ready(service, home), api_key)
    finally:
        service.terminate()
        try:
            service.wait(60)
        except subprocess.TimeoutExpired:
            service.kill()
            service.wait()


def wait_until_ready(service: "subprocess.Popen[bytes]", home: Path) -> str:
    """The service's URL."""
    print("Starting the service: broker, web server, workers, beat ", end="", flush=True)
    for _ in ticks(PATIENCE):
        with contextlib.suppress(OSError, ValueError):
            url = str(json.loads((home / "run" / "ready.json").read_text())["url"])
            print(f"\nThe service answers at           {url}")
            return url
        if service.poll() is not None:
            print()
            raise Failed(f"the service ended at its start (exit code {service.returncode})")
        print(".", end="", flush=True)
    print()
    raise Failed(f"the service was not ready after {PATIENCE:.0f} s")


def create(client: Client, shop: Shop) -> str:
    """A collection of all the shop's pages, and one page that is not there; its id."""
    requests = [
        {
            "type": "page",
            "url": f"http://{shop.host}{path}",
            "custom_id": path.strip("/"),
            "extract": PRODUCT if path.startswith("/products/") else LISTING,
        }
        for path in [*shop.paths(), MISSING]
    ]
    settings = {"name": "The Tea Shelf", "schedule_type": "manual", "priority": "highest"}
    made = client.call("POST", "/collections", settings)["collection"]["id"]
    collection = client.call("PUT", f"/collections/{made}", {"requests": requests})["collection"]
    print(f"Created collection {made} with {collection['requests_total_count']} requests")
    return str(made)


def run(client: Client, shop: Shop, collection: str) -> None:
    """Start it and show how it goes, until its result set is there."""
    before = shop.served
    client.call("GET", f"/collections/{collection}/start")
    status = ""
    for _ in ticks(PATIENCE):
        now = client.call("GET", f"/collections/{collection}")["collection"]
        if now["status"] != status:
            status = now["status"]
            print(f"  {status:<8} ", end="", flush=True)
        if now["status"] == "idle" and now["results_count"]:
            print(f"\n  the shop has answered {shop.served - before} times")
            return
        print(".", end="", flush=True)
    print()
    raise Failed(f"the run was not finished after {PATIENCE:.0f} s")


def fetch(client: Client, collection: str, folder: Path) -> dict[str, Path]:
    """The result set's first page in each format: {format: file}."""
    path = f"/collections/{collection}/results/1"
    found = client.call("GET", path)["result"]
    print(f"Result set 1: {found['requests_completed']} completed, {found['requests_failed']} failed")
    answers = {
        "JSON": found,
        "JSON Lines": client.call("GET", f"{path}/jsonlines")["result"],
        "CSV": client.call("GET", f"{path}/csv", csv_fields=CSV_FIELDS)["result"],
    }
    return {name: download(answer["download_links"]["pages"][0], folder) for name, answer in answers.items()}


def summary(files: dict[str, Path]) -> None:
    """A few rows of each file, after a look whether all three say the same."""
    rows: list[dict[str, Any]] = json.loads(files["JSON"].read_bytes())
    lines = [json.loads(line) for line in files["JSON Lines"].read_bytes().splitlines()]
    with files["CSV"].open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    if rows != lines or len(table) != len(rows):
        raise Failed(f"the files differ: {len(rows)} rows of JSON, {len(lines)} lines, {len(table)} of CSV")
    print(f"\n{'page':<14} {'name':<28} {'price':>8}  stock")
    for row in [row for row in rows if "name" in row["result"].get("extracted", {})][:ROWS_SHOWN]:
        found = row["result"]["extracted"]
        price = found["price"] or {"value": 0.0, "currency": ""}
        print(
            f"{row['request']['custom_id']:<14} {found['name']:<28} "
            f"{price['value']:>8.2f}  {found['stock'] or 'sold out'}"
        )
    print(f"... and {len(rows) - ROWS_SHOWN} rows more.")
    for row in (row for row in rows if not row["success"]):
        info = row["result"]["request_info"]
        print(f"Failed, as it should: {row['request']['custom_id']}: {info['message']}")
    print()
    for name, path in files.items():
        print(f"{name:<11} {path.stat().st_size:>7,} bytes  {path}")


def ticks(seconds: float) -> Iterator[None]:
    """Four a second until the time is over."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        yield
        time.sleep(0.25)


def interrupted(number: int, frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, interrupted)  # so that everything started here is stopped
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        sys.exit(130)
