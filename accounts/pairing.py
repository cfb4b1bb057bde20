"""The browser extension acts as whoever paired it: by a code typed once, then by tokens that follow each other.

A code has 50 bits and lives for 10 minutes: while a thousand are open, a thousand guesses a second find one in some
thirty-five years. An access token lives for an hour. A refresh token is replaced by its use (RFC 9700 §4.14.2):

* The answer with the new tokens may be lost, and two panels may ask at once. So until one of the new tokens has been
  shown, the token before is taken again, and its answer is the same tokens.
* Afterwards whoever shows it, or any earlier one, has a copy: the browser is ended, and its user is told.
* After 90 days without use nothing of it is good any more.

Only hashes are kept. The tokens of a repeated answer are made again from the token before, a seed in the row and the
installation's pepper: none of the three is enough.
"""

from __future__ import annotations

import secrets
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from django.db import transaction
from django.db.models import QuerySet

from accounts.audit import acting_as
from accounts.models import Ending, PairedBrowser, User
from accounts.permissions import Right, can, require
from accounts.tokens import hash_of
from foundation import transactions
from foundation.problems import Invalid, Problem
from foundation.secrets import derived, fingerprint

ACCESS_PREFIX = "bkx_"
REFRESH_PREFIX = "bkr_"
CODE_LASTS = timedelta(minutes=10)
ACCESS_LASTS = timedelta(hours=1)
UNUSED_LASTS = timedelta(days=90)
#: Crockford's base 32: no letter that is taken for another one.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 10
#: Endings of which the user is warned: somebody had a copy.
COPIED = (Ending.CODE_AGAIN, Ending.TOKEN_AGAIN)
#: How fresh "last used" is: not every call writes a row.
_USED_EVERY = timedelta(minutes=1)
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


class CodeRefused(Invalid):
    """Unknown, expired or used: the same answer, so that guessing learns nothing."""

    code: ClassVar[str] = "pairing_code_refused"
    sentence = "This code is not good. One works once, for 10 minutes: make a new one in Settings → Browser extension."


class PairingEnded(Problem):
    """The browser was disconnected, or its user is out."""

    code: ClassVar[str] = "pairing_ended"
    status: ClassVar[int] = 401
    sentence = "This browser is no longer connected to Beckon. Pair it again in Settings → Browser extension."


