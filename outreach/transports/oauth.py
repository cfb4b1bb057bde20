"""OAuth 2.0 with a provider: the address to sign in at, a code exchanged, a token refreshed, a consent given back.

Authorization code with PKCE (RFC 7636, S256); calls go through the egress door. What a provider refuses for good is
:class:`Refused`; everything else passes, and is tried again by whoever needs the token.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Protocol
from urllib.parse import urlencode

from foundation import egress
from foundation.problems import Problem
from outreach.providers import Provider

#: Seconds for one call, well below the lease under which a token is refreshed.
TIMEOUT = 20.0
_LARGEST_ANSWER = 200_000
_TEXT = 300
#: RFC 6749 §5.2, OIDC Core §3.1.2.6: only the owner of the mailbox can change that.
_OWNERS = frozenset(
    {"invalid_grant", "access_denied", "consent_required", "interaction_required", "login_required"}
)
#: RFC 6749 §5.2: said of a client whose id and secret somebody typed.
_CLIENTS = frozenset({"invalid_client", "unauthorized_client"})
#: A provider that states no lifetime (RFC 6749 §5.1 only recommends it).
_USUAL_LIFE = 3600


class SignInFailed(Problem):
    """The provider did not do what was asked; its words are in the text."""

    code: ClassVar[str] = "sign_in_failed"
    status: ClassVar[int] = 422
    sentence = "Signing in did not work. Try again."


class Refused(SignInFailed):
    """The owner's permission is over or was never given: they have to sign in again."""

    code: ClassVar[str] = "sign_in_refused"


class Client(Protocol):
    """Who we are to a token endpoint: a provider of mailboxes, or a vendor of ``integrations``."""

    @property
    def token_url(self) -> str: ...
    @property
    def client_id(self) -> str: ...
    @property
    def client_secret(self) -> str: ...


@dataclass(frozen=True)
class Tokens:
    """What a provider gave. ``refresh`` is empty when the old one stays good; ``scopes`` when nothing was said."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_at: datetime
    scopes: frozenset[str] = frozenset()
    id_token: str = field(default="", repr=False)


@dataclass(frozen=True)
class Identity:
    """Whose mailbox it is, from the ID token. ``username`` is what the mail servers call them."""

    address: str
    username: str
    name: str


def new_verifier() -> str:
    """A PKCE verifier: 43 characters, 256 bits."""
    return secrets.token_urlsafe(32)


def sign_in_url(
    provider: Provider, *, redirect_uri: str, state: str, nonce: str, verifier: str, login_hint: str = ""
) -> str:
    """Where the person goes to agree."""
    digest = hashlib.sha256(verifier.encode()).digest()
    asked = {
        "client_id": provider.client_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": " ".join(provider.scopes),
        "state": state,
        "nonce": nonce,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        **provider.extra,
    }
    if login_hint:
        asked["login_hint"] = login_hint
    return f"{provider.authorize_url}?{urlencode(asked)}"


def exchange(provider: Client, *, code: str, redirect_uri: str, now: datetime, verifier: str = "") -> Tokens:
    """The tokens behind a code; ``verifier`` where PKCE was asked with.

    Raises :class:`SignInFailed`, :class:`Refused`, ``egress.Unreachable``.
    """
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        **({"code_verifier": verifier} if verifier else {}),
    }
    return _tokens(_ask(provider, form), now)


def refresh(provider: Client, *, token: str, now: datetime) -> Tokens:
    """A fresh access token. Raises as :func:`exchange` does; :class:`Refused` means that no refresh will ever work."""
    return _tokens(_ask(provider, {"grant_type": "refresh_token", "refresh_token": token}), now)


def of_its_own(client: Client, *, now: datetime) -> Tokens:
    """An access token for a client that asks for itself (``client_credentials``, RFC 6749 §4.4); no refresh token.

    Raises as :func:`exchange` does; :class:`Refused` also when its id or secret is not taken.
    """
    return _tokens(_ask(client, {"grant_type": "client_credentials"}, refused=_OWNERS | _CLIENTS), now)


def revoke(provider: Provider, *, token: str) -> None:
    """Give the consent back (RFC 7009), where the provider has an address for it. Raises ``egress.Unreachable``."""
    if not provider.revoke_url:
        return
    with egress.session(timeout=TIMEOUT, max_bytes=_LARGEST_ANSWER) as line:
        line.request("POST", provider.revoke_url, data={"token": token})


def identity(provider: Provider, *, id_token: str, nonce: str, now: datetime) -> Identity:
    """Who signed in. Raises :class:`SignInFailed` for a token that is not for us, of another sign-in, or too old.

    It came from the token endpoint over TLS, so its signature says nothing more (OIDC Core §3.1.3.7, 6). That the
    address is really theirs is not believed: both mail servers are logged in at with it afterwards.
    """
    claims = _claims(id_token)
    audience = claims.get("aud")
    fits = provider.client_id in (audience if isinstance(audience, list) else [audience])
    expires = claims.get("exp")
    current = isinstance(expires, int | float) and expires > now.timestamp()
    if not fits or not current or claims.get("nonce") != nonce:
        raise SignInFailed(f"{provider.name} did not say who signed in. Try again.")
    names = [str(claims.get(key) or "").strip() for key in ("email", "preferred_username")]
    addresses = [name for name in names if "@" in name]
    if not addresses:
        raise SignInFailed(f"{provider.name} did not tell the address of this account.")
    return Identity(
        addresses[0].lower(), addresses[-1], " ".join(str(claims.get("name") or "").split())[:200]
    )


def _claims(id_token: str) -> dict[str, Any]:
    parts = id_token.split(".")
    try:
        body = parts[1]
        found = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (IndexError, ValueError, binascii.Error):
        return {}
    return found if isinstance(found, dict) else {}


def _ask(provider: Client, form: Mapping[str, str], *, refused: frozenset[str] = _OWNERS) -> dict[str, Any]:
    client = {"client_id": provider.client_id, "client_secret": provider.client_secret}
    with egress.session(timeout=TIMEOUT, max_bytes=_LARGEST_ANSWER) as line:
        response = line.request(
            "POST", provider.token_url, data={**form, **client}, headers={"Accept": "application/json"}
        )
    try:
        found = response.json()
    except ValueError:
        found = None
    answer: dict[str, Any] = found if isinstance(found, dict) else {}
    if response.status_code == 200 and answer.get("access_token"):
        return answer
    error = str(answer.get("error") or f"HTTP {response.status_code}")[:100]
    described = " ".join(str(answer.get("error_description") or "").split())
    words = f"{error}: {described}"[:_TEXT] if described else error
    raise (Refused if error in refused else SignInFailed)(words)


def _tokens(answer: Mapping[str, Any], now: datetime) -> Tokens:
    try:
        seconds = max(0, int(answer.get("expires_in") or _USUAL_LIFE))
    except (TypeError, ValueError):
        seconds = _USUAL_LIFE
    return Tokens(
        access=str(answer["access_token"]),
        refresh=str(answer.get("refresh_token") or ""),
        expires_at=now + timedelta(seconds=seconds),
        scopes=frozenset(str(answer.get("scope") or "").split()),
        id_token=str(answer.get("id_token") or ""),
    )
