"""An organisation's holidays and sending hours, and their copies on its lanes.

``begin`` reads a lane under its lock and nothing else, so what the lists say is written onto the lanes whenever a list
or a lane changes; holidays only onto lanes that obey them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, time
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts import members
from accounts.models import Organisation, User
from accounts.permissions import Right, require
from foundation.problems import Invalid, Missing
from outreach.models import Holiday, Lane, OfficeHours

MOST_HOLIDAYS = 500
#: Sending hours begin and end at these.
HALF_HOURS = tuple(time(minute // 60, minute % 60) for minute in range(0, 24 * 60, 30))


@dataclass(frozen=True)
class Sending:
    """What holds for all campaigns of an organisation; without a grace of its own the installation's."""

    start_grace_minutes: int | None
    opens: time | None
    closes: time | None


def sending(organisation_id: int) -> Sending:
    """As it is stored now."""
    grace = Organisation.objects.values_list("start_grace_minutes", flat=True).get(pk=organisation_id)
    hours = office_hours(organisation_id)
    return Sending(grace, hours.opens if hours else None, hours.closes if hours else None)


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
        date=day,
        defaults={"name": name},
        create_defaults={"name": name, "organisation_id": actor.tenant_id, "created_by": actor},
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
def change_sending(*, actor: User, **values: Any) -> Sending:
    """Those of :class:`Sending` that are given; the others stay. All or nothing; raises Invalid with ``fields``."""
    require(actor, Right.ORGANISATION_EDIT)
    row = Organisation.objects.select_for_update(no_key=True).get(pk=actor.tenant_id)
    new = replace(sending(actor.tenant_id), **values)
    set_office_hours(actor=actor, opens=new.opens, closes=new.closes)
    members.change_organisation(actor=actor, name=row.name, start_grace_minutes=new.start_grace_minutes)
    return new


@transaction.atomic
def set_office_hours(*, actor: User, opens: time | None, closes: time | None) -> None:
    """The half hours of the day between which campaigns send, in each campaign's zone; both empty: at any hour."""
    require(actor, Right.ORGANISATION_EDIT)
    rows = OfficeHours.objects.for_organisation(actor.tenant_id)
    if (opens is None) != (closes is None):
        text = "Give both hours, or neither."
        raise Invalid(text, fields={"closes" if opens else "opens": text})
    wrong = {
        name: "A full or a half hour."
        for name, hour in (("opens", opens), ("closes", closes))
        if hour is not None and hour not in HALF_HOURS
    }
    if wrong:
        raise Invalid(fields=wrong)
    if opens is None or closes is None:
        rows.delete()
    elif opens >= closes:
        raise Invalid("It closes before it opens.", fields={"closes": "Later than the opening."})
    else:
        hours = {"opens": opens, "closes": closes}
        rows.update_or_create(
            organisation_id=actor.tenant_id,
            defaults=hours,
            create_defaults={**hours, "organisation_id": actor.tenant_id, "created_by": actor},
        )
    Lane.objects.for_organisation(actor.tenant_id).update(opens=opens, closes=closes)


def _copy_holidays(organisation_id: int) -> None:
    dates = list(holidays(organisation_id).values_list("date", flat=True))
    Lane.objects.for_organisation(organisation_id).filter(obeys_holidays=True).update(holidays=dates)
