"""Commands that need no service and no configuration: they read files and write lines (``manage.OFFLINE``).

The keys are drawn anew each time, so nothing that a signature or a seal protects can be done under them; the
database and Redis are addresses where nobody listens.
"""

from __future__ import annotations

import os
import secrets

from cryptography.fernet import Fernet

os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe())
os.environ.setdefault("PEPPER", secrets.token_urlsafe())
os.environ.setdefault("SECRET_BOX_KEYS", Fernet.generate_key().decode())
os.environ.setdefault("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none")
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1/0")
os.environ.setdefault("LOG_LEVEL", "ERROR")

from config.settings.base import *  # noqa: F403 - the environment above must be set first
