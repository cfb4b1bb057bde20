"""The books of contact credits: every change is one line of the ledger and one balance, in one transaction.

Each function locks the balance row of its organisation and kind first, so any number of workers write one after the
other; the database refuses a balance below zero whatever the code does, and a cause that is booked already changes
nothing (docs/behaviour.md §6). For each kind, at every moment::

    available = grants + releases + refunds - holds
    held      = holds - releases - spends
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from accounts.models import Organisation, User
from foundation.problems import Conflict, Invalid
from sourcing.finding import allowance
from sourcing.models import ContactKind, CreditBalance, CreditEntry, CreditEvent

#: More is surely a slip of the finger.
MOST_AT_ONCE = 1_000_000
SHORTEST_MONTH = datetime.timedelta(days=27)


class NotEnoughCredits(Conflict):
    """A request wants more credits than there are; ``extra`` has ``needed`` and ``available``. Nothing was held."""

    code: ClassVar[str] = "not_enough_credits"


class NothingHeld(RuntimeError):
    """A spend or release of a credit that nobody holds: a bug, never a user's mistake."""


@dataclass(frozen=True, slots=True)
class Balance:
    """Credits of one kind: to spend, and held back by requests that run."""

    available: int
    held: int


def balance(organisation_id: int, kind: str) -> Balance:
    """What there is of one kind. Does not fill up the month's allowance; :func:`refresh` does."""
    row = CreditBalance.objects.for_organisation(organisation_id).filter(kind=kind).first()
    return Balance(row.available, row.held) if row else Balance(0, 0)


@transaction.atomic
def grant(
    *, organisation: Organisation, kind: str, amount: int, actor: User | None, cause: str, note: str = ""
) -> bool:
    """Add credits; False if this cause was booked before. Raises Invalid unless 1 ≤ amount ≤ a million."""
    if not 1 <= amount <= MOST_AT_ONCE:
        text = f"A whole number from 1 to {MOST_AT_ONCE:,}."
        raise Invalid(text, fields={"amount": text})
    row = _locked(organisation.pk, kind)
    if _booked(row, cause):
        return False
    _write(row, CreditEvent.GRANT, amount, cause, actor, note)
    row.available += amount
    row.save(update_fields=["available"])
    return True


@transaction.atomic
def grant_by_hand(
    *,
    organisation: Organisation,
    kind: str,
    amount: int,
    actor: User | None,
    request_key: uuid.UUID,
    note: str = "",
) -> CreditEntry:
    """Add credits because somebody said so; the ledger's line. Asked again with the same key it adds none and answers
    the line there is. Raises Invalid as :func:`grant`."""
    cause = f"grant:{request_key}"
    grant(organisation=organisation, kind=kind, amount=amount, actor=actor, cause=cause, note=note)
    return CreditEntry.objects.for_organisation(organisation).get(cause=cause)


@transaction.atomic
def refresh(*, organisation: Organisation, now: datetime.datetime) -> int:
    """Fill both kinds up to the monthly allowance if that was not done in this month; how many credits were added.

    The month begins on the allowance's refresh day in the organisation's time zone. What a running request holds
    counts as there. Unused credits do not add up; those granted by hand are never taken away.
    """
    added = 0
    for kind in ContactKind.values:
        terms = allowance.of(organisation, kind)
        begin = allowance.month_begin(now, day=terms.refresh_day, zone=organisation.time_zone)
        row = _locked(organisation.pk, kind)
        if row.refreshed_on is not None and row.refreshed_on >= begin:
            continue
        missing = max(terms.monthly - row.available - row.held, 0)
        if missing:
            _write(row, CreditEvent.GRANT, missing, f"allowance:{kind}:{begin}", None, "Monthly allowance")
        row.available += missing
        row.refreshed_on = begin
        row.save(update_fields=["available", "refreshed_on"])
        added += missing
    return added


def refresh_due(*, now: datetime.datetime) -> int:
    """:func:`refresh` for every organisation whose last one is as old as the shortest month; how many got credits.

    In the last days of a month it looks at everybody, finds their month still running and changes nothing. Whoever
    opens a page about credits, or makes a request, does it for their own organisation at once.
    """
    lately = CreditBalance.objects.across_organisations("the clock fills up every organisation").filter(
        refreshed_on__gt=now.date() - SHORTEST_MONTH
    )
    due = Organisation.objects.exclude(pk__in=lately.values("organisation_id")).order_by("pk")
    return sum(refresh(organisation=organisation, now=now) > 0 for organisation in due.iterator(500))


@transaction.atomic
def hold(*, organisation_id: int, kind: str, amount: int, actor: User, cause: str) -> None:
    """Set credits aside for a request. Raises :class:`NotEnoughCredits`; then nothing was held.

    The cause is the request's own, so a request holds once.
    """
    row = _locked(organisation_id, kind)
    if _booked(row, cause):
        return
    if row.available < amount:
        raise NotEnoughCredits(
            f"This needs {amount:,} credits and {row.available:,} are left.",
            needed=amount,
            available=row.available,
        )
    _write(row, CreditEvent.HOLD, amount, cause, actor)
    row.available -= amount
    row.held += amount
    row.save(update_fields=["available", "held"])


