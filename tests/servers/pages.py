"""A small site for runs: every path is a page, after as long as the test wants."""

import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Pages:
    """`/n` answers a page whose h1 is n, after `delay` seconds; `hits` counts requests by path."""

    def __init__(self) -> None:
        self.delay = 0.0
        self.hits: Counter[str] = Counter()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.hits[self.path] += 1
                time.sleep(outer.delay)
                body = f"<html><title>Page</title><h1>{self.path[1:]}</h1></html>".encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, *_: object) -> None:
                """A worker that is killed drops its connections; that is what the test is about."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def url(self, path: str) -> str:
        return f"http://{self.address}/{path}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
