"""How a mailbox is: connected, resting, paused by its provider, or in need of its owner.

Connect, TLS and login failures belong to the mailbox and never to the message that met them
(docs/architecture.md, "Sending" 6). A mailbox that many receivers refuse is paused before its name is ruined
(docs/behaviour.md §4, "Policy").
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from foundation import events
from foundation.models import Event
from outreach import breaks
from outreach.models import BreakSide, FuseKind, FuseTrip, Mailbox, Message
from outreach.states import FailureClass, MailboxStatus, Reason, check_mailbox, sentence
from outreach.transports.base import MailboxTrouble

log = structlog.get_logger(__name__)

_EVERYONE = "workers serve everyone"
#: Trouble that no waiting cures: a person has to change something.
_NEEDS_OWNER = frozenset({"auth", "private"})
#: Seconds to rest after connections that failed one after the other; the last one repeats.
_RESTS = (5, 15, 60, 300, 900)
#: So many receiving domains that refuse a mailbox within a day pause it.
_REFUSING_DOMAINS = 3
_REFUSALS_WITHIN = timedelta(hours=24)
_POLICY_TEXT = "Three receiving domains refused mail from this mailbox within a day."


def send_failed(mailbox: Mailbox, trouble: MailboxTrouble, *, now: datetime) -> None:
    """The mailbox could not be used for sending: rest and try again, or ask its owner."""
    log.warning("mailbox.trouble", mailbox_id=mailbox.pk, kind=trouble.kind)
    if trouble.kind in _NEEDS_OWNER:
        needs_reconnect(mailbox, code=trouble.kind, words=str(trouble), now=now)
        return
    breaks.begin(mailbox, BreakSide.SENDING, code=trouble.kind, words=str(trouble), now=now)
    until = now + timedelta(seconds=_RESTS[min(mailbox.send_failures, len(_RESTS) - 1)])
    _rows(mailbox).update(
        send_failures=F("send_failures") + 1,
        next_send_at=until,
        status_code=trouble.kind,
        server_words=str(trouble)[:500],
    )


def send_works(mailbox: Mailbox, *, now: datetime) -> None:
    """A line was opened: earlier failures are over."""
    if mailbox.send_failures:
        mailbox.send_failures = 0
        breaks.end(mailbox, BreakSide.SENDING, now=now)
        _rows(mailbox).update(send_failures=0, status_code="", server_words="")


def read_failed(mailbox: Mailbox, trouble: MailboxTrouble, *, now: datetime) -> None:
    """The mailbox could not be read: the reader tries again, or its owner is asked."""
    if trouble.kind in _NEEDS_OWNER:
        needs_reconnect(mailbox, code=trouble.kind, words=str(trouble), now=now)
    else:
        breaks.begin(mailbox, BreakSide.READING, code=trouble.kind, words=str(trouble), now=now)


def read_works(mailbox: Mailbox, *, now: datetime) -> None:
    """All folders were read: earlier failures are over."""
    if mailbox.read_failures:
        breaks.end(mailbox, BreakSide.READING, now=now)


def needs_reconnect(mailbox: Mailbox, *, code: str, words: str, now: datetime) -> None:
    """Nothing is sent or read until the owner links it again. A removed mailbox stays removed.

    ``mailbox`` is its row as it was when the trouble began: one that was linked again since is left alone.
    """
    with transaction.atomic():
        if _set_status(mailbox, MailboxStatus.NEEDS_RECONNECT, code=code, words=words, paused_until=None):
            breaks.begin(mailbox, BreakSide.ACCOUNT, code=code, words=words, now=now)


def stopped_by_provider(
    mailbox: Mailbox, words: str, *, until: datetime | None, code: Reason = Reason.SERVER_QUOTA
) -> None:
    """Sending is paused, until a moment if one is known.

    ``code`` says whose doing it is: ``SERVER_QUOTA`` a limit of the mailbox's own provider, ``POLICY_REFUSED`` a
    refusal for what the mailbox sends or is.
    """
    _set_status(mailbox, MailboxStatus.PAUSED, code=code, words=words, paused_until=until)


def stopped_by_fuse(trip: FuseTrip) -> None:
    """A fuse blew: paused without an end, over whatever other pause there is."""
    code, words = _of_trip(trip)
    if _set_status(trip.mailbox, MailboxStatus.PAUSED, code=code, words=words, paused_until=None):
        return
    _rows(trip.mailbox).filter(status=MailboxStatus.PAUSED).update(
        status_code=code, server_words=words, paused_until=None
    )


def keep_fuse(mailbox: Mailbox) -> None:
    """Of a mailbox that is being connected again: one whose fuse has blown stays paused. Not saved."""
    trip = (
        FuseTrip.objects.for_organisation(mailbox.organisation_id)
        .filter(mailbox_id=mailbox.pk, released_at=None)
        .first()
    )
    if trip is not None:
        check_mailbox(mailbox.status, MailboxStatus.PAUSED)
        mailbox.status = MailboxStatus.PAUSED
        mailbox.status_code, mailbox.server_words = _of_trip(trip)


def _of_trip(trip: FuseTrip) -> tuple[Reason, str]:
    if trip.kind == FuseKind.COMPLAINTS:
        return Reason.FUSE_COMPLAINTS, f"{trip.cases} of {trip.sent} messages were called spam."
    return Reason.FUSE_BOUNCES, f"{trip.cases} of {trip.sent} messages went to addresses that do not exist."


def end_pauses(*, now: datetime) -> int:
    """Connect again what was paused until a moment that has come; returns how many."""
    over = Mailbox.objects.across_organisations(_EVERYONE).filter(
        status=MailboxStatus.PAUSED, paused_until__lte=now
    )
    ended = 0
    for mailbox in over:
        ended += _set_status(mailbox, MailboxStatus.CONNECTED, code="", words="", paused_until=None)
    return ended


@transaction.atomic
def _set_status(
    mailbox: Mailbox, new: MailboxStatus, *, code: str, words: str, paused_until: datetime | None
) -> bool:
    row = Mailbox.objects.across_organisations(_EVERYONE).select_for_update().get(pk=mailbox.pk)
    if row.status in {new, MailboxStatus.REMOVED}:
        return False
    if new is MailboxStatus.NEEDS_RECONNECT and row.linked_at != mailbox.linked_at:
        return False
    check_mailbox(row.status, new)
    row.status, row.status_code, row.server_words = new, code, words[:500]
    row.paused_until, row.send_failures = paused_until, 0
    row.save(update_fields=["status", "status_code", "server_words", "paused_until", "send_failures"])
    mailbox.status = new
    changed(row)
    return True


def changed(mailbox: Mailbox) -> None:
    """Tell other rooms, in the caller's transaction."""
    events.emit(
        "mailbox.changed",
        organisation_id=mailbox.organisation_id,
        subject=f"mailbox:{mailbox.pk}",
        mailbox_id=mailbox.pk,
    )


