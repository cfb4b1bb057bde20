"""Members of an organisation: roles, leaving, their own profile, and the organisation's settings."""

from __future__ import annotations

from typing import ClassVar
from zoneinfo import available_timezones

from django.db import transaction

from accounts.models import Organisation, Role, User
from accounts.permissions import Right, require
from foundation.problems import Conflict, Invalid


class LastAdmin(Conflict):
    """An organisation keeps at least one administrator."""

    code: ClassVar[str] = "last_admin"
    sentence = "An organisation keeps at least one administrator. Make somebody else one first."


@transaction.atomic
def change_role(*, actor: User, member: User, role: str) -> User:
    """Give a member of the actor's organisation another role. Raises :class:`LastAdmin`."""
    require(actor, Right.MEMBER_INVITE)
    if role not in Role.values:
        raise Invalid("Choose a role.", fields={"role": "Choose a role."})
    members = _locked(actor)
    found = next(each for each in members if each.pk == member.pk)
    if role != Role.ADMIN:
        _keep_an_admin(members, without=found)
    found.role = role
    found.save(update_fields=["role"])
    return found


@transaction.atomic
def set_active(*, actor: User, member: User, active: bool) -> User:
    """Let a member in again or keep them out: sessions and tokens of an inactive one end at once."""
    require(actor, Right.MEMBER_INVITE)
    members = _locked(actor)
    found = next(each for each in members if each.pk == member.pk)
    if not active:
        _keep_an_admin(members, without=found)
    found.is_active = active
    found.save(update_fields=["is_active"])
    return found


def change_profile(*, actor: User, name: str, time_zone: str) -> User:
    """The actor's own name and time zone."""
    require(actor, Right.PROFILE_EDIT)
    errors = {}
    if not name.strip():
        errors["name"] = "Say your name."
    if time_zone not in available_timezones():
        errors["time_zone"] = "Choose a time zone."
    if errors:
        raise Invalid("Please look at the marked fields.", fields=errors)
    actor.name, actor.time_zone = name.strip()[:200], time_zone
    actor.save(update_fields=["name", "time_zone"])
    return actor


def change_organisation(*, actor: User, name: str, start_grace_minutes: int | None) -> Organisation:
    """Name and grace (0–120 minutes; None: the installation's setting)."""
    require(actor, Right.ORGANISATION_EDIT)
    assert actor.organisation is not None
    if not name.strip():
        raise Invalid("Give the organisation a name.", fields={"name": "Give the organisation a name."})
    if start_grace_minutes is not None and not 0 <= start_grace_minutes <= 120:
        text = "Between 0 and 120 minutes."
        raise Invalid(text, fields={"start_grace_minutes": text})
    organisation = actor.organisation
    organisation.name, organisation.start_grace_minutes = name.strip()[:200], start_grace_minutes
    organisation.save(update_fields=["name", "start_grace_minutes"])
    return organisation


def _locked(actor: User) -> list[User]:
    """All members under their locks: two admins who demote each other meet here, one after the other."""
    return list(User.objects.select_for_update().filter(organisation_id=actor.tenant_id).order_by("pk"))


def _keep_an_admin(members: list[User], *, without: User) -> None:
    left = [m for m in members if m.role == Role.ADMIN and m.is_active and m.pk != without.pk]
    if not left:
        raise LastAdmin
