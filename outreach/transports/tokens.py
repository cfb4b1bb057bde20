"""Access tokens of mailboxes whose owners signed in: kept sealed, refreshed before they end, by one worker at a time.

Who refreshes takes a lease on the row by compare-and-set and commits; the provider is asked outside of any
transaction; the answer is stored if the lease still stands. Whoever finds it leased waits for the new token
(docs/architecture.md, "Ground rules"). A refused refresh is the end: the owner has to sign in again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.utils import timezone

from foundation import egress, secrets
from foundation.secret_lease import SecretLease
from outreach import providers
from outreach.models import Mailbox, OAuthGrant
from outreach.transports import oauth
from outreach.transports.base import MailboxTrouble

log = structlog.get_logger(__name__)

_EVERYONE = "workers serve everyone"
_TABLE = "outreach_oauthgrant"
#: A token is replaced this long before it ends, so that none ends on its way to a mail server.
EARLY = timedelta(minutes=5)
#: Longer than one call to a provider may take.
_LEASE = SecretLease(_TABLE, by="leased_by", until="lease_until", lasts=timedelta(seconds=60))
_PATIENCE = 30.0
_LOOK_AGAIN = 0.1


@dataclass(frozen=True)
class _Kept:
    """The sealed half of a grant."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)


def access_token(mailbox: Mailbox, *, refused: str = "") -> str:
    """A token good for some minutes; asks the provider if there is none.

    ``refused``: a token that a mail server has just turned down, not to be given again. Raises
    :class:`MailboxTrouble`: ``auth`` when the owner has to sign in again, else what passes. Never call it inside a
    transaction.
    """
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        grant = _grant(mailbox)
        kept = _unsealed(grant)
        if kept.access and kept.access != refused and grant.expires_at - EARLY > timezone.now():
            return kept.access
        lease = _LEASE.take(grant.pk, secret=grant.secret)
        if lease is None:
            time.sleep(_LOOK_AGAIN)
            continue
        found = _refreshed(grant, kept, lease, refused)
        if found:
            return found
    raise MailboxTrouble("timeout", "Another worker has been asking for a new sign-in token for too long.")


def store(mailbox: Mailbox, fresh: oauth.Tokens, *, now: datetime) -> None:
    """Keep what a sign-in brought, in the caller's transaction; a lease that somebody held on the row is over."""
    grant, _ = OAuthGrant.objects.for_organisation(mailbox.organisation_id).update_or_create(
        mailbox=mailbox,
        defaults={
            "organisation_id": mailbox.organisation_id,
            "provider": mailbox.login,
            "expires_at": fresh.expires_at,
            "granted_at": now,
            "leased_by": "",
            "lease_until": None,
        },
    )
    grant.secret = _sealed(grant, _Kept(fresh.access, fresh.refresh))
    grant.save(update_fields=["secret"])


def forget(mailbox: Mailbox) -> str:
    """Drop the tokens, in the caller's transaction; the refresh token to give back at the provider, if that is due.

    The same account may be linked by somebody else here: giving back ends every token of the account, so the last
    one out does it.
    """
    grant = OAuthGrant.objects.for_organisation(mailbox.organisation_id).filter(mailbox=mailbox).first()
    if grant is None:
        return ""
    try:
        token = _unsealed(grant).refresh
    except MailboxTrouble:
        token = ""  # unreadable: there is nothing to give back
    grant.delete()
    others = OAuthGrant.objects.across_organisations(_EVERYONE).filter(
        provider=grant.provider, mailbox__imap_username=mailbox.imap_username
    )
    return "" if others.exists() else token


def _refreshed(grant: OAuthGrant, kept: _Kept, lease: str, refused: str) -> str:
    """Ask the provider under the lease; empty when the row was changed meanwhile and has to be read again."""
    try:
        fresh = oauth.refresh(providers.named(grant.provider), token=kept.refresh, now=timezone.now())
    except oauth.Refused as problem:
        if not _LEASE.give_back(grant.pk, lease):
            return ""  # signed in again meanwhile
        log.warning("tokens.refused", mailbox_id=grant.mailbox_id)
        raise MailboxTrouble("auth", str(problem)) from problem
    except (oauth.SignInFailed, egress.Unreachable, egress.EgressRefused) as problem:
        _LEASE.give_back(grant.pk, lease)
        if kept.access and kept.access != refused and grant.expires_at > timezone.now():
            return kept.access
        kind = problem.kind if isinstance(problem, egress.Unreachable) else "refused"
        raise MailboxTrouble(kind, f"No new sign-in token: {problem}") from problem
    except BaseException:
        _LEASE.give_back(grant.pk, lease)
        raise
    sealed = _sealed(grant, _Kept(fresh.access, fresh.refresh or kept.refresh))
    stored = _LEASE.store(grant.pk, lease, secret=sealed, expires_at=fresh.expires_at)
    return fresh.access if stored else ""


def _grant(mailbox: Mailbox) -> OAuthGrant:
    found = OAuthGrant.objects.across_organisations(_EVERYONE).filter(mailbox=mailbox).first()
    if found is None:
        raise MailboxTrouble("auth", "There is no sign-in for this account any more.")
    return found


def _sealed(grant: OAuthGrant, kept: _Kept) -> str:
    return secrets.seal(
        {"access": kept.access, "refresh": kept.refresh},
        table=_TABLE,
        row=grant.pk,
        organisation=grant.organisation_id,
    )


def _unsealed(grant: OAuthGrant) -> _Kept:
    try:
        value = secrets.unseal(grant.secret, table=_TABLE, row=grant.pk, organisation=grant.organisation_id)
    except secrets.SecretUnreadable as problem:
        raise MailboxTrouble("auth", str(problem)) from problem
    return _Kept(value["access"], value["refresh"])
