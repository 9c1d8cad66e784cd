"""`manage.py up`, for real: every test here starts the whole service, or sees it refuse."""

import os
import signal
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.broker import Broker
from tests.servers.service import Service, wait_for

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="tells its processes by /proc"),
]


@pytest.fixture
def make_service(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    made: list[Service] = []

    def make(home: Path | None = None, **settings: str) -> Service:
        made.append(Service(home or tmp_path / "home", **settings))
        return made[-1]

    yield make
    for service in made:
        service.kill_all()


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_it_starts_and_stops_and_leaves_no_orphan_when_killed(make_service: Callable[..., Service]) -> None:
    service = make_service().start()

    assert status(f"{service.url}/health") == 200
    assert status(f"{service.url}/admin/login/") == 200
    assert status(f"{service.url}/static/admin/css/base.css") == 200
    assert status(f"{service.url}/account?api_key={service.api_key}") == 200
    assert status(f"{service.url}/account?api_key=WRONG") == 401
    assert any("admin login     admin  " in line for line in service.output)
    assert (service.home / "secret_key").stat().st_mode & 0o777 == 0o600

    second = make_service(service.home)
    assert second.spawn().wait(60) == 2
    assert second.output == [
        f"Roundsman runs already in {service.home} (process {service.ready['pid']}); "
        "stop it, or set ROUNDSMAN_HOME to another folder."
    ]
    assert status(f"{service.url}/health") == 200

    assert service.process is not None
    assert len(service.processes()) >= 9  # supervisor, broker, web and 1, worker and 1, control and 2, beat
    service.process.kill()
    service.process.wait()
    assert wait_for(lambda: not service.processes(), 20), service.processes()
    assert (service.home / "run" / "ready.json").exists()  # nobody was there to remove it

    # The next start finds what there was, and shows no secret.
    key = service.api_key
    service.output.clear()
    service.start()
    assert status(f"{service.url}/account?api_key={key}") == 200
    text = "\n".join(service.output)
    assert "Roundsman is ready" in text
    assert "API key" not in text
    assert "admin login" not in text

    assert service.stop() == 0
    assert service.output[-1] == "Stopped."
    assert not any("killed" in line for line in service.output), service.output
    assert not service.processes()
    assert not (service.home / "run" / "ready.json").exists()


def test_what_is_killed_is_started_again(make_service: Callable[..., Service]) -> None:
    service = make_service().start()
    programs = {
        "web": ("gunicorn", "config.wsgi"),
        "worker": ("celery", "worker@"),
        "control": ("celery", "control@"),
        "beat": ("celery", " beat "),
        "broker": ("valkey-server",),
    }
    for name, words in programs.items():
        before = set(service.processes(*words))
        os.kill(service.main_process(*words), signal.SIGKILL)

        def is_new(words: tuple[str, ...] = words, before: set[int] = before) -> bool:
            """A new one is there, and of the old one's processes none."""
            now = set(service.processes(*words))
            return bool(now) and not now & before

        assert wait_for(is_new), (name, service.output)
        assert any(line.startswith(f"{name} died (signal SIGKILL)") for line in service.output), (
            service.output
        )
    assert wait_for(lambda: status(f"{service.url}/health") == 200)
    assert service.stop() == 0


def test_a_port_in_use_is_one_sentence(make_service: Callable[..., Service]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        service = make_service(PORT=str(port))
        assert service.spawn().wait(60) == 2
    assert service.output == [f"Port {port} on 127.0.0.1 is in use; set ROUNDSMAN_PORT to another."]


def test_a_folder_that_cannot_be_written_is_one_sentence(make_service: Callable[..., Service]) -> None:
    service = make_service(Path("/proc/roundsman"))  # not even root makes a folder here
    assert service.spawn().wait(60) == 2
    (line,) = service.output
    assert line.startswith("ROUNDSMAN_HOME=/proc/roundsman cannot be written (")


def test_an_odd_setting_is_one_sentence(make_service: Callable[..., Service]) -> None:
    service = make_service(WORKERS="many")
    assert service.spawn().wait(60) == 2
    assert service.output == ["ROUNDSMAN_WORKERS='many': use a whole number"]


def test_an_api_key_that_cannot_be_one_is_one_sentence(make_service: Callable[..., Service]) -> None:
    service = make_service(API_KEY="abc")
    assert service.spawn().wait(60) == 2
    assert service.output[-1].startswith("ROUNDSMAN_API_KEY: An API key is 4 to 128 characters")
    assert not service.processes()


def test_a_database_that_does_not_answer_is_one_sentence(make_service: Callable[..., Service]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    service = make_service(DATABASE_URL=f"postgresql://roundsman:secret@127.0.0.1:{port}/roundsman")
    assert service.spawn().wait(60) == 2
    text = "\n".join(service.output)
    assert "The database does not answer: " in text
    assert "Traceback" not in text
    assert "secret" not in text


def test_a_broker_begins_anew_when_its_data_is_damaged_and_a_long_home_has_its_socket_elsewhere(
    make_service: Callable[..., Service], tmp_path: Path
) -> None:
    service = make_service(tmp_path / ("long" * 40))
    written = service.home / "broker" / "appendonlydir"
    written.mkdir(parents=True)
    (written / "appendonly.aof.manifest").write_text("no list of files\n")

    service.start()
    assert any("set aside" in line for line in service.output), service.output
    assert list(service.home.glob("broker.damaged-*/appendonlydir/appendonly.aof.manifest"))
    (command,) = service.processes("valkey-server").values()
    folder = Path(command.split("--unixsocket ")[1].split()[0]).parent
    assert len(str(folder)) < 100
    assert folder.stat().st_mode & 0o777 == 0o700

    assert service.stop() == 0
    assert not folder.exists()


def test_a_program_that_cannot_run_is_given_up_with_its_name(make_service: Callable[..., Service]) -> None:
    service = make_service()
    service.home.mkdir(parents=True)
    # Every Python of the service runs this first; it keeps beat alone from starting.
    shadow = service.home / "shadow"
    shadow.mkdir()
    (shadow / "sitecustomize.py").write_text(
        "import sys\nif 'beat' in sys.orig_argv: sys.exit(print('no clock in the house') or 1)\n"
    )
    service.environment["PYTHONPATH"] = str(shadow)
    assert service.spawn().wait(120) == 1
    text = "\n".join(service.output)
    assert "beat    | no clock in the house" in text
    assert "Given up: beat died 5 times in a row (exit code 1); see " in text
    assert "no clock in the house" in (service.home / "log" / "beat.log").read_text()
    assert wait_for(lambda: not service.processes(), 5)


def test_postgres_and_a_broker_elsewhere_are_used(
    make_service: Callable[..., Service],
    new_postgres_database: Callable[[], str],
    broker: Broker,
) -> None:
    service = make_service(DATABASE_URL=new_postgres_database(), BROKER_URL=broker.url).start()
    assert status(f"{service.url}/account?api_key={service.api_key}") == 200
    assert not service.processes("valkey-server")
    assert not (service.home / "roundsman.sqlite3").exists()
    assert service.stop() == 0
