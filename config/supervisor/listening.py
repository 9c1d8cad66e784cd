"""The web server's socket. The supervisor holds it, so that a restart of the web server refuses nobody."""

import errno
import socket

from config.supervisor.home import CannotStart


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises CannotStart."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(512)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise CannotStart(f"Port {port} on {host} is in use; set ROUNDSMAN_PORT to another.") from None
        if error.errno == errno.EACCES:
            raise CannotStart(
                f"Port {port} is not ours to take; set ROUNDSMAN_PORT to one above 1023."
            ) from None
        raise CannotStart(f"ROUNDSMAN_BIND={host}: cannot listen there ({error.strerror}).") from None
    return listener


def base_url(listener: socket.socket) -> str:
    """The URL at which this machine reaches the socket."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104  compared with, not bound to
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
