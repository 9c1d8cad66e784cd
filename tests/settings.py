"""The settings of the tests: those of the service in a scratch home, whatever the shell's environment says.

Only ROUNDSMAN_DATABASE_URL is heard: with it the same tests run on PostgreSQL.
"""

import atexit
import os
import shutil
import tempfile

HEARD = {"ROUNDSMAN_DATABASE_URL"}

for _name in [name for name in os.environ if name.startswith("ROUNDSMAN_") and name not in HEARD]:
    del os.environ[_name]
_home = tempfile.mkdtemp(prefix="roundsman-tests-")
atexit.register(shutil.rmtree, _home, ignore_errors=True)
os.environ["ROUNDSMAN_HOME"] = _home
os.environ["ROUNDSMAN_BROKER_URL"] = "memory://"
os.environ["ROUNDSMAN_SECRET_KEY"] = "of-the-tests"

from config.settings import *  # noqa: E402,F403  the environment comes first
from config.settings import DATABASES, HOME, SQLITE  # noqa: E402

if SQLITE:
    # A file, as in service: in memory there is neither WAL nor a second connection.
    DATABASES["default"]["TEST"] = {"NAME": str(HOME / "test.sqlite3")}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Processes that a test starts are the service itself, not this.
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
