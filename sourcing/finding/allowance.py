"""How many credits an organisation gets a month: what its administrator set, else what its plan includes."""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from accounts.models import Organisation, Plan, User
from foundation.problems import Invalid
from sourcing import in_turn
from sourcing.models import ContactKind, CreditAllowance

#: (e-mail, phone) credits a month.
PLAN_ALLOWANCE: Mapping[str, tuple[int, int]] = {
    Plan.FREE: (0, 0),
    Plan.ESSENTIAL: (100, 25),
    Plan.PROFESSIONAL: (500, 100),
    Plan.ENTERPRISE: (2_000, 500),
}
MOST_A_MONTH = 1_000_000
LAST_DAY = 28


@dataclass(frozen=True, slots=True)
class Terms:
    """Filled up to ``monthly`` on ``refresh_day`` of every month."""

    monthly: int
    refresh_day: int


def of(organisation: Organisation, kind: str) -> Terms:
    """The terms that hold for one kind of credits."""
    row = CreditAllowance.objects.for_organisation(organisation).filter(kind=kind).first()
    if row is not None:
        return Terms(row.monthly, row.refresh_day)
    emails, phones = PLAN_ALLOWANCE[organisation.plan]
    return Terms(emails if kind == ContactKind.EMAIL else phones, 1)


def whole(organisation: Organisation) -> dict[str, int]:
    """The terms of both kinds, by the names :func:`change` takes."""
    terms = {kind: of(organisation, kind) for kind in ContactKind.values}
    return {
        **{f"monthly_{kind}": found.monthly for kind, found in terms.items()},
        "refresh_day": terms[ContactKind.EMAIL].refresh_day,
    }


@transaction.atomic
def change(
    *,
    actor: User,
    monthly_email: int | None = None,
    monthly_phone: int | None = None,
    refresh_day: int | None = None,
) -> None:
    """Set the allowance; what is None stays. It holds from the next refresh on, and no plan's any more. Raises
    Invalid."""
    monthly = {ContactKind.EMAIL: monthly_email, ContactKind.PHONE: monthly_phone}
    wrong = {
        f"monthly_{kind}": f"0 to {MOST_A_MONTH:,}."
        for kind, number in monthly.items()
        if number is not None and not 0 <= number <= MOST_A_MONTH
    }
    if refresh_day is not None and not 1 <= refresh_day <= LAST_DAY:
        wrong["refresh_day"] = f"1 to {LAST_DAY}."
    if wrong:
        raise Invalid(fields=wrong)
    organisation = in_turn.of(actor.tenant_id).get()
    rows = CreditAllowance.objects.for_organisation(organisation)
    for kind, number in monthly.items():
        # A new row with what the plan gave, then changed: so the trail tells the first change too.
        held = of(organisation, kind)
        row, _made = rows.get_or_create(
            kind=kind,
            defaults={
                "organisation": organisation, "monthly": held.monthly, "refresh_day": held.refresh_day
            },
        )  # fmt: skip
        row.monthly = held.monthly if number is None else number
        row.refresh_day = held.refresh_day if refresh_day is None else refresh_day
        row.save()


def month_begin(now: datetime.datetime, *, day: int, zone: str) -> datetime.date:
    """The last refresh day not after ``now`` in ``zone`` (1 ≤ day ≤ 28)."""
    today = now.astimezone(zoneinfo.ZoneInfo(zone)).date()
    if today.day >= day:
        return today.replace(day=day)
    return (today.replace(day=1) - datetime.timedelta(days=1)).replace(day=day)


def next_refresh(now: datetime.datetime, *, day: int, zone: str) -> datetime.date:
    """The first refresh day after ``now`` in ``zone``."""
    begin = month_begin(now, day=day, zone=zone)
    return (begin.replace(day=1) + datetime.timedelta(days=32)).replace(day=day)
