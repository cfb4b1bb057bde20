"""Linking a mailbox, changing it, taking it away.

A mailbox is stored only after a login at both servers worked; what a server said against it stands beside the
field it concerns. Passwords and tokens are sealed and never leave again. Removing wipes them; linking the same
address again revives the row with its history and limits.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import structlog
from django.db import IntegrityError, transaction

from accounts.models import Role, User
from accounts.permissions import Right, require
from foundation import secrets
from foundation.problems import Conflict, Invalid, Missing, NotAllowed, Problem
from outreach import breaks, mailbox_health, probing, providers
from outreach.models import BreakSide, LoginKind, Mailbox, MailboxFolder
from outreach.outbox import capacity
from outreach.probing import Server
from outreach.states import MailboxStatus, check_mailbox
from outreach.transports import oauth, tokens
from outreach.transports.base import MailboxTrouble

log = structlog.get_logger(__name__)

INBOX = "INBOX"
#: What an owner may ask for; more is no limit.
MOST_A_DAY, LONGEST_GAP = 100_000, 86_400
_LIMITS = ("min_gap_seconds", "max_gap_seconds", "daily_limit", "in_use_since")


@dataclass(frozen=True)
class SignedIn:
    """The owner agreed at a provider instead of typing a password."""

    provider: LoginKind
    tokens: oauth.Tokens


def link(
    *,
    actor: User,
    address: str,
    display_name: str = "",
    smtp: Server,
    imap: Server,
    now: datetime,
    signed_in: SignedIn | None = None,
) -> Mailbox:
    """Test both sides, then store the mailbox as the actor's own; the first one is the default.

    An account that the actor removed is revived with its history, limits and campaigns. Raises
    :class:`probing.MailboxRefused` with ``fields`` (nothing is stored), or Conflict if the actor has it already;
    who signs in again with a provider means to renew it, so that is none.
    """
    require(actor, Right.MAILBOX_LINK)
    address = address.strip().lower()
    mine = Mailbox.objects.for_organisation(actor.organisation_id).filter(owner=actor)
    known = mine.filter(address=address).first()
    working = known is not None and known.status in {MailboxStatus.CONNECTED, MailboxStatus.PAUSED}
    if working and signed_in is None:
        raise Conflict("This e-mail account is already linked.")
    sent = probing.check(address=address, smtp=smtp, imap=imap)
    try:
        with transaction.atomic():
            row = _row_of(actor, address)
            if display_name or row.pk is None:
                row.display_name = display_name
            _store(row, smtp, imap, sent, now, signed_in)
    except IntegrityError:
        # Two windows at once: the other one's row stands.
        raise Conflict("This e-mail account is already linked.") from None
    return row


def _row_of(actor: User, address: str) -> Mailbox:
    """The actor's row of this address, locked, or a new one; their only usable one is their default."""
    mine = Mailbox.objects.for_organisation(actor.organisation_id).filter(owner=actor)
    row = mine.select_for_update(of=("self",)).filter(address=address).first()
    if row is None:
        row = Mailbox(organisation=actor.organisation, owner=actor, address=address)
    if not mine.filter(is_default=True).exclude(status=MailboxStatus.REMOVED).exists():
        row.is_default = True
    return row


def reconnect(
    *,
    actor: User,
    mailbox_id: int,
    display_name: str,
    smtp: Server,
    imap: Server,
    now: datetime,
    signed_in: SignedIn | None = None,
) -> Mailbox:
    """New settings, passwords or tokens for a linked mailbox, tested first. Raises as :func:`link` does."""
    mailbox = editable(actor, mailbox_id)
    sent = probing.check(address=mailbox.address, smtp=smtp, imap=imap)
    with transaction.atomic():
        row = _locked(mailbox)
        if row.status == MailboxStatus.REMOVED:
            raise Missing("This e-mail account was removed.")
        row.display_name = display_name
        _store(row, smtp, imap, sent, now, signed_in)
    return row


