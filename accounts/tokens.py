"""API tokens: made by their user, shown once, kept as a hash, expiring, revocable."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from accounts.models import ApiToken, User
from accounts.permissions import Right, require
from foundation.problems import Invalid

PREFIX = "bkn_"
LIFETIMES = (30, 90, 365)


def create(*, actor: User, name: str, days: int, now: datetime) -> tuple[ApiToken, str]:
    """A token that acts as ``actor`` for ``days``, and its secret, which is shown once."""
    require(actor, Right.TOKEN_CREATE)
    name = name.strip()
    if not name:
        raise Invalid("Say what the token is for.", fields={"name": "Say what the token is for."})
    if days not in LIFETIMES:
        raise Invalid("Choose how long it is valid.", fields={"days": "Choose how long it is valid."})
    secret = PREFIX + secrets.token_urlsafe(32)
    row = ApiToken.objects.create(
        organisation_id=actor.tenant_id,
        user=actor,
        name=name[:100],
        prefix=secret[:8],
        token_hash=hash_of(secret),
        expires_at=now + timedelta(days=days),
    )
    return row, secret


def revoke(*, actor: User, token: ApiToken, now: datetime) -> None:
    """The token stops working at once; only its own user may do it."""
    ApiToken.objects.for_organisation(actor.tenant_id).filter(
        pk=token.pk, user=actor, revoked_at__isnull=True
    ).update(revoked_at=now)


def hash_of(secret: str) -> str:
    """What is stored and looked up. A random token needs no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
