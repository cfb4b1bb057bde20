"""How a mailbox logs in: a password, or a token of the provider its owner signed in with."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from foundation import secrets
from outreach.models import LoginKind, Mailbox
from outreach.transports import tokens
from outreach.transports.base import MailboxTrouble

T = TypeVar("T")


@dataclass(frozen=True)
class Login:
    """One side's login. ``bearer``: ``secret`` is an access token for SASL XOAUTH2, else a password."""

    username: str
    secret: str = field(repr=False)
    bearer: bool = False

    def xoauth2(self) -> str:
        """The initial response of SASL XOAUTH2 before base64; the control characters are the protocol's."""
        return f"user={self.username}\x01auth=Bearer {self.secret}\x01\x01"


def of(mailbox: Mailbox, side: str, *, refused: str = "") -> Login:
    """The login of ``side`` (``smtp``, ``imap``); may call the provider for a fresh token.

    ``refused`` is a token that the mail server has just turned down. Raises :class:`MailboxTrouble`.
    """
    username = mailbox.smtp_username if side == "smtp" else mailbox.imap_username
    if mailbox.login != LoginKind.PASSWORD:
        return Login(username, tokens.access_token(mailbox, refused=refused), bearer=True)
    try:
        secret = secrets.unseal(
            mailbox.secret, table="outreach_mailbox", row=mailbox.pk, organisation=mailbox.organisation_id
        )
    except secrets.SecretUnreadable as problem:
        raise MailboxTrouble("auth", str(problem)) from problem
    return Login(username, secret[f"{side}_password"])


def opened(mailbox: Mailbox, side: str, opener: Callable[[Login], T]) -> T:
    """What ``opener`` makes of the mailbox's login; a token that the server turns down is replaced once.

    A token may end before its time: the owner changed their password, or an administrator signed everybody out.
    """
    login = of(mailbox, side)
    try:
        return opener(login)
    except MailboxTrouble as trouble:
        if trouble.kind != "auth" or not login.bearer:
            raise
    return opener(of(mailbox, side, refused=login.secret))


def reason_of(challenge: bytes | str) -> str:
    """What a server says in the challenge before it refuses a token, as a short text; empty if unreadable.

    Both providers send JSON with a status (``{"status":"401","scope":…}``), Google in base64.
    """
    raw = challenge.encode() if isinstance(challenge, str) else challenge
    for text in (raw, _decoded(raw)):
        try:
            found = json.loads(text)
        except ValueError:
            continue
        if isinstance(found, dict):
            return " ".join(str(found[key]) for key in ("status", "error") if found.get(key))[:100]
    return ""


def _decoded(raw: bytes) -> bytes:
    try:
        return base64.b64decode(raw, validate=True)
    except (binascii.Error, ValueError):
        return b""