def check_again(*, actor: User, mailbox_id: int, now: datetime) -> Mailbox:
    """Try what is stored once more: an administrator may have allowed meanwhile what was refused.

    Raises Conflict with the server's words when it is refused again; a working mailbox stays as it is.
    """
    mailbox = editable(actor, mailbox_id)
    if mailbox.status != MailboxStatus.NEEDS_RECONNECT:
        return mailbox
    try:
        probing.check_stored(mailbox)
    except MailboxTrouble as trouble:
        raise Conflict(f"It is still refused: {trouble}") from trouble
    with transaction.atomic():
        row = _locked(mailbox)
        if row.status == MailboxStatus.NEEDS_RECONNECT:
            _connected(row, now)
            row.save()
            mailbox_health.changed(row)
    return row


def _connected(row: Mailbox, now: datetime) -> None:
    """It works: whatever stood against it is over."""
    if row.status != MailboxStatus.CONNECTED:
        check_mailbox(row.status, MailboxStatus.CONNECTED)
    row.status, row.status_code, row.server_words = MailboxStatus.CONNECTED, "", ""
    row.paused_until, row.send_failures, row.read_failures = None, 0, 0
    row.next_send_at = row.next_read_at = now
    mailbox_health.keep_fuse(row)
    if row.pk is not None:
        breaks.end(row, *BreakSide, now=now)


def _store(
    row: Mailbox, smtp: Server, imap: Server, sent: str, now: datetime, signed_in: SignedIn | None
) -> None:
    """Write settings and sealed secrets; the row is connected afterwards."""
    for side, server in (("smtp", smtp), ("imap", imap)):
        for name in ("host", "port", "security", "username"):
            setattr(row, f"{side}_{name}", getattr(server, name))
    row.login = signed_in.provider if signed_in else LoginKind.PASSWORD
    row.linked_at = now
    _connected(row, now)
    row.save()
    if signed_in is not None:
        row.secret = ""
        tokens.store(row, signed_in.tokens, now=now)
    else:
        tokens.forget(row)
        row.secret = secrets.seal(
            {"smtp_password": smtp.password, "imap_password": imap.password},
            table="outreach_mailbox",
            row=row.pk,
            organisation=row.organisation_id,
        )
    row.save(update_fields=["secret"])
    folders = MailboxFolder.objects.for_organisation(row.organisation_id)
    folders.filter(mailbox=row).exclude(name__in=[INBOX, sent]).delete()
    for name in (INBOX, sent):
        folders.update_or_create(
            mailbox=row,
            name=name,
            defaults={"organisation_id": row.organisation_id, "is_sent": name == sent},
        )
    mailbox_health.changed(row)


def remove(*, actor: User, mailbox_id: int, now: datetime) -> Mailbox:
    """Disconnect: nothing is sent or read any more and the secrets are gone. Twice changes nothing.

    A permission given at a provider is given back there afterwards, if it answers.
    """
    with transaction.atomic():
        row = _locked(editable(actor, mailbox_id))
        if row.status == MailboxStatus.REMOVED:
            return row
        check_mailbox(row.status, MailboxStatus.REMOVED)
        provider, token = row.login, tokens.forget(row)
        row.status, row.status_code, row.server_words = MailboxStatus.REMOVED, "", ""
        row.secret, row.is_default, row.paused_until = "", False, None
        row.save()
        breaks.end(row, *BreakSide, now=now)
        breaks.begin(row, BreakSide.ACCOUNT, code=breaks.REMOVED, words="", now=now, by=actor)
        mailbox_health.changed(row)
    if token:
        try:
            oauth.revoke(providers.named(provider), token=token)
        except Problem as problem:
            # The tokens are gone here; the owner can still take the access back at the provider.
            log.warning("mailbox.not_revoked", mailbox_id=row.pk, code=problem.code)
    return row


