"""Django's settings; every value that an operator may change comes from ROUNDSMAN_* (see README)."""

import os
import sys
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from config import locations
from config.env import env_bool, env_choice, env_float, env_int, env_list, env_map, env_str

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION: str = tomllib.loads((BASE_DIR / "pyproject.toml").read_text("utf-8"))["project"]["version"]
TESTING = "pytest" in sys.modules
HOME = Path(env_str("HOME", str(BASE_DIR / "var"))).resolve()
DEBUG = env_bool("DEBUG", False)

# Where the service listens and how the world sees it
BIND = env_str("BIND", "127.0.0.1").strip("[]")
PORT = env_int("PORT", 8080, most=65535)  # 0: a free one
WEB_PROCESSES = env_int("WEB_PROCESSES", 2, least=1, most=64)
WEB_THREADS = env_int("WEB_THREADS", 8, least=1, most=256)
PUBLIC_URL = env_str("PUBLIC_URL").rstrip("/")
_public = urlsplit(PUBLIC_URL)
if PUBLIC_URL and not (_public.scheme in ("http", "https") and _public.hostname):
    raise ImproperlyConfigured(
        f"ROUNDSMAN_PUBLIC_URL={PUBLIC_URL!r}: use a URL such as https://runs.example.com"
    )
TRUSTED_PROXY = env_bool("TRUSTED_PROXY", False)
_LOCAL = ["localhost", "127.0.0.1", "[::1]"]
# Bound to this machine only, only this machine's names are answered: no other site's page can pose as it.
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS") or (
    [_public.hostname, *_LOCAL] if _public.hostname else _LOCAL if BIND in ("127.0.0.1", "::1") else ["*"]
)

# Secrets. The key signs sessions; `manage.py up` makes one, and wsgi.py refuses to start without.
SECRET_KEY_FILE = HOME / "secret_key"
SECRET_KEY = env_str("SECRET_KEY")
if not SECRET_KEY and os.access(SECRET_KEY_FILE, os.R_OK):
    SECRET_KEY = SECRET_KEY_FILE.read_text(encoding="utf-8").strip()
API_KEY = env_str("API_KEY")  # of the first account; a random one is made when this is empty

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _public.scheme == "https"
SECURE_HSTS_SECONDS = 3600 if _public.scheme == "https" else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"] if PUBLIC_URL else []
if TRUSTED_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    USE_X_FORWARDED_HOST = True

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
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
# Served by whitenoise from the packages themselves: nothing is collected, nothing can be stale.
WHITENOISE_USE_FINDERS = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DATABASES = {"default": locations.database(env_str("DATABASE_URL"), HOME)}
SQLITE = str(DATABASES["default"]["ENGINE"]).endswith("sqlite3")

# The doorbell
EMBEDDED_BROKER = not env_str("BROKER_URL")
BROKER_URL = locations.broker(env_str("BROKER_URL"), HOME)

# Worker processes on this machine; SQLite takes one writer at a time, and more than four only wait for it.
SQLITE_WORKERS = 4
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
WORKERS = env_int("WORKERS", min(CORES, SQLITE_WORKERS) if SQLITE else CORES, least=1, most=256)

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
RESULTS_STORAGE = locations.results_storage(
    env_str("RESULTS_STORAGE"), HOME, env_str("RESULTS_ACCESS_KEY"), env_str("RESULTS_SECRET_KEY")
)
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
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "results": RESULTS_STORAGE,
}

# The API
MAX_BODY = env_int("MAX_BODY", 20_000_000, least=10_000)  # bytes of one call
# Calls a minute that list collections or error logs; 0: as many as wanted
LIST_RATE = env_int("LIST_RATE", 0)
CACHES = {"default": locations.cache(BROKER_URL)}  # counts those calls, and nothing else
REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
SPECTACULAR_SETTINGS = {
    "TITLE": "Roundsman",
    "DESCRIPTION": (
        "Collections of requests, run on a schedule, and their result sets. The `api_key` stands in the query of "
        "every call. Bodies are JSON or forms; lists may be texts with commas (`9,17`), booleans texts or 1 and 0. "
        "Fields that are not known are ignored."
    ),
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.0",
    "PREPROCESSING_HOOKS": ["collections_app.api.traject.openapi.schema.without_doubles"],
    "POSTPROCESSING_HOOKS": ["collections_app.api.traject.openapi.schema.with_components"],
    "SERVE_AUTHENTICATION": [],
    "SERVE_INCLUDE_SCHEMA": False,
    # Swagger UI comes from this machine, not from a CDN.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

UNFOLD = {
    "SITE_TITLE": "Roundsman",
    "SITE_HEADER": "Roundsman",
    "SITE_SYMBOL": "history",
    "SHOW_VIEW_ON_SITE": False,
}

LOG_LEVEL = env_choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        # Both have handlers of their own for a console that is not there.
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
    },
}
