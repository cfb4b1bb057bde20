"""Opening a connection: credential out of its seal, egress door, pace keeper, connector. Nothing is called yet."""

from __future__ import annotations

import functools
from contextlib import AbstractContextManager
from typing import ClassVar

from django.conf import settings

from accounts.models import User
from foundation import secrets
from foundation.problems import Conflict
from foundation.throttle import shared_redis
from integrations import access_tokens, registry, selectors, sessions
from integrations.base.connector import Connector
from integrations.base.throttle import RedisThrottle
from integrations.models import Connection

#: One call to a vendor, from the first byte to the last: shorter than leases (``claims``, ``foundation.turns``) allow.
CALL_TIMEOUT_SECONDS = min(settings.VENDOR_TIMEOUT.total_seconds(), 45.0)
#: No list of campaigns or search answer is larger.
MOST_BYTES = 10 * 1024 * 1024

TABLE = "integrations_connection"


class NoCredential(Conflict):
    """The connection has no key: it was never entered, or the connection was removed."""

    code: ClassVar[str] = "connection_without_credential"


def seal(connection: Connection, values: dict[str, str]) -> str:
    """The credential as it is stored; it opens for this row only."""
    return secrets.seal(values, table=TABLE, row=connection.pk, organisation=connection.organisation_id)


def account_of(vendor: str, values: dict[str, str]) -> str:
    """A name for the vendor's account that reveals neither key nor customer."""
    named_by = registry.connector_class(vendor).account_named_by
    naming = [name for name in named_by if name in values] or sorted(values)
    return secrets.fingerprint("\n".join([vendor, *(f"{name}={values[name]}" for name in naming)]))


def open_connector(
    connection: Connection, *, turn: AbstractContextManager[object] | None = None
) -> Connector:
    """The connector of a connection, with a fresh token where somebody signed in.

    ``turn`` is held for the length of each call: connectors that share one call one after the other.

    Raises NoCredential, Missing (a vendor unknown here), SecretUnreadable; AuthError and TemporaryError of a refresh.
    """
    if not connection.secret:
        raise NoCredential("This connection has no credentials. Enter them first.")
    values = access_tokens.current(connection)
    found = registry.connector_class(connection.vendor)
    throttle = RedisThrottle(shared_redis(), account=connection.account or str(connection.pk))
    session = sessions.of(
        connection.pk,
        credential=account_of(connection.vendor, values),
        timeout=CALL_TIMEOUT_SECONDS,
        max_bytes=MOST_BYTES,
    )
    renew = None
    if access_tokens.ACCESS in values:
        renew = functools.partial(access_tokens.current, connection, refused=values[access_tokens.ACCESS])
    return found(
        found.client_class(session=session, throttle=throttle, credentials=values, renew=renew, turn=turn)
    )


def vendor_of(connection: Connection) -> type[Connector]:
    """The connector class of a connection, without opening anything."""
    return registry.connector_class(connection.vendor)


def acting_as(connection: Connection, user: User) -> str:
    """Who the user is at the vendor: "my SourceWhale e-mail", default the login e-mail (docs/behaviour.md §7)."""
    return selectors.identity(user, connection) or user.email
