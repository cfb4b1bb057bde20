"""Secrets at rest: encrypted, bound to the row they belong to, with keys that can be changed.

MultiFernet encrypts with the newest of ``SECRET_BOX_KEYS`` and reads with all. The plaintext carries
``table:row:organisation``: a ciphertext copied to another row does not open there. What only has to be recognised
(an erased address) is an HMAC under ``PEPPER``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

from foundation.problems import Problem


class SecretUnreadable(Problem):
    """None of the keys opens it: a key was dropped too early, or the column was changed by hand."""

    code = "secret_unreadable"
    status = 500
    sentence = "A stored password or key cannot be read any more. Enter it again."


class SecretMisplaced(SecretUnreadable):
    """It opens, but was sealed for another row."""

    code = "secret_misplaced"


@lru_cache(maxsize=4)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _keys() -> tuple[str, ...]:
    return tuple(settings.SECRET_BOX_KEYS)


def _place(table: str, row: int, organisation: int) -> str:
    return f"{table}:{row}:{organisation}"


def seal(value: dict[str, Any], *, table: str, row: int, organisation: int) -> str:
    """Ciphertext (ASCII text) of ``value``, readable only as this row of this table of this organisation."""
    body = json.dumps({"for": _place(table, row, organisation), "value": value}, separators=(",", ":"))
    return _box(_keys()).encrypt(body.encode()).decode()


def unseal(sealed: str, *, table: str, row: int, organisation: int) -> dict[str, Any]:
    """What was sealed. Raises :class:`SecretUnreadable`, or :class:`SecretMisplaced` for another row's."""
    try:
        body = json.loads(_box(_keys()).decrypt(sealed.encode()))
    except (InvalidToken, ValueError):
        raise SecretUnreadable from None
    if not hmac.compare_digest(str(body["for"]), _place(table, row, organisation)):
        raise SecretMisplaced
    value: dict[str, Any] = body["value"]
    return value


# ── keys that change ────────────────────────────────────────────────────────


@dataclass(frozen=True)
class SealedColumn:
    """A column that holds what :func:`seal` made; empty means no secret."""

    model: type[models.Model]
    column: str


_columns: list[SealedColumn] = []


def register(model: type[models.Model], column: str) -> None:
    """Names a sealed column, so that ``rotate_keys`` finds it. Called in the app's ``ready()``."""
    sealed = SealedColumn(model, column)
    if sealed not in _columns:
        _columns.append(sealed)


def sealed_columns() -> tuple[SealedColumn, ...]:
    """Every registered column."""
    return tuple(_columns)


@dataclass
class Rotation:
    """What one pass over a column did."""

    column: SealedColumn
    current: int = 0
    rotated: int = 0
    changed_meanwhile: int = 0
    unreadable: int = 0


def rotate(sealed: SealedColumn, *, batch: int = 500) -> Rotation:
    """Re-encrypts a column with the newest key. Resumable: what is current already is left alone.

    Each row is written by compare-and-set, so a secret stored meanwhile (it is under the newest key) stays.
    """
    newest, box = Fernet(_keys()[0]), _box(_keys())
    outcome = Rotation(sealed)
    for pk, old in _values(sealed, batch):
        try:
            newest.decrypt(old.encode())
            outcome.current += 1
            continue
        except InvalidToken:
            pass  # not under the newest key: that is what this is for
        try:
            new = box.rotate(old.encode()).decode()
        except InvalidToken:
            outcome.unreadable += 1
            continue
        rows = sealed.model._base_manager.filter(pk=pk, **{sealed.column: old})
        if rows.update(**{sealed.column: new}):
            outcome.rotated += 1
        else:
            outcome.changed_meanwhile += 1
    return outcome


def _values(sealed: SealedColumn, batch: int) -> Iterator[tuple[int, str]]:
    """(pk, ciphertext) by primary key, a batch at a time: no cursor is held open over the writes."""
    last = 0
    filled = sealed.model._base_manager.exclude(**{sealed.column: ""}).exclude(
        **{f"{sealed.column}__isnull": True}
    )
    while rows := list(filled.filter(pk__gt=last).order_by("pk").values_list("pk", sealed.column)[:batch]):
        yield from rows
        last = rows[-1][0]


# ── recognising without keeping ─────────────────────────────────────────────


def _mac(purpose: bytes, text: str) -> bytes:
    key = hashlib.sha256(purpose + b"\0" + settings.PEPPER.encode()).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def fingerprint(text: str) -> str:
    """HMAC-SHA256 under the pepper, 64 hex digits: recognises a normalised address that is kept nowhere."""
    return hmac.new(settings.PEPPER.encode(), text.encode(), hashlib.sha256).hexdigest()


def token_hash(token: str) -> str:
    """What is stored of a random token (invitation, API token): 64 hex digits. The token itself is 256 bits, so
    a plain keyed hash is enough; a slow one would only make every API call slow."""
    return _mac(b"token", token).hex()


def derived(purpose: str, text: str) -> str:
    """256 bits, URL-safe: the same for the same text again, and nobody finds them without the pepper."""
    return base64.urlsafe_b64encode(_mac(purpose.encode(), text)).decode().rstrip("=")


def sign(text: str) -> str:
    """``text.signature``, URL-safe when ``text`` is; 96 bits, short enough for a header and a link."""
    return f"{text}.{base64.urlsafe_b64encode(_mac(b'sign', text)[:12]).decode()}"


def verify(signed: str) -> str | None:
    """The text of :func:`sign`, or None when the signature is not ours."""
    text, dot, _ = signed.rpartition(".")
    if not dot or not hmac.compare_digest(sign(text).encode(), signed.encode()):
        return None
    return text
