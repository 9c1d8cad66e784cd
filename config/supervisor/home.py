"""The service's folder: made, checked, locked, and the secret key in it."""

import contextlib
import fcntl
import os
import secrets
import tempfile
from pathlib import Path
from typing import IO


class CannotStart(Exception):
    """Why the service cannot start, as one sentence for the operator."""


def prepare(home: Path, broker_folder: Path) -> None:
    """Make the home and its folders, for our eyes only. Raises CannotStart."""
    try:
        for folder in (home, home / "run", home / "log", home / "broker", broker_folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            pass
    except OSError as error:
        raise CannotStart(
            f"ROUNDSMAN_HOME={home} cannot be written ({error.strerror}); name a folder that can."
        ) from error
    if broker_folder.stat().st_uid != os.getuid():
        raise CannotStart(
            f"{broker_folder} belongs to somebody else; remove it, or set a shorter ROUNDSMAN_HOME."
        )


def lock(home: Path) -> IO[str]:
    """Hold the home as long as the returned file is open. Raises CannotStart when another process holds it."""
    held = open(home / "run" / "up.lock", "a+", encoding="utf-8")  # noqa: SIM115  open as long as we run
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        held.seek(0)
        holder = held.read().strip() or "?"
        held.close()
        raise CannotStart(
            f"Roundsman runs already in {home} (process {holder}); stop it, or set ROUNDSMAN_HOME to another folder."
        ) from None
    held.seek(0)
    held.truncate()
    held.write(f"{os.getpid()}\n")
    held.flush()
    return held


def make_secret_key(path: Path) -> str:
    """The key in the file; a new one, readable by us only, when there is none. Raises CannotStart."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        key = path.read_text(encoding="utf-8").strip()
        if not key:
            raise CannotStart(f"{path} is empty; remove it, and a new key is made.") from None
        return key
    key = secrets.token_urlsafe(50)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{key}\n")
        file.flush()
        os.fsync(descriptor)
    return key


def leave(home: Path, broker_folder: Path) -> None:
    """Remove the broker's folder when it had to be outside the home."""
    if home not in broker_folder.parents:
        with contextlib.suppress(OSError):
            broker_folder.rmdir()
