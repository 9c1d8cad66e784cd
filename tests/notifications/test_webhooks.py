"""Webhooks against a real receiver on the loopback."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from notifications import webhooks
from notifications.errors import NotSent

BODY = b'{"request_info":{"success":true}}'
LOOPBACK = ["127.0.0.1"]


class Receiver(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = 200
        self.headers: dict[str, str] = {}
        self.answer = b"thanks"
        self.received: list[tuple[str, dict[str, str], bytes]] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """Broken connections are what the tests want."""


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.server.answer)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@contextmanager
def serving(receiver: Receiver) -> Iterator[Receiver]:
    thread = threading.Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.shutdown()
        thread.join()
        receiver.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with serving(Receiver()) as one:
        yield one


@contextmanager
def talking(talk: Callable[[socket.socket, threading.Event], None]) -> Iterator[int]:
    """A server that says what `talk` says, to one caller; its port."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                try:
                    connection.recv(65_536)
                    talk(connection, over)
                except OSError:
                    pass

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        over.set()
        thread.join()


def test_the_body_arrives_as_it_was_given_and_the_name_in_its_header(receiver: Receiver) -> None:
    url = f"http://hooks.shop.example:{receiver.port}/a%20b?token=1#fragment"
    answer = webhooks.post(url, BODY, addresses=LOOPBACK)
    assert answer == webhooks.Answer(200, b"thanks")
    [(path, headers, body)] = receiver.received
    assert (path, body) == ("/a%20b?token=1", BODY)
    assert headers["host"] == f"hooks.shop.example:{receiver.port}"
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("status", "permanent"),
    [
        (301, True),
        (400, True),
        (404, True),
        (410, True),
        (408, False),
        (429, False),
        (500, False),
        (503, False),
    ],
)
def test_an_error_answer_says_whether_it_is_worth_another_try(
    receiver: Receiver, status: int, permanent: bool
) -> None:
    receiver.status = status
    with pytest.raises(NotSent, match=f"HTTP {status}") as failed:
        webhooks.post(f"http://shop.example:{receiver.port}/", BODY, addresses=LOOPBACK)
    assert failed.value.permanent is permanent
    assert failed.value.status == status
    assert len(receiver.received) == 1


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.status = 307
    receiver.headers["Location"] = f"http://127.0.0.1:{receiver.port}/inside"
    with pytest.raises(NotSent, match="redirect"):
        webhooks.post(f"http://shop.example:{receiver.port}/", BODY, addresses=LOOPBACK)
    assert [path for path, _, _ in receiver.received] == ["/"]


def test_of_a_long_answer_only_the_beginning_is_read(receiver: Receiver) -> None:
    receiver.answer = b"x" * (webhooks.MOST_READ * 20)
    answer = webhooks.post(f"http://shop.example:{receiver.port}/", BODY, addresses=LOOPBACK)
    assert len(answer.body) == webhooks.MOST_READ


def test_an_address_that_takes_no_connection_makes_room_for_the_next(receiver: Receiver) -> None:
    # The receiver listens on 127.0.0.1 alone.
    webhooks.post(f"http://shop.example:{receiver.port}/", BODY, addresses=["127.0.0.2", "127.0.0.1"])
    assert len(receiver.received) == 1


def test_what_was_sent_is_not_sent_to_the_next_address(receiver: Receiver) -> None:
    receiver.status = 500
    with pytest.raises(NotSent):
        webhooks.post(f"http://shop.example:{receiver.port}/", BODY, addresses=["127.0.0.1", "127.0.0.1"])
    assert len(receiver.received) == 1


def test_nobody_there_is_worth_another_try() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(NotSent, match="refused") as failed:
        webhooks.post(f"http://shop.example:{port}/", BODY, addresses=LOOPBACK)
    assert not failed.value.permanent


def test_no_address_is_worth_another_try() -> None:
    with pytest.raises(NotSent, match="has no address") as failed:
        webhooks.post("http://shop.example/", BODY, addresses=[])
    assert not failed.value.permanent


