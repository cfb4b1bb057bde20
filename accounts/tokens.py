"""API tokens: made by their user, shown once, kept as a hash, expiring, revocable."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from accounts.models import ApiToken, User
from accounts.permissions import ROLE_RIGHTS, SCOPES, Right, require
from foundation.problems import Invalid

PREFIX = "bkn_"
LIFETIMES = (30, 90, 365)
#: How fresh "last used" is: not every call writes a row.
_USED_EVERY = timedelta(minutes=1)


def create(
    *, actor: User, name: str, days: int, now: datetime, scopes: Collection[str] = ()
) -> tuple[ApiToken, str]:
    """A token that acts as ``actor`` for ``days``, and its secret, which is shown once.

    With ``scopes`` (of :data:`accounts.permissions.SCOPES`) it may do only that. Raises Invalid.
    """
    require(actor, Right.TOKEN_CREATE)
    name = name.strip()
    if not name:
        raise Invalid("Say what the token is for.", fields={"name": "Say what the token is for."})
    if days not in LIFETIMES:
        raise Invalid("Choose how long it is valid.", fields={"days": "Choose how long it is valid."})
    if not set(scopes) <= ROLE_RIGHTS[actor.role] & SCOPES.keys():
        raise Invalid(fields={"scopes": "Your role does not include all of these."})
    secret = PREFIX + secrets.token_urlsafe(32)
    row = ApiToken.objects.create(
        organisation_id=actor.tenant_id,
        user=actor,
        name=name[:100],
        prefix=secret[:8],
        token_hash=hash_of(secret),
        scopes=sorted(set(scopes)),
        expires_at=now + timedelta(days=days),
    )
    return row, secret


def revoke(*, actor: User, token: ApiToken, now: datetime) -> None:
    """The token stops working at once; only its own user may do it."""
    ApiToken.objects.for_organisation(actor.tenant_id).filter(
        pk=token.pk, user=actor, revoked_at__isnull=True
    ).update(revoked_at=now)


def rights_of(token: ApiToken) -> frozenset[str] | None:
    """What the token is limited to; None: nothing. Any token may use the API and say who it is."""
    return frozenset({*token.scopes, Right.API_USE}) if token.scopes else None


def is_good(token: ApiToken, *, now: datetime) -> bool:
    """Whether it may be used: neither expired nor revoked, and its user is still a member."""
    expired = token.expires_at is not None and token.expires_at <= now
    return not expired and token.revoked_at is None and token.user.is_active


def used(token: ApiToken, *, now: datetime) -> None:
    """Note that it was used, at most once a minute."""
    if token.last_used_at is not None and token.last_used_at > now - _USED_EVERY:
        return
    ApiToken.objects.for_organisation(token.organisation_id).filter(pk=token.pk).update(last_used_at=now)


def hash_of(secret: str) -> str:
    """What is stored and looked up. A random token needs no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
