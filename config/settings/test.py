"""The test suite: real services, cheap password hashes, keys that are not secrets."""

from __future__ import annotations

import os
import tempfile

os.environ.setdefault("SECRET_KEY", "tests-only")
os.environ.setdefault("PEPPER", "tests-only-pepper")
os.environ.setdefault("SECRET_BOX_KEYS", "mSpZ5Jm0cZ0nQbOVd1gSGAX6jTHPL7vUEf_v5RWzIrE=")
os.environ.setdefault("EGRESS_ALLOWED_PRIVATE_NETWORKS", "127.0.0.0/8,::1/128")
os.environ.setdefault("LOG_JSON", "false")
# A line for each beginning and end of a request, by the hundred thousand.
os.environ.setdefault("LOG_LEVEL", "WARNING")


def _redis_of_this_worker() -> None:
    """Give each pytest-xdist worker a Redis database of its own, as pytest-django gives it one of PostgreSQL."""
    worker, url = os.environ.get("PYTEST_XDIST_WORKER", ""), os.environ.get("REDIS_URL", "")
    if worker.startswith("gw") and url:
        number = int(worker.removeprefix("gw")) + 1
        server = url.partition("?")[0]
        if not server.startswith("unix:"):
            scheme, _, rest = server.partition("://")
            server = f"{scheme}://{rest.partition('/')[0]}"
        # Every client here reads the database from the query as well as from the path.
        os.environ["REDIS_URL"] = f"{server}?db={number}"


_redis_of_this_worker()

from config.settings.base import *  # noqa: E402, F403 - the environment above must be set first

if os.environ.get("BECKON_TEST_TEMPLATE"):
    # A migrated database of the suite's own server; copying takes a moment, migrating for every process does not.
    DATABASES["default"]["TEST"] = {"TEMPLATE": os.environ["BECKON_TEST_TEMPLATE"]}  # noqa: F405

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Another thread does not see what a test has not committed.
EXPORT_LANES = 1
ALLOWED_HOSTS = ["*"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Made by the first file that is stored; tests/conftest.py removes it.
MEDIA_ROOT = f"{tempfile.gettempdir()}/beckon-test-media-{os.getpid()}"
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STYLEGUIDE = True
# Nothing is collected for tests: files come from static/ through the finders.
WHITENOISE_AUTOREFRESH = True