@transaction.atomic
def set_default(*, actor: User, mailbox_id: int) -> Mailbox:
    """New campaigns of the owner start with this mailbox."""
    found = editable(actor, mailbox_id)
    mine = Mailbox.objects.for_organisation(found.organisation_id).filter(owner_id=found.owner_id)
    # All of the owner's, in one order: of two that become the default at once the later one is it.
    mailbox = {row.pk: row for row in mine.order_by("pk").select_for_update(of=("self",))}[found.pk]
    if mailbox.status == MailboxStatus.REMOVED:
        raise Missing("This e-mail account was removed.")
    mine.filter(is_default=True).exclude(pk=mailbox.pk).update(is_default=False)
    mine.filter(pk=mailbox.pk).update(is_default=True)
    mailbox.is_default = True
    return mailbox


@transaction.atomic
def resume(*, actor: User, mailbox_id: int, now: datetime) -> Mailbox:
    """End a pause that a provider or refusing receivers brought about; a blown fuse asks for ``fuses.go_on``."""
    row = _locked(editable(actor, mailbox_id))
    if row.fuse_trips.filter(released_at=None).exists():
        raise Conflict(
            "This e-mail account stopped itself. Look at the cases on its page and say why it may go on."
        )
    if row.status == MailboxStatus.CONNECTED:
        return row
    if row.status != MailboxStatus.PAUSED:
        raise Conflict("This e-mail account has to be connected again.")
    check_mailbox(row.status, MailboxStatus.CONNECTED)
    row.status, row.status_code, row.server_words = MailboxStatus.CONNECTED, "", ""
    row.paused_until = None
    # Left in the past it says how long the mailbox stood still: what is overdue by that is planned anew, no burst.
    row.next_send_at = min(row.next_send_at, capacity.end_of_gap(row, now=now))
    row.save()
    mailbox_health.changed(row)
    return row


@transaction.atomic
def set_limits(*, actor: User, mailbox_id: int, now: datetime, **limits: int | date | None) -> Mailbox:
    """``min_gap_seconds``, ``max_gap_seconds``, ``daily_limit``; None follows the installation's settings.

    What is left out stays. ``in_use_since`` is a date not in the future: an account that was in use long before it was
    linked is no young one.
    """
    row = _locked(editable(actor, mailbox_id))
    shortest = limits.get("min_gap_seconds", row.min_gap_seconds)
    longest = limits.get("max_gap_seconds", row.max_gap_seconds)
    if isinstance(shortest, int) and isinstance(longest, int) and longest < shortest:
        raise Invalid(
            "The longest gap is shorter than the shortest.",
            fields={"max_gap_seconds": "Not below the shortest."},
        )
    since = limits.get("in_use_since")
    if isinstance(since, date) and since > now.date():
        raise Invalid("This day is still to come.", fields={"in_use_since": "A day that has been."})
    values: dict[str, Any] = {name: limits[name] for name in _LIMITS if name in limits}
    for name, value in values.items():
        setattr(row, name, value)
    # A mailbox that rested for its old limits looks again now; the gap after its last message stays.
    row.next_send_at = min(row.next_send_at, capacity.end_of_gap(row, now=now))
    row.save(update_fields=[*values, "next_send_at"])
    return row


def editable(actor: User, mailbox_id: int) -> Mailbox:
    """The actor's own mailbox, or any of the organisation's for an admin; else Missing or NotAllowed."""
    require(actor, Right.MAILBOX_LINK)
    row = Mailbox.objects.for_organisation(actor.organisation_id).filter(pk=mailbox_id).first()
    if row is None:
        raise Missing("There is no such e-mail account.")
    if row.owner_id != actor.pk and actor.role != Role.ADMIN:
        raise NotAllowed("Only its owner or an admin can change this e-mail account.")
    return row


def _locked(mailbox: Mailbox) -> Mailbox:
    return (
        Mailbox.objects.for_organisation(mailbox.organisation_id)
        .select_for_update(of=("self",))
        .get(pk=mailbox.pk)
    )
