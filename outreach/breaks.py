"""When a mailbox broke, and when it worked again: one row per break, however many tries fail meanwhile.

A refused login is told at once; a server that cannot be reached may only be restarting, and an account that was
disconnected is often linked again the next minute, so those are told after :data:`PATIENCE` (issue: within 5 minutes).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from accounts.models import User
from outreach.models import BreakSide, Mailbox, MailboxBreak

_EVERYONE = "workers serve everyone"
#: The code of a break that a person made.
REMOVED = "removed"
#: How long a break may last before people hear of it, unless it is told at once.
PATIENCE = timedelta(minutes=4)


def begin(
    mailbox: Mailbox, side: BreakSide, *, code: str, words: str, now: datetime, by: User | None = None
) -> None:
    """Note a break; one that is open stays the one it is."""
    MailboxBreak.objects.bulk_create(
        [
            MailboxBreak(
                organisation_id=mailbox.organisation_id,
                mailbox=mailbox,
                side=side,
                code=code[:40],
                words=words[:500],
                began_at=now,
                by=by,
            )
        ],
        ignore_conflicts=True,
    )


def end(mailbox: Mailbox, *sides: BreakSide, now: datetime) -> int:
    """Close the open breaks of these sides; how many."""
    rows = MailboxBreak.objects.for_organisation(mailbox.organisation_id).filter(
        mailbox=mailbox, side__in=sides, ended_at=None
    )
    return rows.update(ended_at=now)


def worth_telling(*, now: datetime) -> Q:
    """Open breaks that people are to hear of."""
    at_once = Q(side=BreakSide.ACCOUNT) & ~Q(code=REMOVED)
    return Q(ended_at=None) & (at_once | Q(began_at__lte=now - PATIENCE))


def standing(organisation_id: int, mailbox_ids: Collection[int], *, now: datetime) -> QuerySet[MailboxBreak]:
    """What is to be told of these mailboxes now, longest first."""
    rows = MailboxBreak.objects.for_organisation(organisation_id).filter(
        worth_telling(now=now), mailbox_id__in=mailbox_ids
    )
    return rows.select_related("mailbox__owner", "by").order_by("began_at", "pk")
