"""Wrong configuration stops every process at the start, with an id and what to do (``beckon.E001`` …).

``manage.py`` runs them before each command; the web process and the workers, which Django does not check,
call :func:`stop_on_errors` when they start.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from sourcing import places

MAX_GRACE_MINUTES = 120


def _error(number: int, text: str, hint: str) -> checks.Error:
    return checks.Error(text, hint=hint, id=f"beckon.E{number:03d}")


@checks.register
def keys(**_kwargs: Any) -> Iterable[checks.CheckMessage]:
    """E001–E003: secrets can be sealed, and addresses recognised after they were erased."""
    if not settings.SECRET_BOX_KEYS:
        yield _error(1, "SECRET_BOX_KEYS is empty.", ".env.example says how to make one.")
    for position, key in enumerate(settings.SECRET_BOX_KEYS, start=1):
        try:
            Fernet(key)
        except ValueError:  # the key itself is not shown
            yield _error(2, f"Key {position} of SECRET_BOX_KEYS is not a Fernet key.", "See .env.example.")
    if not settings.PEPPER.strip():
        yield _error(3, "PEPPER is empty.", "Any long random text; it must never change afterwards.")


@checks.register
def time(**_kwargs: Any) -> Iterable[checks.CheckMessage]:
    """E004–E005: instants are UTC, and the grace is one that behaviour allows."""
    if settings.TIME_ZONE != "UTC" or not settings.USE_TZ:
        yield _error(4, "TIME_ZONE must be UTC and USE_TZ true.", "People's zones are stored with them.")
    if not 0 <= settings.START_GRACE_MINUTES <= MAX_GRACE_MINUTES:
        yield _error(
            5,
            f"START_GRACE_MINUTES must be 0 to {MAX_GRACE_MINUTES}.",
            "docs/behaviour.md §1: 20 by default.",
        )


@checks.register
def sending(**_kwargs: Any) -> Iterable[checks.CheckMessage]:
    """E006–E007: gaps that exist, and at least one wait before a message is given up."""
    if settings.MAILBOX_MIN_GAP > settings.MAILBOX_MAX_GAP:
        yield _error(6, "MAILBOX_MIN_GAP_SECONDS is above MAILBOX_MAX_GAP_SECONDS.", "Swap them.")
    if not settings.SEND_RETRY_DELAYS:
        yield _error(7, "SEND_RETRY_DELAYS_SECONDS is empty.", "300,900,3600 … seconds, separated by commas.")


@checks.register
def addresses(**_kwargs: Any) -> Iterable[checks.CheckMessage]:
    """E008–E010: links in mails work from outside, and the egress door's exceptions are networks."""
    public = urlsplit(settings.PUBLIC_URL)
    if public.scheme not in {"http", "https"} or not public.hostname:
        yield _error(8, "PUBLIC_URL is not an address.", "For example https://beckon.example.com.")
    elif getattr(settings, "HTTPS", False) and public.scheme != "https":
        yield _error(
            9, "PUBLIC_URL is not https.", "Unsubscribe links carry people's choices; or set HTTPS=false."
        )
    for network in settings.EGRESS_ALLOWED_PRIVATE_NETWORKS:
        try:
            ipaddress.ip_network(network)
        except ValueError:
            yield _error(
                10,
                f"EGRESS_ALLOWED_PRIVATE_NETWORKS: {network!r} is not a network.",
                "For example 10.0.0.0/8.",
            )


@checks.register
def gazetteer(**_kwargs: Any) -> Iterable[checks.CheckMessage]:
    """W011: without the file of places nobody has a time zone, and no search by distance finds anybody."""
    if not places.FILE.exists():
        yield checks.Warning(
            "The gazetteer is missing: locations stay plain text.",
            hint="python -m config.gazetteer builds it (make setup does).",
            id="beckon.W011",
        )


def stop_on_errors() -> None:
    """Raises ImproperlyConfigured naming every error of this module; for processes that Django does not check."""
    found = [message for check in (keys, time, sending, addresses) for message in check()]
    if found:
        raise ImproperlyConfigured(
            "; ".join(f"({message.id}) {message.msg} {message.hint}" for message in found)
        )