@events.consumer("outreach.mailbox_health", "message.refused", "message.bounced", "message.failed")
def watch_refusals(event: Event) -> None:
    """Pause a mailbox at the third receiving domain that refuses it within 24 hours."""
    message = (
        Message.objects.for_organisation(event.organisation_id)
        .filter(pk=event.ids["message_id"], failure_class=FailureClass.POLICY)
        .select_related("mailbox")
        .first()
    )
    if message is None:
        return
    recent = Message.objects.for_organisation(event.organisation_id).filter(
        Q(failure_class=FailureClass.POLICY),
        mailbox_id=message.mailbox_id,
        settled_at__gt=timezone.now() - _REFUSALS_WITHIN,
    )
    domains = {address.rpartition("@")[2] for address in recent.values_list("to_normalised", flat=True)}
    if len(domains) >= _REFUSING_DOMAINS and message.mailbox.status == MailboxStatus.CONNECTED:
        words = f"{sentence(Reason.POLICY_REFUSED)} {_POLICY_TEXT} {message.reason_text}"
        stopped_by_provider(message.mailbox, words.strip(), until=None, code=Reason.POLICY_REFUSED)


def _rows(mailbox: Mailbox) -> QuerySet[Mailbox]:
    return Mailbox.objects.across_organisations(_EVERYONE).filter(pk=mailbox.pk)
