"""Linking by signing in at a provider: what is asked, and what becomes of the answer (OAuth 2.0 code flow, PKCE).

What was asked stays with the person's own session until they come back: a state that it does not hold was made for
somebody else and is refused. The account signed in with decides the address; for an account that is linked again it
has to be the same one.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.urls import reverse

from accounts.models import User
from accounts.permissions import Right, require
from foundation import egress
from foundation.problems import Conflict, Problem
from outreach import mailboxes, probing, provider_words, providers
from outreach.mailboxes import SignedIn
from outreach.models import LoginKind, Mailbox
from outreach.probing import Server
from outreach.providers import MailServer, Provider
from outreach.transports import oauth

#: How long somebody may take on the provider's pages.
VALID_FOR = timedelta(minutes=30)


class NotSetUp(Conflict):
    """This installation has no client at the provider; the text names the settings."""

    code: ClassVar[str] = "sign_in_not_set_up"


@dataclass(frozen=True)
class Asked:
    """One question on its way; ``mailbox_id`` is the account that is linked again, None for a new one."""

    provider: str
    state: str
    nonce: str
    verifier: str = field(repr=False)
    asked_at: str
    mailbox_id: int | None = None

    def as_json(self) -> dict[str, Any]:
        """For the session."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Asked:
        """From the session."""
        return cls(**value)

    def current(self, now: datetime) -> bool:
        """Whether an answer may still come."""
        return now - datetime.fromisoformat(self.asked_at) < VALID_FOR


def redirect_uri() -> str:
    """Where providers lead back to; it is registered with them letter by letter."""
    return settings.PUBLIC_URL + reverse("outreach:mailbox_signed_in")


def ask(*, actor: User, provider: str, mailbox_id: int | None, now: datetime) -> tuple[Asked, str]:
    """What to remember, and where the person goes to agree.

    Raises Missing for another provider or mailbox, NotAllowed for somebody else's, :class:`NotSetUp`.
    """
    require(actor, Right.MAILBOX_LINK)
    there = providers.named(provider)
    if there.missing:
        raise NotSetUp(f"{there.name} is not set up here: {' and '.join(there.missing)} must be set.")
    mailbox = mailboxes.editable(actor, mailbox_id) if mailbox_id is not None else None
    asked = Asked(
        provider=there.key.value,
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(16),
        verifier=oauth.new_verifier(),
        asked_at=now.isoformat(),
        mailbox_id=mailbox.pk if mailbox else None,
    )
    url = oauth.sign_in_url(
        there,
        redirect_uri=redirect_uri(),
        state=asked.state,
        nonce=asked.nonce,
        verifier=asked.verifier,
        login_hint=mailbox.address if mailbox else "",
    )
    return asked, url


def finish(*, actor: User, asked: Asked, code: str, now: datetime) -> Mailbox:
    """Exchange the code, log in at both servers, and store the mailbox as the actor's own or the one asked for.

    Raises ``oauth.SignInFailed`` with what is wrong and what to do; nothing is stored then.
    """
    require(actor, Right.MAILBOX_LINK)
    if not asked.current(now):
        raise oauth.SignInFailed("The sign-in took too long. Start again.")
    there = providers.named(asked.provider)
    given, who = _answer(there, asked, code, now)
    mailbox = mailboxes.editable(actor, asked.mailbox_id) if asked.mailbox_id is not None else None
    if mailbox is not None and mailbox.address != who.address:
        raise oauth.SignInFailed(
            f"You signed in as {who.address}, and this account is {mailbox.address}. Sign in as that one, "
            "or link the other as a new account."
        )
    signed_in = SignedIn(LoginKind(there.key), given)
    smtp, imap = (_server(server, who, given) for server in (there.smtp, there.imap))
    try:
        if mailbox is not None:
            return mailboxes.reconnect(
                actor=actor,
                mailbox_id=mailbox.pk,
                display_name=mailbox.display_name,
                smtp=smtp,
                imap=imap,
                now=now,
                signed_in=signed_in,
            )
        return mailboxes.link(
            actor=actor,
            address=who.address,
            display_name=who.name or actor.name,
            smtp=smtp,
            imap=imap,
            now=now,
            signed_in=signed_in,
        )
    except probing.MailboxRefused as problem:
        raise oauth.SignInFailed(" ".join(problem.fields.values())) from problem


def explained(problem: Problem | str) -> str:
    """A provider's words with what to do about them, where that is known."""
    words = str(problem)
    advice = provider_words.advice(words)
    return words if advice in words else f"{words} {advice}"


def _answer(there: Provider, asked: Asked, code: str, now: datetime) -> tuple[oauth.Tokens, oauth.Identity]:
    try:
        given = oauth.exchange(
            there, code=code, verifier=asked.verifier, redirect_uri=redirect_uri(), now=now
        )
    except (egress.Unreachable, egress.EgressRefused) as problem:
        raise oauth.SignInFailed(f"{there.name} did not answer: {problem}") from problem
    if given.scopes and not there.needed <= given.scopes:
        raise oauth.SignInFailed(
            f"The box that lets Beckon read and send mail was not ticked on the page of {there.name}. Start again "
            "and tick it."
        )
    if not given.refresh:
        raise oauth.SignInFailed(f"{there.name} gave no lasting permission. Start again and allow all of it.")
    return given, oauth.identity(there, id_token=given.id_token, nonce=asked.nonce, now=now)


def _server(server: MailServer, who: oauth.Identity, given: oauth.Tokens) -> Server:
    return Server(
        host=server.host,
        port=server.port,
        security=server.security,
        username=who.username,
        password=given.access,
        bearer=True,
    )
