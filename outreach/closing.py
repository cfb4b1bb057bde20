"""An organisation's holidays and sending hours, and their copies on its lanes.

``begin`` reads a lane under its lock and nothing else, so what the lists say is written onto the lanes whenever a list
or a lane changes; holidays only onto lanes that obey them.
"""

from __future__ import annotations

from datetime import date, time
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from accounts.permissions import Right, require
from foundation.problems import Invalid, Missing
from outreach.models import Holiday, Lane, OfficeHours

MOST_HOLIDAYS = 500


def holidays(organisation_id: int) -> QuerySet[Holiday]:
    """The list, by date."""
    return Holiday.objects.for_organisation(organisation_id).order_by("date")


def office_hours(organisation_id: int) -> OfficeHours | None:
    """The sending hours; None: at any hour."""
    return OfficeHours.objects.for_organisation(organisation_id).first()


def on_a_lane(organisation_id: int, *, obeys_holidays: bool) -> dict[str, Any]:
    """What a lane's columns are given."""
    hours = office_hours(organisation_id)
    dates = holidays(organisation_id).values_list("date", flat=True) if obeys_holidays else ()
    return {
        "obeys_holidays": obeys_holidays,
        "holidays": list(dates),
        "opens": hours.opens if hours else None,
        "closes": hours.closes if hours else None,
    }


@transaction.atomic
def add_holiday(*, actor: User, day: date, name: str) -> Holiday:
    """Put a day on the list, or rename it; campaigns that obey the list send nothing on it from now on."""
    require(actor, Right.ORGANISATION_EDIT)
    name = " ".join(name.split())[:100]
    if not name:
        raise Invalid("Give the day a name.", fields={"name": "Give the day a name."})
    if holidays(actor.tenant_id).count() >= MOST_HOLIDAYS:
        raise Invalid(f"The list holds at most {MOST_HOLIDAYS} days.")
    row, _made = Holiday.objects.for_organisation(actor.tenant_id).update_or_create(
        date=day, defaults={"name": name}, create_defaults={"name": name, "organisation_id": actor.tenant_id}
    )
    _copy_holidays(actor.tenant_id)
    return row


@transaction.atomic
def remove_holiday(*, actor: User, holiday_id: int) -> None:
    """Take a day off the list."""
    require(actor, Right.ORGANISATION_EDIT)
    deleted, _rows = holidays(actor.tenant_id).filter(pk=holiday_id).delete()
    if not deleted:
        raise Missing("There is no such day on the list.")
    _copy_holidays(actor.tenant_id)


@transaction.atomic
def set_office_hours(*, actor: User, opens: time | None, closes: time | None) -> None:
    """The hours of the day in which campaigns send, in each campaign's zone; both empty: at any hour."""
    require(actor, Right.ORGANISATION_EDIT)
    rows = OfficeHours.objects.for_organisation(actor.tenant_id)
    if (opens is None) != (closes is None):
        text = "Give both hours, or neither."
        raise Invalid(text, fields={"closes" if opens else "opens": text})
    if opens is None or closes is None:
        rows.delete()
    elif opens >= closes:
        raise Invalid("It closes before it opens.", fields={"closes": "Later than the opening."})
    else:
        hours = {"opens": opens, "closes": closes}
        rows.update_or_create(
            organisation_id=actor.tenant_id,
            defaults=hours,
            create_defaults={**hours, "organisation_id": actor.tenant_id},
        )
    Lane.objects.for_organisation(actor.tenant_id).update(opens=opens, closes=closes)


def _copy_holidays(organisation_id: int) -> None:
    dates = list(holidays(organisation_id).values_list("date", flat=True))
    Lane.objects.for_organisation(organisation_id).filter(obeys_holidays=True).update(holidays=dates)
