"""`manage.py up`: the whole service on this machine, in the foreground."""

import json
import os
import sys
import time
from typing import Any

from django.conf import settings
from django.core.checks import WARNING, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management import BaseCommand, call_command
from django.db import DatabaseError, connections

from config import locations
from config.checks import require_secret_key
from config.supervisor import first_start, home, programs
from config.supervisor.home import CannotStart
from config.supervisor.listening import base_url, listen
from config.supervisor.readiness import Readiness, broker_answers
from config.supervisor.supervisor import GivenUp, Supervisor, say

# First who brings new work, then who does it, then what they talk through.
STOP_ORDER = (("beat", "web"), ("control", "worker"), ("broker",))
PATIENCE = 60  # seconds, then we say what we are waiting for
UNSUITABLE = 2  # exit code


class Command(BaseCommand):
    help = "Start web server, workers, beat and (unless one is configured) broker, and keep them running."
    requires_system_checks: list[str] = []  # asked below: a warning is a line here, not a page

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            code = run()
        except CannotStart as reason:
            sys.stderr.write(f"{reason}\n")
            code = UNSUITABLE
        except GivenUp as reason:
            sys.stderr.write(f"Given up: {reason}\n")
            code = 1
        except KeyboardInterrupt:
            code = 130  # before anything was started
        raise SystemExit(code)


def run() -> int:
    """Until somebody stops us; the exit code. Raises CannotStart, GivenUp."""
    if settings.HOME.exists() and not settings.HOME.is_dir():
        raise CannotStart(f"ROUNDSMAN_HOME={settings.HOME} is not a folder.")
    home.prepare(settings.HOME, locations.broker_socket(settings.HOME).parent)
    with home.lock(settings.HOME):
        try:
            require_secret_key()
        except ImproperlyConfigured:
            settings.SECRET_KEY = home.make_secret_key(settings.SECRET_KEY_FILE)
        ready_file = settings.HOME / "run" / "ready.json"
        ready_file.unlink(missing_ok=True)
        with listen(settings.BIND, settings.PORT) as listener:
            for message in run_checks():
                if message.level >= WARNING:
                    say(f"{message.msg} {message.hint or ''}".strip())
            if os.geteuid() == 0:
                say("This is root: fine for a trial, but a service should have a user of its own.")
            url = base_url(listener)
            prepare_database(url)
            os.environ["ROUNDSMAN_PORT"] = str(listener.getsockname()[1])
            os.environ.pop("ROUNDSMAN_PORT_FILE", None)
            supervisor = Supervisor(settings.BASE_DIR, settings.HOME, STOP_ORDER)
            supervisor.catch_signals()
            try:
                serve(supervisor, listener.fileno(), url)
            finally:
                ready_file.unlink(missing_ok=True)
                say("Stopping.")
                supervisor.stop_all()
                home.leave(settings.HOME, locations.broker_socket(settings.HOME).parent)
    say("Stopped.")
    return 0


def prepare_database(url: str) -> None:
    """Bring the tables up to date, and make and tell what the first start makes. Raises CannotStart."""
    try:
        call_command("migrate", interactive=False, verbosity=0)
        made = first_start.make()
    except DatabaseError as error:
        raise CannotStart(f"The database does not answer: {str(error).strip()}") from error
    finally:
        connections.close_all()
    if made.api_key or made.password:
        say("")
        say("First start. Keep this, it is not shown again:")
        if made.api_key:
            say(f"  API key         {made.api_key}")
        if made.password:
            say(f"  admin login     {first_start.ADMIN}  {made.password}")
        tell_urls(url)
        say("")


def tell_urls(url: str) -> None:
    public = settings.PUBLIC_URL or url
    say(f"  API             {public}/collections?api_key=…")
    say(f"  API reference   {public}/docs")
    say(f"  admin           {public}/admin/")


def serve(supervisor: Supervisor, descriptor: int, url: str) -> None:
    """Start everything, say when it is ready, and keep it running until we are asked to stop."""
    say(f"Starting Roundsman in {settings.HOME}")
    if settings.EMBEDDED_BROKER:
        supervisor.start(programs.broker())
        socket = locations.broker_socket(settings.HOME)
        if not supervisor.run_until(lambda: broker_answers(socket)):
            return
    for program in programs.all_but_broker(descriptor):
        supervisor.start(program)
    nodes = [programs.node(name) for name in (programs.SCRAPING, programs.CONTROL, programs.BEAT)]
    readiness = Readiness(url, nodes, supervisor.wake)
    readiness.start()
    patience_ends = time.monotonic() + PATIENCE
    supervisor.run_until(lambda: readiness.ready.is_set() or time.monotonic() > patience_ends)
    if not (readiness.ready.is_set() or supervisor.stopping):
        say(f"Still waiting for {', '.join(readiness.waits_for)}; see {settings.HOME / 'log'}.")
    if supervisor.run_until(readiness.ready.is_set):
        ready = {"url": url, "pid": os.getpid()}
        (settings.HOME / "run" / "ready.json").write_text(json.dumps(ready), encoding="utf-8")
        say(f"Roundsman is ready: {settings.PUBLIC_URL or url}")
        tell_urls(url)
        say("Ctrl-C stops it.")
        supervisor.run_until(lambda: False)
