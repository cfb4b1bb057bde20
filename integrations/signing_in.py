"""Connecting by signing in at a vendor: what is asked, and what becomes of the answer (OAuth 2.0 code flow).

What was asked stays with the person's own session until they come back: a state that it does not hold was made for
somebody else and is refused.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

from django.conf import settings
from django.urls import reverse

from accounts.models import User
from accounts.permissions import Right, require
from foundation import egress
from foundation.models import Run
from foundation.problems import Conflict
from integrations import access_tokens, connections, registry, selectors
from integrations.base.oauth import OAuthClient
from integrations.models import Connection
from outreach.transports import oauth

#: How long somebody may take on the vendor's pages.
VALID_FOR = timedelta(minutes=30)


class NotSetUp(Conflict):
    """This installation has no client at the vendor; the text names the settings."""

    code: ClassVar[str] = "sign_in_not_set_up"


@dataclass(frozen=True)
class Asked:
    """One question on its way."""

    connection_id: int
    state: str
    asked_at: str
    #: Asked in a window of its own, which is to close at the end.
    own_window: bool = False

    def as_json(self) -> dict[str, Any]:
        """For the session."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Asked:
        """From the session."""
        return cls(**value)


def redirect_uri() -> str:
    """Where vendors lead back to; it is registered with them letter by letter."""
    return settings.PUBLIC_URL + reverse("integrations:signed_in")


def ask(*, actor: User, connection: Connection, now: datetime, own_window: bool = False) -> tuple[Asked, str]:
    """What to remember, and where the person goes to allow access. Raises NotAllowed, :class:`NotSetUp`."""
    require(actor, Right.CONNECTION_EDIT)
    client = _client(connection)
    asked = Asked(connection.pk, secrets.token_urlsafe(32), now.isoformat(), own_window)
    query = {
        "client_id": client.client_id,
        "redirect_uri": redirect_uri(),
        "response_type": "code",
        "scope": " ".join(client.scopes),
        "state": asked.state,
    }
    # Scopes are parted by %20: not every vendor takes a plus.
    return asked, f"{client.authorize_url}?{urlencode(query, quote_via=quote)}"


def finish(*, actor: User, asked: Asked, code: str, now: datetime) -> Run:
    """Exchange the code, seal the tokens, and start the verification; the run to watch.

    Raises ``oauth.SignInFailed`` with what is wrong and what to do, and Missing when the connection is not the actor's
    any more; nothing is stored then.
    """
    require(actor, Right.CONNECTION_EDIT)
    connection = selectors.connection_for(actor, asked.connection_id)
    client, name = _client(connection), registry.connector_class(connection.vendor).display_name
    if now - datetime.fromisoformat(asked.asked_at) >= VALID_FOR:
        raise oauth.SignInFailed("The sign-in took too long. Start again.")
    try:
        given = oauth.exchange(client, code=code, redirect_uri=redirect_uri(), now=now)
    except (egress.Unreachable, egress.EgressRefused) as problem:
        raise oauth.SignInFailed(f"{name} did not answer: {problem}") from problem
    if not given.refresh:
        raise oauth.SignInFailed(f"{name} gave no lasting permission. Start again and allow access.")
    return connections.submit(actor=actor, connection=connection, values=access_tokens.as_values(given))


def _client(connection: Connection) -> OAuthClient:
    found = registry.connector_class(connection.vendor)
    client = found.oauth()
    if client is None:
        raise NotSetUp(f"{found.display_name} has no sign-in. Enter a key.")
    if client.missing:
        needed = " and ".join(client.missing)
        raise NotSetUp(
            f"Signing in to {found.display_name} is not set up here: {needed} must be set. Enter a key instead."
        )
    return client
