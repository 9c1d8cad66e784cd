"""A small web server for the fetcher's tests: raw bytes out, so that it can misbehave in every way."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import TracebackType


@dataclass(frozen=True)
class Received:
    """A request as it arrived; header names are lower-case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    peer: str

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


Route = bytes | Callable[[Received, asyncio.StreamWriter], Awaitable[bytes | None]]


def page(
    body: bytes = b"", status: int = 200, headers: Mapping[str, str] | None = None, *, length: bool = True
) -> bytes:
    lines = [f"HTTP/1.1 {status} Some", *(f"{name}: {value}" for name, value in (headers or {}).items())]
    if length:
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def redirect(location: str, status: int = 302, headers: Mapping[str, str] | None = None) -> bytes:
    return page(status=status, headers={"location": location, **(headers or {})})


class Site:
    """`async with Site({"/": page(b"hello")}) as site`: routes by path, "*" for any other; what came is in `received`.
    A route that returns None has written its answer itself (or none), and the connection is closed."""

    def __init__(
        self,
        routes: Mapping[str, Route] | None = None,
        *,
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self.routes: dict[str, Route] = dict(routes or {})
        self.received: list[Received] = []
        self.connections = 0
        self.open_connections = 0
        self.readers: dict[asyncio.StreamWriter, asyncio.StreamReader] = {}
        self._tls = tls
        self._listen = host
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        return f"{self._listen}:{self.port}"

    def url(self, path: str = "/", host: str = "") -> str:
        return f"{'https' if self._tls else 'http'}://{host or self._listen}:{self.port}{path}"

    def paths(self) -> list[str]:
        return [request.target for request in self.received]

    async def __aenter__(self) -> Site:
        self._server = await asyncio.start_server(self._accept, self._listen, 0, ssl=self._tls, limit=2**20)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open_connections += 1
        self.readers[writer] = reader
        try:
            while True:
                request = await self._read(reader, writer)
                self.received.append(request)
                route = self.routes.get(request.path, self.routes.get("*", page(b"nothing here", 404)))
                answer = route if isinstance(route, bytes) else await route(request, writer)
                if answer is None:
                    return
                writer.write(answer)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client went away, which some tests want
        finally:
            self.open_connections -= 1
            del self.readers[writer]
            writer.close()

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Received:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip("\r\n").split("\r\n")
        method, target, _ = first.split(" ", 2)
        headers = {
            name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        return Received(method, target, headers, body, writer.get_extra_info("peername")[0])