@transaction.atomic
def spend(
    *, organisation_id: int, kind: str, cause: str, actor: User | None, note: str = ""
) -> CreditEntry | None:
    """Pay one held credit; the ledger line, or None if this cause was settled before (spent or released)."""
    row = _locked(organisation_id, kind)
    if _booked(row, cause):
        return None
    _need_held(row, 1)
    entry = _write(row, CreditEvent.SPEND, 1, cause, actor, note)
    row.held -= 1
    row.save(update_fields=["held"])
    return entry


@transaction.atomic
def release(*, organisation_id: int, kind: str, causes: Collection[str], actor: User | None) -> int:
    """Give one held credit back for each cause; how many were. A cause settled before (spent or released) is passed
    over, because spend and release of one thing share their cause.
    """
    row = _locked(organisation_id, kind)
    rows = CreditEntry.objects.for_organisation(organisation_id)
    settled = set(rows.filter(cause__in=list(causes)).values_list("cause", flat=True))
    left = sorted(set(causes) - settled)
    if not left:
        return 0
    _need_held(row, len(left))
    now = timezone.now()
    CreditEntry.objects.bulk_create(
        [_entry(row, CreditEvent.RELEASE, 1, cause, actor, "", now) for cause in left], batch_size=2_000
    )
    row.held -= len(left)
    row.available += len(left)
    row.save(update_fields=["held", "available"])
    return len(left)


@transaction.atomic
def close_hold(*, organisation_id: int, kind: str, cause: str) -> int:
    """Give back what of a hold nothing settled: the causes of its parts begin with ``{cause}:``. How many came back.

    The people of a request may be erased or merged while they wait; their credit must not stay held for ever.
    """
    row = _locked(organisation_id, kind)
    rows = CreditEntry.objects.for_organisation(organisation_id)
    held = rows.filter(cause=cause).values_list("amount", flat=True).first() or 0
    settled = rows.filter(cause__startswith=f"{cause}:").aggregate(sum=Sum("amount"))["sum"] or 0
    left = held - settled
    if left <= 0:
        return 0
    _need_held(row, left)
    _write(row, CreditEvent.RELEASE, left, f"{cause}:rest", None, "People who are no longer there")
    row.held -= left
    row.available += left
    row.save(update_fields=["held", "available"])
    return left


@transaction.atomic
def refund(*, organisation_id: int, kind: str, cause: str, note: str = "") -> bool:
    """Give one spent credit back; False if this cause was booked before. ``sourcing.finding.refunds`` decides when."""
    row = _locked(organisation_id, kind)
    if _booked(row, cause):
        return False
    _write(row, CreditEvent.REFUND, 1, cause, None, note)
    row.available += 1
    row.save(update_fields=["available"])
    return True


def sums(organisation_id: int, kind: str) -> Balance:
    """The balance as the ledger's lines add up to it; equal to :func:`balance` at every moment."""
    rows = CreditEntry.objects.for_organisation(organisation_id).filter(kind=kind)
    total = dict(rows.order_by().values_list("event").annotate(sum=Sum("amount")))
    of = {event: int(total.get(event, 0)) for event in CreditEvent}
    back = of[CreditEvent.RELEASE]
    return Balance(
        available=of[CreditEvent.GRANT] + back + of[CreditEvent.REFUND] - of[CreditEvent.HOLD],
        held=of[CreditEvent.HOLD] - back - of[CreditEvent.SPEND],
    )


def _locked(organisation_id: int, kind: str) -> CreditBalance:
    """The balance row under its lock; made at the first touch, by whoever is first."""
    rows = CreditBalance.objects.for_organisation(organisation_id).select_for_update()
    row = rows.filter(kind=kind).first()
    if row is None:
        CreditBalance.objects.bulk_create(
            [CreditBalance(organisation_id=organisation_id, kind=kind)], ignore_conflicts=True
        )
        row = rows.get(kind=kind)
    return row


def _booked(row: CreditBalance, cause: str) -> bool:
    """Race-free for causes of this kind, because whoever writes one holds the balance row."""
    return CreditEntry.objects.for_organisation(row.organisation_id).filter(cause=cause).exists()


def _need_held(row: CreditBalance, amount: int) -> None:
    if row.held < amount:
        raise NothingHeld(f"balance {row.pk}: {row.held} held, {amount} wanted")


def _write(
    row: CreditBalance, event: CreditEvent, amount: int, cause: str, actor: User | None, note: str = ""
) -> CreditEntry:
    entry = _entry(row, event, amount, cause, actor, note, timezone.now())
    entry.save(force_insert=True)
    return entry


def _entry(
    row: CreditBalance,
    event: CreditEvent,
    amount: int,
    cause: str,
    actor: User | None,
    note: str,
    at: datetime.datetime,
) -> CreditEntry:
    return CreditEntry(
        organisation_id=row.organisation_id,
        kind=row.kind,
        event=event,
        amount=amount,
        cause=cause,
        member=actor,
        note=note[:200],
        created_at=at,
    )
