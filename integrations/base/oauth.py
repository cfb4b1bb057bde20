"""What a vendor's OAuth 2.0 looks like; the flow itself, refreshing and storing are ``integrations.signing_in``."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthClient:
    """This installation's client at a vendor, read from the settings at the moment of asking.

    ``missing`` names the settings without which nobody can sign in; then the button says so.
    """

    authorize_url: str
    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scopes: tuple[str, ...]
    missing: tuple[str, ...] = ()
