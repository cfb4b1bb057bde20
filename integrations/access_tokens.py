"""Access tokens of connections somebody signed in for, or that have a client of their own at the vendor: renewed before
they end, by one worker at a time.

Who refreshes takes a lease on the row by compare-and-set and commits; the vendor is asked outside of any transaction;
the answer is stored if the lease still stands. Whoever finds it leased waits for the new token (docs/architecture.md,
"Ground rules"). A refused renewal is the end: a person has to sign in again, or to enter the client anew.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from django.utils import timezone

from foundation import egress, secrets
from foundation.secret_lease import SecretLease
from integrations import registry
from integrations.base.errors import AuthError, TemporaryError
from integrations.models import Connection
from outreach.transports import oauth

log = structlog.get_logger(__name__)

TABLE = "integrations_connection"
ACCESS, REFRESH, EXPIRES = "access_token", "refresh_token", "expires_at"
#: What was typed for a client of the connection's own (``client_credentials``).
CLIENT_ID, CLIENT_SECRET = "client_id", "client_secret"
#: A token is replaced this long before it ends, so that none ends on its way to the vendor.
EARLY = timedelta(minutes=2)
#: Longer than one call to a token endpoint may take.
_LEASE = SecretLease(TABLE, by="token_leased_by", until="token_lease_until", lasts=timedelta(seconds=60))
_PATIENCE = 30.0
_LOOK_AGAIN = 0.1


def renewable(values: Mapping[str, str]) -> bool:
    """Whether the credential is an access token, or makes one; a key is used as it is."""
    return ACCESS in values or CLIENT_ID in values


def as_values(given: oauth.Tokens, *, refresh: str = "") -> dict[str, str]:
    """What is sealed; ``refresh`` stays when the vendor gave no new one."""
    return {ACCESS: given.access, REFRESH: given.refresh or refresh, EXPIRES: given.expires_at.isoformat()}


def current(row: Connection, *, refused: str = "") -> dict[str, str]:
    """The credential of a connection, with an access token good for some minutes if it has one.

    ``refused``: a token the vendor has just turned down, not to be given again. Raises AuthError when a person has to
    sign in again, TemporaryError for what passes, SecretUnreadable. Never call it inside a transaction.
    """
    deadline = time.monotonic() + _PATIENCE
    sealed = row.secret
    while time.monotonic() < deadline:
        values = _unsealed(row, sealed)
        if not renewable(values) or _usable(values, refused, EARLY):
            return values
        lease = _LEASE.take(row.pk, secret=sealed)
        found = _refreshed(row, values, lease, refused) if lease is not None else None
        if found is not None:
            return found
        known, sealed = sealed, _sealed(row)
        if sealed == known:
            time.sleep(_LOOK_AGAIN)
    raise TemporaryError("Another worker has been asking for a new sign-in token for too long.")


def _refreshed(row: Connection, values: dict[str, str], lease: str, refused: str) -> dict[str, str] | None:
    """Ask the vendor under the lease; None when the row was changed meanwhile and has to be read again."""
    name = registry.display_name(row.vendor)
    try:
        fresh = _asked(row, values)
    except oauth.Refused as problem:
        if not _LEASE.give_back(row.pk, lease):
            return None  # signed in again meanwhile
        log.warning("access_tokens.refused", connection_id=row.pk)
        if CLIENT_ID in values:
            raise AuthError(
                f"{name} does not take the client ID and secret ({problem}). Enter them again."
            ) from problem
        raise AuthError(f"{name} no longer takes the sign-in ({problem}). Sign in again.") from problem
    except (oauth.SignInFailed, egress.Unreachable, egress.EgressRefused) as problem:
        _LEASE.give_back(row.pk, lease)
        if _usable(values, refused, timedelta(0)):
            return values
        raise TemporaryError(f"No new sign-in token: {problem}") from problem
    except BaseException:
        _LEASE.give_back(row.pk, lease)
        raise
    made = {**values, **as_values(fresh, refresh=values.get(REFRESH, ""))}
    sealed = secrets.seal(made, table=TABLE, row=row.pk, organisation=row.organisation_id)
    return made if _LEASE.store(row.pk, lease, secret=sealed) else None


def _asked(row: Connection, values: Mapping[str, str]) -> oauth.Tokens:
    """A fresh token: of the connection's own client, else by the refresh token. Raises AuthError without either."""
    found = registry.connector_class(row.vendor)
    ours = found.oauth()
    if ours is not None and CLIENT_ID in values:
        own = replace(ours, client_id=values[CLIENT_ID], client_secret=values[CLIENT_SECRET])
        return oauth.of_its_own(own, now=timezone.now())
    if ours is None or ours.missing or not values.get(REFRESH):
        raise AuthError(f"The sign-in at {found.display_name} has ended. Sign in again.")
    return oauth.refresh(ours, token=values[REFRESH], now=timezone.now())


def _usable(values: Mapping[str, str], refused: str, longer: timedelta) -> bool:
    """Whether there is an access token that lasts ``longer`` and was not turned down."""
    if values.get(ACCESS, "") in ("", refused):
        return False
    return datetime.fromisoformat(values[EXPIRES]) - longer > timezone.now()


def _sealed(row: Connection) -> str:
    sealed: str = (
        Connection.objects.for_organisation(row.organisation_id)
        .values_list("secret", flat=True)
        .get(pk=row.pk)
    )
    return sealed


def _unsealed(row: Connection, sealed: str) -> dict[str, str]:
    if not sealed:
        raise AuthError("This connection has no credentials any more.")
    return secrets.unseal(sealed, table=TABLE, row=row.pk, organisation=row.organisation_id)