@pytest.mark.parametrize(
    "url", ["ftp://shop.example/", "shop.example", "http://", "http://x:99999/", "", "http://[::1/"]
)
def test_what_is_no_url_is_permanent(url: str) -> None:
    with pytest.raises(NotSent, match="URL") as failed:
        webhooks.post(url, BODY, addresses=LOOPBACK)
    assert failed.value.permanent


def silence(connection: socket.socket, over: threading.Event) -> None:
    over.wait(30)


def test_one_that_takes_the_call_and_says_nothing_is_given_up() -> None:
    with (
        talking(silence) as port,
        pytest.raises(NotSent, match=r"did not answer within 0\.2 seconds") as failed,
    ):
        webhooks.post(f"http://shop.example:{port}/", BODY, addresses=LOOPBACK, timeout=0.2)
    assert not failed.value.permanent


def drip(beginning: bytes) -> Callable[[socket.socket, threading.Event], None]:
    def talk(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(beginning)
        for _ in range(3000):
            if over.wait(0.01):
                return
            connection.sendall(b"x")

    return talk


@pytest.mark.parametrize("beginning", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_one_that_answers_byte_by_byte_is_given_up_too(beginning: bytes) -> None:
    # Each byte begins a socket's timeout anew; the whole call has one that does not.
    with talking(drip(beginning)) as port, pytest.raises(NotSent, match="did not answer within"):
        webhooks.post(f"http://shop.example:{port}/", BODY, addresses=LOOPBACK, timeout=0.3)


def test_a_handshake_byte_by_byte_is_given_up_too() -> None:
    # A record of 16 KB is announced, and comes a byte at a time.
    with talking(drip(b"\x16\x03\x03\x40\x00")) as port, pytest.raises(NotSent) as failed:
        webhooks.post(f"https://shop.example:{port}/", BODY, addresses=LOOPBACK, timeout=0.3)
    assert not failed.value.permanent


def test_an_answer_that_is_no_http_is_worth_another_try() -> None:
    with (
        talking(lambda connection, over: connection.sendall(b"SSH-2.0-OpenSSH\r\n")) as port,
        pytest.raises(NotSent, match="connection to the webhook failed") as failed,
    ):
        webhooks.post(f"http://shop.example:{port}/", BODY, addresses=LOOPBACK)
    assert not failed.value.permanent


def test_proxies_of_the_environment_are_not_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    webhooks.post(f"http://shop.example:{receiver.port}/", BODY, addresses=LOOPBACK)
    assert len(receiver.received) == 1


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for hooks.shop.example, signed by itself, with its key in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.shop.example")])
    names = [x509.DNSName("hooks.shop.example"), x509.IPAddress(ip_address("127.0.0.9"))]
    moment = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(moment - timedelta(days=1))
        .not_valid_after(moment + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "hooks.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def secure(certificate: Path) -> Iterator[Receiver]:
    receiver = Receiver()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    receiver.socket = context.wrap_socket(receiver.socket, server_side=True)
    with serving(receiver) as one:
        yield one


def test_over_tls_the_certificate_must_be_that_of_the_name(
    secure: Receiver, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "TRUSTED", str(certificate))
    webhooks.post(f"https://hooks.shop.example:{secure.port}/", BODY, addresses=LOOPBACK)
    assert [body for _, _, body in secure.received] == [BODY]
    with pytest.raises(NotSent, match="no trusted certificate"):
        webhooks.post(f"https://other.shop.example:{secure.port}/", BODY, addresses=LOOPBACK)
    assert len(secure.received) == 1


def test_over_tls_a_certificate_that_nobody_trusts_is_refused(secure: Receiver) -> None:
    with pytest.raises(NotSent, match="no trusted certificate") as failed:
        webhooks.post(f"https://hooks.shop.example:{secure.port}/", BODY, addresses=LOOPBACK)
    assert not failed.value.permanent
    assert secure.received == []
