"""The one reader of the environment: typed, loud when wrong, ``NAME_FILE`` accepted for every value.

A value that cannot be read stops the process with the variable's name and what it should look like; it is
never replaced by a default. ``.env`` beside ``manage.py`` is read first; the real environment wins over it.
"""

from __future__ import annotations

import datetime
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent

#: Scheme of a mail server's address → its usual port and protection.
_MAIL_SCHEMES = {
    "smtp": (25, "none"),
    "smtps": (465, "tls"),
    "smtp+starttls": (587, "starttls"),
    "imap": (143, "none"),
    "imaps": (993, "tls"),
    "imap+starttls": (143, "starttls"),
}

_env = environ.FileAwareEnv()
environ.Env.read_env(BASE_DIR / ".env", overwrite=False)


def text(name: str, default: str | None = None) -> str:
    """A string; without a default the variable is required."""
    value = _env.str(name, default=default)
    if value is None:
        raise ImproperlyConfigured(f"{name} is not set; see .env.example")
    return str(value)


def boolean(name: str, *, default: bool) -> bool:
    """``true``/``false`` (also 1/0, yes/no, on/off); anything else is an error, not False."""
    raw = _env.str(name, default="").strip().lower()
    if not raw:
        return default
    if raw in {"1", "true", "yes", "on"}:
        return True
    if raw in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, not {raw!r}")


def integer(name: str, default: int, *, least: int = 0) -> int:
    """A whole number not below ``least``."""
    raw = _env.str(name, default=str(default)).strip()
    try:
        value = int(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {raw!r}") from None
    if value < least:
        raise ImproperlyConfigured(f"{name} must be at least {least}, not {value}")
    return value


def seconds(name: str, default: float) -> datetime.timedelta:
    """A duration in seconds."""
    raw = _env.str(name, default=str(default)).strip()
    try:
        value = float(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a number of seconds, not {raw!r}") from None
    if value < 0:
        raise ImproperlyConfigured(f"{name} must not be negative")
    return datetime.timedelta(seconds=value)


def durations(name: str, default: str) -> tuple[datetime.timedelta, ...]:
    """Several durations in seconds, separated by commas."""
    raw = _env.str(name, default=default)
    try:
        return tuple(datetime.timedelta(seconds=float(part)) for part in raw.split(",") if part.strip())
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be seconds separated by commas, not {raw!r}") from None


def listing(name: str, default: str = "") -> list[str]:
    """Words separated by commas."""
    return [part.strip() for part in _env.str(name, default=default).split(",") if part.strip()]


def mail_server(name: str, default: str) -> tuple[str, int, str]:
    """Host, port and protection (``tls``, ``starttls``, ``none``) of ``smtp+starttls://host:587`` and the like.

    Schemes: smtp, smtps, smtp+starttls, imap, imaps, imap+starttls; the port may be left out for the usual ones.
    """
    raw = _env.str(name, default=default).strip()
    scheme, _, rest = raw.partition("://")
    host, _, port = rest.rstrip("/").rpartition(":") if ":" in rest else (rest.rstrip("/"), "", "")
    known = _MAIL_SCHEMES.get(scheme.lower())
    if known is None or not host or not (port or str(known[0])).isdigit():
        raise ImproperlyConfigured(f"{name} must be like smtp+starttls://host:587, not {raw!r}")
    return host, int(port or known[0]), known[1]


def database(name: str = "DATABASE_URL") -> dict[str, object]:
    """Django's database dictionary from a URL; required."""
    raw = text(name)
    parsed = environ.Env.db_url_config(raw)
    if "postgresql" not in str(parsed.get("ENGINE")):
        raise ImproperlyConfigured(f"{name} must be a postgres:// address: Beckon runs on PostgreSQL only")
    return dict(parsed)
