"""How much room a mailbox has now: its rolling 24 hours, counted in the database, and its gap.

The figures come from the mailbox, else from the installation's settings; the arithmetic is ``limits``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.conf import settings
from django.db import connection

from outreach.models import Mailbox, Message
from outreach.outbox import limits
from outreach.provider_limits import provider_limit
from outreach.states import COUNTS_FOR_LIMIT, Reason

#: A message that must not leave for a reason the claim cannot see is looked at again after this long.
LOOK_AGAIN = timedelta(minutes=1)
#: "No limit" as a number.
_PLENTY = 1_000_000


@dataclass(frozen=True)
class Room:
    """How many more messages may begin now; with none, why and from when (None: when the rules change)."""

    free: int
    reason: Reason = Reason.MAILBOX_DAY
    text: str = ""
    free_at: datetime | None = None


def limits_of(mailbox: Mailbox) -> limits.MailboxLimits:
    """The mailbox's own figures, the installation's where it has none."""
    daily = settings.MAILBOX_DAILY_LIMIT if mailbox.daily_limit is None else mailbox.daily_limit
    shortest, longest = settings.MAILBOX_MIN_GAP, settings.MAILBOX_MAX_GAP
    if mailbox.min_gap_seconds is not None:
        shortest = timedelta(seconds=mailbox.min_gap_seconds)
    if mailbox.max_gap_seconds is not None:
        longest = timedelta(seconds=mailbox.max_gap_seconds)
    provider = provider_limit(address=mailbox.address, smtp_host=mailbox.smtp_host)
    return limits.MailboxLimits(
        daily=daily or None,
        gap=(shortest, max(shortest, longest)),
        born=_born(mailbox) if settings.MAILBOX_RAMP_START else None,
        provider_daily=provider.daily if provider else None,
        ramp_from=settings.MAILBOX_RAMP_START,
    )


def _born(mailbox: Mailbox) -> datetime:
    """Since when the account writes: as its owner says, else since it was linked; never after that."""
    if mailbox.in_use_since is None:
        return mailbox.created_at
    return min(mailbox.created_at, datetime.combine(mailbox.in_use_since, time(0), tzinfo=UTC))


def gapless(mailbox: Mailbox) -> bool:
    """Whether one message may follow another at once."""
    return not limits_of(mailbox).gap[1]


def room(mailbox: Mailbox, *, now: datetime) -> Room:
    """How many more messages may begin in the rolling 24 hours; exact while the mailbox row is locked.

    Counts rows of any origin that are being handed over, were sent, or may have been.
    """
    rules = limits_of(mailbox)
    allowed = limits.ceiling(rules, now=now)
    if allowed.count is None:
        return Room(_PLENTY)
    count = begun(mailbox, now=now)
    if count < allowed.count:
        return Room(allowed.count - count)
    wait = limits.mailbox_wait(
        rules, now=now, blocking=_blocking(mailbox.pk, allowed.count), next_send_at=None
    )
    if wait is None:
        return Room(1)
    return Room(0, wait.reason, wait.text, wait.until)


def begun(mailbox: Mailbox, *, now: datetime) -> int:
    """How many messages of the mailbox began in the last 24 hours, of any origin."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FROM outreach_message
            WHERE mailbox_id = %s AND status IN ('sending', 'sent', 'bounced', 'uncertain') AND sending_at > %s
            """,
            [mailbox.pk, now - limits.WINDOW],
        )
        return int(cursor.fetchone()[0])


def begun_at(mailbox: Mailbox, *, now: datetime) -> list[datetime]:
    """The moments that :func:`begun` counts, oldest first."""
    rows = Message.objects.for_organisation(mailbox.organisation_id).filter(
        mailbox=mailbox,
        status__in=["sending", "sent", "bounced", "uncertain"],
        sending_at__gt=now - limits.WINDOW,
    )
    return [moment for moment in rows.order_by("sending_at").values_list("sending_at", flat=True) if moment]


def _blocking(mailbox_id: int, count: int) -> datetime | None:
    """The row that has to leave the window first (``limits.blocking``)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT sending_at FROM outreach_message
            WHERE mailbox_id = %s AND status IN ('sending', 'sent', 'bounced', 'uncertain')
            ORDER BY sending_at DESC OFFSET %s LIMIT 1
            """,
            [mailbox_id, max(count - 1, 0)],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def next_moment(mailbox: Mailbox, *, message_id: int, now: datetime) -> datetime | None:
    """When the mailbox may send again after a message that begins now; None: at once."""
    pause = limits.gap(limits_of(mailbox), seed=str(message_id))
    return now + pause if pause else None


def end_of_gap(mailbox: Mailbox, *, now: datetime) -> datetime:
    """When the gap after the mailbox's last message ends; ``now`` if that is over, or there was none.

    For who changes ``next_send_at`` because the rules changed: a new limit counts at once, the gap stays.
    """
    last = (
        Message.objects.for_organisation(mailbox.organisation_id)
        .filter(mailbox=mailbox, status__in=COUNTS_FOR_LIMIT, sending_at__isnull=False)
        .order_by("-sending_at")
        .only("pk", "sending_at")
        .first()
    )
    if last is None or last.sending_at is None:
        return now
    return max(now, last.sending_at + limits.gap(limits_of(mailbox), seed=str(last.pk)))


def rest(mailbox: Mailbox, *, until: datetime) -> None:
    """Do not wake the mailbox before ``until``; editing its limits ends the rest."""
    Mailbox.objects.across_organisations("workers serve everyone").filter(
        pk=mailbox.pk, next_send_at__lt=until
    ).update(next_send_at=until)
    mailbox.next_send_at = max(mailbox.next_send_at, until)
