"""The fuse of a mailbox: it stops by itself when too many of its messages bounce hard or are called spam.

Each case also counts against the mailbox at every receiver, so going on would spoil what is left of its name. Only a
person lets it go on, with a reason; from then on cases are counted anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from foundation import events
from foundation.models import Event
from foundation.problems import Conflict, Invalid
from outreach import mailbox_health, mailboxes
from outreach.fuse_rule import FuseRule
from outreach.models import FuseKind, FuseTrip, InboundMessage, Mailbox, Message
from outreach.states import COUNTS_FOR_LIMIT, FailureClass, MessageStatus, Verdict

log = structlog.get_logger(__name__)

#: So many of the messages concerned are shown.
MOST_SHOWN = 50
_LONGEST_REASON = 500


@dataclass(frozen=True)
class Standing:
    """How near a fuse is to blowing: its rule, and what was counted since ``since``."""

    kind: FuseKind
    rule: FuseRule
    since: datetime
    sent: int
    cases: int
    message_ids: tuple[int, ...] = ()

    @property
    def blows(self) -> bool:
        """Too many."""
        return self.rule.blows(sent=self.sent, cases=self.cases)


def standings(mailbox: Mailbox, *, now: datetime) -> list[Standing]:
    """Both fuses of a mailbox as they stand, counted over ``FUSE_WINDOW_DAYS`` or since somebody let it go on."""
    since = _since(mailbox, now)
    messages = Message.objects.for_organisation(mailbox.organisation_id).filter(mailbox=mailbox)
    left = messages.filter(status__in=COUNTS_FOR_LIMIT, sending_at__gt=since).count()
    hard = messages.filter(failure_class=FailureClass.HARD, settled_at__gt=since)
    # Refused before DATA: it counts as a bounce, and so it counts as sent.
    sent = left + hard.filter(status=MessageStatus.REFUSED).count()
    spam = InboundMessage.objects.for_organisation(mailbox.organisation_id).filter(
        verdict=Verdict.COMPLAINT, read_at__gt=since, message__mailbox=mailbox
    )
    found = {
        FuseKind.BOUNCES: hard.order_by("settled_at").values_list("pk", flat=True),
        FuseKind.COMPLAINTS: spam.order_by("read_at").values_list("message_id", flat=True),
    }
    return [
        Standing(kind, rule_of(kind), since, sent, rows.count(), tuple(pk for pk in rows[:MOST_SHOWN] if pk))
        for kind, rows in found.items()
    ]


def rule_of(kind: FuseKind) -> FuseRule:
    """The installation's rule."""
    if kind is FuseKind.COMPLAINTS:
        return FuseRule(settings.FUSE_COMPLAINTS_PER_MILLE, settings.FUSE_COMPLAINTS_AT_LEAST)
    return FuseRule(settings.FUSE_BOUNCES_PER_MILLE, settings.FUSE_BOUNCES_AT_LEAST)


def blown(mailbox: Mailbox) -> FuseTrip | None:
    """The trip that stops the mailbox now."""
    rows = FuseTrip.objects.for_organisation(mailbox.organisation_id).filter(mailbox=mailbox)
    return rows.filter(released_at=None).first()


def trips(mailbox: Mailbox) -> Sequence[FuseTrip]:
    """Earlier ones, newest first, for who looks at a mailbox."""
    rows = FuseTrip.objects.for_organisation(mailbox.organisation_id).filter(mailbox=mailbox)
    return list(rows.exclude(released_at=None).select_related("released_by")[:5])


@events.consumer("outreach.fuses", "message.refused", "message.bounced", "message.complained")
def watch(event: Event) -> None:
    """Look at the mailbox's fuses when one of its messages came back or was called spam."""
    message = (
        Message.objects.for_organisation(event.organisation_id)
        .filter(pk=event.ids["message_id"])
        .select_related("mailbox")
        .first()
    )
    if message is None or (event.kind != "message.complained" and message.failure_class != FailureClass.HARD):
        return
    look(message.mailbox, now=timezone.now())


@transaction.atomic
def look(mailbox: Mailbox, *, now: datetime) -> FuseTrip | None:
    """Stop the mailbox if one of its fuses blows; the trip, or None. One that is stopped stays as it is."""
    if blown(mailbox) is not None:
        return None
    bad = next((each for each in standings(mailbox, now=now) if each.blows), None)
    if bad is None:
        return None
    try:
        with transaction.atomic():
            trip = FuseTrip.objects.create(
                organisation_id=mailbox.organisation_id,
                mailbox=mailbox,
                kind=bad.kind,
                tripped_at=now,
                counted_from=bad.since,
                sent=bad.sent,
                cases=bad.cases,
                message_ids=list(bad.message_ids),
            )
    except IntegrityError:
        # Another worker saw the same.
        return None
    log.warning("mailbox.fuse", mailbox_id=mailbox.pk, kind=bad.kind, cases=bad.cases, sent=bad.sent)
    mailbox_health.stopped_by_fuse(trip)
    return trip


@transaction.atomic
def go_on(*, actor: User, mailbox_id: int, reason: str, now: datetime) -> Mailbox:
    """*Go on*: a person has looked at the cases. Twice changes nothing.

    Raises as ``mailboxes.editable``, and Invalid without a reason.
    """
    mailbox = mailboxes.editable(actor, mailbox_id)
    reason = " ".join(reason.split())
    if not reason:
        raise Invalid("Say why it may go on.", fields={"reason": "Say why it may go on."})
    if len(reason) > _LONGEST_REASON:
        raise Invalid("Say it shorter.", fields={"reason": f"At most {_LONGEST_REASON} characters."})
    trip = (
        FuseTrip.objects.for_organisation(mailbox.organisation_id)
        .select_for_update()
        .filter(mailbox=mailbox, released_at=None)
        .first()
    )
    if trip is None:
        return mailbox
    trip.released_at, trip.released_by, trip.reason = now, actor, reason
    trip.save(update_fields=["released_at", "released_by", "reason"])
    try:
        return mailboxes.resume(actor=actor, mailbox_id=mailbox.pk, now=now)
    except Conflict:
        # It also has to be connected again; then it goes on by itself.
        return mailbox


def _since(mailbox: Mailbox, now: datetime) -> datetime:
    window = now - timedelta(days=settings.FUSE_WINDOW_DAYS)
    released = (
        FuseTrip.objects.for_organisation(mailbox.organisation_id)
        .filter(mailbox=mailbox, released_at__isnull=False)
        .order_by("-released_at")
        .values_list("released_at", flat=True)
        .first()
    )
    return max(window, released) if released else window
