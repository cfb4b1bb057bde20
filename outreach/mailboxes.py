"""Linking a mailbox, changing it, taking it away.

A mailbox is stored only after a login at both servers worked; what a server said against it stands beside the
field it concerns. Passwords are sealed and never leave again. Removing wipes them; linking the same address
again revives the row with its history and limits.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import imap_tools
from django.conf import settings
from django.db import transaction

from accounts.models import Role, User
from accounts.permissions import Right, require
from foundation import secrets
from foundation.problems import Conflict, Invalid, Missing, NotAllowed
from outreach import mailbox_health
from outreach.models import Mailbox, MailboxFolder
from outreach.outbox import capacity
from outreach.states import MailboxStatus, check_mailbox
from outreach.transports.base import MailboxTrouble
from outreach.transports.imap import make_sent_folder, open_mailbox, sent_folder
from outreach.transports.smtp import open_session

INBOX = "INBOX"
_LIMITS = ("min_gap_seconds", "max_gap_seconds", "daily_limit", "in_use_since")
#: Trouble → the field of the form it stands beside; the rest stands at the host.
_FIELD = {"auth": "password", "tls": "security", "refused": "security"}
_SAYS = {
    "auth": "The {side} server refused the login: {words}",
    "dns": "The {side} server was not found: {words}",
    "connect": "The {side} server could not be reached: {words}",
    "tls": "No protected line to the {side} server: {words}",
    "timeout": "The {side} server did not answer in time: {words}",
    "cut": "The {side} server hung up: {words}",
    "refused": "The {side} server refused us: {words}",
    "private": "The {side} server cannot be used: {words}",
}


@dataclass(frozen=True, kw_only=True)
class Server:
    """One side of a mailbox as a person enters it. ``security`` is one of ``Security``."""

    host: str
    port: int
    security: str
    username: str
    password: str


class MailboxRefused(Invalid):
    """One or both mail servers did not let us in."""

    code = "mailbox_refused"


def link(
    *, actor: User, address: str, display_name: str = "", smtp: Server, imap: Server, now: datetime
) -> Mailbox:
    """Test both sides, then store the mailbox as the actor's own; the first one is the default.

    Raises :class:`MailboxRefused` with ``fields`` (nothing is stored), or Conflict if the actor has it already.
    """
    require(actor, Right.MAILBOX_LINK)
    address = address.strip().lower()
    mine = Mailbox.objects.for_organisation(actor.organisation_id).filter(owner=actor)
    known = mine.filter(address=address).first()
    if known is not None and known.status in {MailboxStatus.CONNECTED, MailboxStatus.PAUSED}:
        raise Conflict("This e-mail account is already linked.")
    sent = check(address=address, smtp=smtp, imap=imap)
    with transaction.atomic():
        row = mine.select_for_update().filter(address=address).first()
        if row is None:
            row = Mailbox(organisation=actor.organisation, owner=actor, address=address)
            row.is_default = not mine.filter(is_default=True).exists()
        else:
            check_mailbox(row.status, MailboxStatus.CONNECTED)
        row.display_name = display_name
        _store(row, smtp, imap, sent, now)
    return row


def reconnect(
    *, actor: User, mailbox_id: int, display_name: str, smtp: Server, imap: Server, now: datetime
) -> Mailbox:
    """New settings or passwords for a linked mailbox, tested first. Raises as :func:`link` does."""
    mailbox = editable(actor, mailbox_id)
    sent = check(address=mailbox.address, smtp=smtp, imap=imap)
    with transaction.atomic():
        row = _locked(mailbox)
        if row.status == MailboxStatus.REMOVED:
            raise Missing("This e-mail account was removed.")
        row.display_name = display_name
        _store(row, smtp, imap, sent, now)
    return row


def check(*, address: str, smtp: Server, imap: Server) -> str:
    """Log in at both servers; the name of the Sent folder. Raises :class:`MailboxRefused` naming every fault."""
    faults: dict[str, str] = {}
    sent = ""
    probe = Mailbox(
        address=address,
        smtp_host=smtp.host,
        smtp_port=smtp.port,
        smtp_security=smtp.security,
        smtp_username=smtp.username,
    )
    try:
        open_session(probe, password=smtp.password).close()
    except MailboxTrouble as trouble:
        faults |= _fault("smtp", trouble)
    try:
        sent = _check_imap(imap)
    except MailboxTrouble as trouble:
        faults |= _fault("imap", trouble)
    if faults:
        raise MailboxRefused("The account was not linked; nothing was stored.", fields=faults)
    return sent


def _check_imap(server: Server) -> str:
    box = open_mailbox(
        server.host,
        server.port,
        security=server.security,
        username=server.username,
        password=server.password,
        timeout=settings.IMAP_TIMEOUT.total_seconds(),
    )
    with box:
        try:
            return sent_folder(box) or make_sent_folder(box)
        except (imap_tools.ImapToolsError, OSError) as error:
            raise MailboxTrouble("refused", str(error)[:300]) from error


def _fault(side: str, trouble: MailboxTrouble) -> dict[str, str]:
    field = f"{side}_{_FIELD.get(trouble.kind, 'host')}"
    return {field: _SAYS[trouble.kind].format(side=side.upper(), words=trouble)}


def _store(row: Mailbox, smtp: Server, imap: Server, sent: str, now: datetime) -> None:
    """Write settings and sealed passwords; the row is connected afterwards."""
    for side, server in (("smtp", smtp), ("imap", imap)):
        for name in ("host", "port", "security", "username"):
            setattr(row, f"{side}_{name}", getattr(server, name))
    row.status, row.status_code, row.server_words = MailboxStatus.CONNECTED, "", ""
    row.paused_until, row.send_failures, row.read_failures = None, 0, 0
    row.next_send_at = row.next_read_at = now
    mailbox_health.keep_fuse(row)
    row.save()
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


@transaction.atomic
def remove(*, actor: User, mailbox_id: int) -> Mailbox:
    """Disconnect: nothing is sent or read any more and the passwords are gone. Twice changes nothing."""
    row = _locked(editable(actor, mailbox_id))
    if row.status == MailboxStatus.REMOVED:
        return row
    check_mailbox(row.status, MailboxStatus.REMOVED)
    row.status, row.status_code, row.server_words = MailboxStatus.REMOVED, "", ""
    row.secret, row.is_default, row.paused_until = "", False, None
    row.save()
    mailbox_health.changed(row)
    return row


@transaction.atomic
def set_default(*, actor: User, mailbox_id: int) -> Mailbox:
    """New campaigns of the owner start with this mailbox."""
    mailbox = editable(actor, mailbox_id)
    if mailbox.status == MailboxStatus.REMOVED:
        raise Missing("This e-mail account was removed.")
    mine = Mailbox.objects.for_organisation(mailbox.organisation_id).filter(owner_id=mailbox.owner_id)
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
    row.paused_until, row.next_send_at = None, capacity.end_of_gap(row, now=now)
    row.save()
    mailbox_health.changed(row)
    return row


@transaction.atomic
def set_limits(*, actor: User, mailbox_id: int, now: datetime, **limits: int | date | None) -> Mailbox:
    """``min_gap_seconds``, ``max_gap_seconds``, ``daily_limit``; None follows the installation's settings.

    ``in_use_since`` is a date not in the future: an account that was in use long before it was linked is no young one.
    """
    row = _locked(editable(actor, mailbox_id))
    shortest, longest = limits.get("min_gap_seconds"), limits.get("max_gap_seconds")
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
