"""How many credits an organisation gets a month: what its administrator set, else what its plan includes."""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from accounts.models import Organisation, Plan, User
from foundation.problems import Invalid
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


@transaction.atomic
def change(*, actor: User, monthly: Mapping[str, int], refresh_day: int) -> None:
    """Set the allowance of each kind in ``monthly``; it holds from the next refresh on. Raises Invalid."""
    wrong = {
        f"monthly_{kind}": f"0 to {MOST_A_MONTH:,}."
        for kind, number in monthly.items()
        if not 0 <= number <= MOST_A_MONTH
    }
    if not 1 <= refresh_day <= LAST_DAY:
        wrong["refresh_day"] = f"1 to {LAST_DAY}."
    if wrong:
        raise Invalid(fields=wrong)
    for kind, number in monthly.items():
        CreditAllowance.objects.for_organisation(actor.tenant_id).update_or_create(
            kind=kind,
            defaults={"monthly": number, "refresh_day": refresh_day},
            create_defaults={
                "organisation_id": actor.tenant_id, "kind": kind, "monthly": number, "refresh_day": refresh_day
            },
        )  # fmt: skip


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