class TokenExpired(Problem):
    """An access token that was good once, or is unknown: the refresh token tells which."""

    code: ClassVar[str] = "token_expired"
    status: ClassVar[int] = 401
    sentence = "This access token has expired. Ask for the next one with the refresh token."


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the browser keeps; told once."""

    access: str
    refresh: str


def start(*, actor: User, now: datetime) -> tuple[PairedBrowser, str]:
    """A code to type into the extension, as ``XXXXX-XXXXX``, shown once; an earlier unused one of the actor ends."""
    require(actor, Right.TOKEN_CREATE)
    code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    values = {"code_hash": fingerprint(code), "code_expires_at": now + CODE_LASTS}
    row, _ = PairedBrowser.objects.for_organisation(actor.tenant_id).update_or_create(
        user=actor,
        paired_at__isnull=True,
        defaults=values,
        create_defaults={**values, "organisation_id": actor.tenant_id},
    )
    return row, f"{code[:5]}-{code[5:]}"


def redeem(*, code: str, name: str, now: datetime) -> tuple[PairedBrowser, Tokens]:
    """The browser that the code pairs, called ``name``, and its tokens. Raises :class:`CodeRefused`.

    A code that comes a second time was read by somebody else: it ends what the first use paired (as RFC 6749 §4.1.2
    has it for authorization codes).
    """
    rows = _rows().filter(code_hash=fingerprint(_normalised(code)))
    found = rows.first()
    if found is None:
        raise CodeRefused
    with acting_as(found.user), transaction.atomic():
        row = _locked(rows)
        tokens = _paired(row, name, now) if row is not None else None
    if row is None or tokens is None:
        with _nobody():
            _end(rows.filter(paired_at__isnull=False), Ending.CODE_AGAIN, now)
        raise CodeRefused
    return row, tokens


def refresh(*, token: str, now: datetime) -> tuple[PairedBrowser, Tokens]:
    """The next tokens. Raises :class:`PairingEnded`.

    Repeated with the same token, at once or after a lost answer, it answers the same tokens until one of them has been
    used; a token older than that ends the browser.
    """
    rows = _rows().filter(family_hash=hash_of(_family(token)))
    with _nobody(), transaction.atomic():
        row = _locked(rows)
        if row is None or is_over(row, now=now):
            raise PairingEnded
        tokens = _next(row, token, now)
        if tokens is None:
            _end(rows, Ending.TOKEN_AGAIN, now)
    if tokens is None:
        raise PairingEnded
    return row, tokens


def authenticate(*, token: str, now: datetime) -> PairedBrowser:
    """The browser an access token belongs to, and the note that it was used.

    Raises :class:`TokenExpired` also for an unknown token, because a replaced one is unknown, and
    :class:`PairingEnded`.
    """
    row = _rows().filter(access_hash=hash_of(token)).first()
    if row is None:
        raise TokenExpired
    if is_over(row, now=now):
        raise PairingEnded
    if row.access_expires_at is None or row.access_expires_at <= now:
        raise TokenExpired
    if row.previous_hash or row.last_used_at is None or row.last_used_at <= now - _USED_EVERY:
        # By the hash: tokens that were replaced meanwhile confirm nothing.
        _rows().filter(access_hash=row.access_hash).update(previous_hash="", last_used_at=now)
    return row


def disconnect(*, actor: User, browser: PairedBrowser, now: datetime) -> None:
    """The browser is out at once; only its own user may do it."""
    own = PairedBrowser.objects.for_organisation(actor.tenant_id).filter(pk=browser.pk, user=actor)
    _end(own.filter(paired_at__isnull=False), Ending.DISCONNECTED, now)


def read_warning(*, actor: User, browser: PairedBrowser, now: datetime) -> None:
    """The actor has read why the browser was ended. Nothing is noted of one without a warning: a later one is shown."""
    own = PairedBrowser.objects.for_organisation(actor.tenant_id).filter(pk=browser.pk, user=actor)
    own.filter(ending__in=COPIED, warning_read_at__isnull=True).update(warning_read_at=now)


def is_over(row: PairedBrowser, *, now: datetime) -> bool:
    """Whether nothing of the browser is good any more: ended, not used for 90 days, or its user is out."""
    return (
        row.ended_at is not None
        or not row.user.is_active
        or row.last_used_at is None
        or row.last_used_at <= now - UNUSED_LASTS
    )


def _rows() -> QuerySet[PairedBrowser]:
    return PairedBrowser.objects.across_organisations(
        "code and token name their organisation"
    ).select_related("user__organisation")


def _locked(rows: QuerySet[PairedBrowser]) -> PairedBrowser | None:
    return rows.select_for_update(of=("self",)).first()


def _normalised(code: str) -> str:
    return code.upper().translate(_READ_AS)


def _family(token: str) -> str:
    return token.removeprefix(REFRESH_PREFIX).partition(".")[0]


def _paired(row: PairedBrowser, name: str, now: datetime) -> Tokens | None:
    """Make the locked code a browser; None if the code is not good any more."""
    if row.paired_at is not None or row.code_expires_at <= now or not can(row.user, Right.TOKEN_CREATE):
        return None
    family = secrets.token_urlsafe(16)
    row.family_hash = hash_of(family)
    row.name, row.paired_at = " ".join(name.split())[:100] or "Browser", now
    access, refresh = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    return _given(row, ACCESS_PREFIX + access, f"{REFRESH_PREFIX}{family}.{refresh}", now)


def _next(row: PairedBrowser, token: str, now: datetime) -> Tokens | None:
    """Replace the locked row's tokens, or make those again that replaced ``token``; None if it is older than that."""
    shown = hash_of(token)
    if shown == row.refresh_hash:
        row.seed, row.previous_hash = secrets.token_urlsafe(32), shown
    elif shown != row.previous_hash:
        return None
    access, refresh = (derived(f"pairing.{kind}", row.seed + token) for kind in ("access", "refresh"))
    return _given(row, ACCESS_PREFIX + access, f"{REFRESH_PREFIX}{_family(token)}.{refresh}", now)


def _given(row: PairedBrowser, access: str, refresh: str, now: datetime) -> Tokens:
    row.access_hash, row.refresh_hash = hash_of(access), hash_of(refresh)
    row.access_expires_at = now + ACCESS_LASTS
    row.last_used_at = now
    row.save()
    return Tokens(access, refresh)


def _end(rows: QuerySet[PairedBrowser], ending: Ending, now: datetime) -> None:
    """Once: what ended before keeps its reason."""
    rows.filter(ended_at__isnull=True).update(ended_at=now, ending=ending)


def _nobody() -> AbstractContextManager[None]:
    """For the audit trail: who shows a copy has not said who they are."""
    return transactions.settings_for_each_transaction(lambda: transactions.system("pairing"))
