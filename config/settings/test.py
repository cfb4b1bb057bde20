"""The test suite: real services, cheap password hashes, keys that are not secrets."""

from __future__ import annotations

import os
import tempfile

os.environ.setdefault("SECRET_KEY", "tests-only")
os.environ.setdefault("PEPPER", "tests-only-pepper")
os.environ.setdefault("SECRET_BOX_KEYS", "mSpZ5Jm0cZ0nQbOVd1gSGAX6jTHPL7vUEf_v5RWzIrE=")
os.environ.setdefault("EGRESS_ALLOWED_PRIVATE_NETWORKS", "127.0.0.0/8,::1/128")
os.environ.setdefault("LOG_JSON", "false")

from config.settings.base import *  # noqa: F403 - the defaults above must be set first

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = ["*"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MEDIA_ROOT = tempfile.mkdtemp(prefix="beckon-test-media-")
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STYLEGUIDE = True
# Nothing is collected for tests: files come from static/ through the finders.
WHITENOISE_AUTOREFRESH = True
