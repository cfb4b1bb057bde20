"""The two providers people sign in with instead of typing a password: where, as whom, and to which mail servers.

Addresses and the installation's client come from its settings, so that a private authorization server can stand in
for either (docs/mailboxes.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.conf import settings

from foundation.problems import Missing
from outreach.models import LoginKind

#: What the mail servers ask for, and the identity: whose mailbox was opened is read from the ID token.
_GOOGLE_MAIL = "https://mail.google.com/"
_MICROSOFT_IMAP = "https://outlook.office.com/IMAP.AccessAsUser.All"
_MICROSOFT_SMTP = "https://outlook.office.com/SMTP.Send"


@dataclass(frozen=True)
class MailServer:
    """One mail server; ``security`` is one of ``Security``."""

    host: str
    port: int
    security: str


@dataclass(frozen=True)
class Provider:
    """One provider as this installation knows it.

    ``scopes`` are asked for; without all of ``needed`` the mailbox cannot be used. ``extra`` goes into the
    authorization address. ``clients`` is where an administrator registers Beckon.
    """

    key: LoginKind
    name: str
    client_id: str
    client_secret: str = field(repr=False)
    authorize_url: str
    token_url: str
    revoke_url: str
    smtp: MailServer
    imap: MailServer
    scopes: tuple[str, ...]
    needed: frozenset[str]
    extra: Mapping[str, str]
    clients: str

    @property
    def missing(self) -> tuple[str, ...]:
        """The settings without which nobody can sign in; empty when it is configured."""
        prefix = self.key.value.upper()
        found = {f"{prefix}_CLIENT_ID": self.client_id, f"{prefix}_CLIENT_SECRET": self.client_secret}
        return tuple(name for name, value in found.items() if not value)


def google() -> Provider:
    """Google Workspace and Gmail. ``prompt=consent``: only then a refresh token comes with every sign-in."""
    return Provider(
        key=LoginKind.GOOGLE,
        name="Google",
        client_id=settings.GOOGLE_CLIENT_ID,
        client_secret=settings.GOOGLE_CLIENT_SECRET,
        authorize_url=settings.GOOGLE_AUTHORIZE_URL,
        token_url=settings.GOOGLE_TOKEN_URL,
        revoke_url=settings.GOOGLE_REVOKE_URL,
        smtp=MailServer(*settings.GOOGLE_SMTP),
        imap=MailServer(*settings.GOOGLE_IMAP),
        scopes=("openid", "email", "profile", _GOOGLE_MAIL),
        needed=frozenset({_GOOGLE_MAIL}),
        extra={"access_type": "offline", "prompt": "consent"},
        clients="https://console.cloud.google.com/apis/credentials",
    )


def microsoft() -> Provider:
    """Microsoft 365 and Outlook.com. It has no address to revoke at: tokens end with the owner's consent."""
    return Provider(
        key=LoginKind.MICROSOFT,
        name="Microsoft 365",
        client_id=settings.MICROSOFT_CLIENT_ID,
        client_secret=settings.MICROSOFT_CLIENT_SECRET,
        authorize_url=settings.MICROSOFT_AUTHORIZE_URL,
        token_url=settings.MICROSOFT_TOKEN_URL,
        revoke_url="",
        smtp=MailServer(*settings.MICROSOFT_SMTP),
        imap=MailServer(*settings.MICROSOFT_IMAP),
        scopes=("openid", "email", "profile", "offline_access", _MICROSOFT_IMAP, _MICROSOFT_SMTP),
        needed=frozenset({_MICROSOFT_IMAP, _MICROSOFT_SMTP}),
        extra={"prompt": "select_account"},
        clients="https://entra.microsoft.com → App registrations",
    )


def all_of_them() -> tuple[Provider, Provider]:
    """Both, in the order in which they are offered."""
    return google(), microsoft()


def named(key: str) -> Provider:
    """The provider of this key; raises Missing."""
    for provider in all_of_them():
        if provider.key == key:
            return provider
    raise Missing("There is no such provider.")
