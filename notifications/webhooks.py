"""Webhooks: one POST to a URL that a user gave.

The caller has checked where the URL may lead and hands in the addresses; the connection goes to one of these and asks
no name server, so that a name which changes its answer meanwhile (DNS rebinding) gains nothing. Redirects are not
followed, proxies and passwords of the environment not used.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from notifications.errors import NotSent

TIMEOUT = 5.0  # seconds from the beginning to the end of the answer (Countdown: webhooks)
MOST_READ = 65_536  # bytes of the answer
USER_AGENT = "Roundsman"
TRUSTED: bool | str = True  # the authorities that certifi lists
WORTH_ANOTHER_TRY = frozenset({408, 425, 429})


@dataclass(frozen=True)
class Answer:
    """`body` are its first bytes, as they came."""

    status: int
    body: bytes


def post(url: str, body: bytes, *, addresses: Sequence[str], timeout: float = TIMEOUT) -> Answer:
    """POST a JSON body; the answer, when its status is 2xx.

    `addresses` are the IP addresses of the URL's host that may be connected to; they are tried in turn. Raises NotSent,
    nothing else.
    """
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  reading it is the check
    except ValueError as error:
        raise NotSent(f"The webhook's URL {url[:200]!r} is not a URL", permanent=True) from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NotSent(
            f"The webhook's URL {url[:200]!r} does not begin with http:// or https://", permanent=True
        )
    watch = _Watch(timeout)
    try:
        answer = _first_answer(parts, body, addresses, watch)
    finally:
        watch.end()
    return _judged(answer)


def _first_answer(parts: SplitResult, body: bytes, addresses: Sequence[str], watch: "_Watch") -> Answer:
    """From the first address that takes a connection."""
    failure = NotSent(f"The webhook's host {parts.hostname} has no address", permanent=False)
    for address in addresses:
        try:
            return _ask(parts, body, address, watch)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            failure = _failure(error, watch)
        if watch.is_over or watch.is_connected:
            break  # what was sent once is not sent again by itself
    raise failure


def _failure(error: Exception, watch: "_Watch") -> NotSent:
    if isinstance(error, requests.exceptions.SSLError):
        return NotSent(f"The webhook's host has no trusted certificate: {_reason(error)}", permanent=False)
    if watch.is_over or isinstance(error, requests.Timeout):
        return NotSent(f"The webhook did not answer within {watch.timeout:g} seconds", permanent=False)
    if isinstance(error, ValueError):  # requests' own errors for what it cannot send
        return NotSent(f"The webhook's URL cannot be called: {_reason(error)}", permanent=True)
    return NotSent(f"The connection to the webhook failed: {_reason(error)}", permanent=False)


def _reason(error: BaseException) -> str:
    """The innermost reason in a few words, without the layers that requests and urllib3 put around it."""
    inner: Any = error.args[0] if error.args and isinstance(error.args[0], BaseException) else error
    inner = getattr(inner, "reason", None) or inner
    cause = inner.__cause__ if isinstance(inner, BaseException) and inner.__cause__ else inner
    return str(getattr(cause, "strerror", None) or cause)[:200]


def _judged(answer: Answer) -> Answer:
    if 200 <= answer.status < 300:
        return answer
    permanent = answer.status < 500 and answer.status not in WORTH_ANOTHER_TRY
    redirected = ", a redirect, which is not followed" if 300 <= answer.status < 400 else ""
    raise NotSent(
        f"The webhook answered with HTTP {answer.status}{redirected}",
        permanent=permanent,
        status=answer.status,
    )


def _ask(parts: SplitResult, body: bytes, address: str, watch: "_Watch") -> Answer:
    host = f"[{address}]" if ":" in address else address
    url = parts._replace(netloc=host if parts.port is None else f"{host}:{parts.port}", fragment="").geturl()
    headers = {
        "Host": parts.netloc.rpartition("@")[2],
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "Accept-Encoding": "identity",
        "Connection": "close",
    }
    with requests.Session() as session:
        session.trust_env = False
        session.mount(
            "https://", _Adapter(watch, server_hostname=parts.hostname, assert_hostname=parts.hostname)
        )
        session.mount("http://", _Adapter(watch))
        with session.post(
            url,
            data=body,
            headers=headers,
            timeout=watch.left(),
            allow_redirects=False,
            stream=True,
            verify=TRUSTED,
        ) as response:
            content = b"" if response.raw is None else response.raw.read(MOST_READ)
            if watch.is_over:
                raise requests.ReadTimeout
            return Answer(response.status_code, content)


class _Watch:
    """Ends whatever is connected when the time is over: a timeout of sockets begins anew with every byte."""

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self.is_over = False
        self.is_connected = False
        self._until = time.monotonic() + timeout
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(timeout, self._cut)
        self._timer.daemon = True
        self._timer.start()

    def left(self) -> float:
        return max(0.001, self._until - time.monotonic())

    def connected(self, connection: socket.socket) -> None:
        self.is_connected = True
        # A second handle on the connection: TLS takes the first one over, and shutting down ends both.
        self._socket = connection.dup()
        if self.is_over:
            self._cut()

    def end(self) -> None:
        self._timer.cancel()
        if self._socket is not None:
            self._socket.close()

    def _cut(self) -> None:
        self.is_over = True
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


class _Adapter(HTTPAdapter):
    """Tells the watch of its connections. `tls` says whose certificate is asked for, as the URL has an IP address."""

    def __init__(self, watch: _Watch, **tls: Any) -> None:
        self._watch = watch
        self._tls = tls
        super().__init__()

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any
    ) -> None:
        super().init_poolmanager(connections, maxsize, block, **pool_kwargs, **self._tls)
        self.poolmanager.pool_classes_by_scheme = _pools(self._watch.connected)


def _pools(connected: Callable[[socket.socket], None]) -> dict[str, type[HTTPConnectionPool]]:
    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            connection = super()._new_conn()
            connected(connection)
            return connection

    class Tls(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            connection = super()._new_conn()
            connected(connection)
            return connection

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = Tls

    return {"http": PlainPool, "https": TlsPool}
