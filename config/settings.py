"""Django's settings; every value that an operator may change comes from ROUNDSMAN_* (see README)."""

import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from config.env import env_bool, env_choice, env_float, env_int, env_list, env_map, env_str

BASE_DIR = Path(__file__).resolve().parent.parent
HOME = Path(env_str("HOME", str(BASE_DIR / "var"))).resolve()
DEBUG = env_bool("DEBUG", False)
SECRET_KEY = env_str("SECRET_KEY") or "only-for-tests-and-tools-the-supervisor-sets-a-real-one"
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "*")
PUBLIC_URL = env_str("PUBLIC_URL").rstrip("/")

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "config",
    "collections_app",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
AUTH_PASSWORD_VALIDATORS = [{"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"}]
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def database(url: str) -> dict[str, object]:
    """Django's entry for `sqlite:///path` or `postgresql://user:password@host:port/name`."""
    if not url:
        url = f"sqlite:///{HOME / 'roundsman.sqlite3'}"
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "TEST": {"NAME": HOME / "test.sqlite3"},  # a file, as in service: threads and processes share it
            "NAME": url.removeprefix("sqlite:///"),
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;",
            },
        }
    if parts.scheme in ("postgresql", "postgres"):
        from urllib.parse import parse_qsl

        query = dict(parse_qsl(parts.query))
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": query.pop("host", "") or unquote(parts.hostname or ""),
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 600,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": query,
        }
    raise ImproperlyConfigured(f"ROUNDSMAN_DATABASE_URL: {parts.scheme!r} is not sqlite or postgresql")


DATABASES = {"default": database(env_str("DATABASE_URL"))}

# The doorbell
BROKER_URL = env_str("BROKER_URL", "redis://127.0.0.1:6379/0")

# Runs
BATCH_SIZE = env_int("BATCH_SIZE", 100, least=1, most=1000)
BATCH_LEASE = env_int("BATCH_LEASE", 30, least=1)  # seconds
BATCH_ATTEMPTS = env_int("BATCH_ATTEMPTS", 3, least=1, most=20)
CONCURRENCY = env_int("CONCURRENCY", 64, least=1, most=1000)  # requests at once in a worker process
SMALL_RUN = 250  # requests (Countdown: limits)
SLOTS_SMALL = env_int("SLOTS_SMALL", 5, least=1)
SLOTS_LARGE = env_int("SLOTS_LARGE", 1, least=1)
RECOVER_EVERY = env_float("RECOVER_EVERY", 10.0, least=0.1)  # seconds

# Result sets
RESULTS_STORAGE = env_str("RESULTS_STORAGE")
RESULT_PAGE_ROWS = 1000
RETENTION_DAYS = env_int("RETENTION_DAYS", 14, least=1)

# Schedules
CATCH_UP = env_choice("CATCH_UP", "latest", ("latest", "skip"))
CATCH_UP_GRACE = env_int("CATCH_UP_GRACE", 3600)  # seconds
BEAT_LEASE = env_int("BEAT_LEASE", 10, least=1)  # seconds

# Scraping
ALLOWED_PRIVATE_HOSTS = env_list("ALLOWED_PRIVATE_HOSTS")
ORIGIN_OVERRIDES = env_map("ORIGIN_OVERRIDES")
FETCH_TIMEOUT = env_float("FETCH_TIMEOUT", 60.0, least=0.1)
FETCH_CONNECT_TIMEOUT = env_float("FETCH_CONNECT_TIMEOUT", 10.0, least=0.1)
FETCH_READ_TIMEOUT = env_float("FETCH_READ_TIMEOUT", 30.0, least=0.1)
FETCH_MAX_BYTES = env_int("FETCH_MAX_BYTES", 20_000_000, least=1000)
FETCH_MAX_REDIRECTS = env_int("FETCH_MAX_REDIRECTS", 10)
FETCH_RETRIES = env_int("FETCH_RETRIES", 2, most=10)
FETCH_PROXY = env_str("FETCH_PROXY")
HOST_CONCURRENCY = env_int("HOST_CONCURRENCY", 32, least=1)
HOST_DELAY = env_float("HOST_DELAY", 0.0)  # seconds between two requests to one host

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": HOME}},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
    "results": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": HOME / "results"},
    },
}
# The API
MAX_BODY = env_int("MAX_BODY", 20_000_000, least=10_000)  # bytes of one call
LIST_RATE = env_int("LIST_RATE", 0)  # calls a minute that list collections or error logs; 0: as many as wanted
REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
TESTING = "pytest" in sys.modules
