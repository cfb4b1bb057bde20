"""Who looks after a person: the rule who may, for every door that names an owner.

Who makes or imports a person is their owner until somebody else is named. A colleague who left stays the owner, so that
their people can be found and handed over (filter *Owner*, bulk action *Change owner*), but nobody can be given to them.
"""

from __future__ import annotations

from accounts.models import User
from accounts.permissions import Right, can
from foundation.problems import Invalid

WORDS = "Choose a colleague who may edit people."


def possible(organisation_id: int) -> list[User]:
    """Whom a person can be given to, by name: active colleagues whose role includes editing people."""
    members = User.objects.filter(organisation_id=organisation_id, is_active=True).order_by("name", "pk")
    return [member for member in members if can(member, Right.CANDIDATE_EDIT)]


def checked(organisation_id: int, user_id: int | None, *, present: int | None = None) -> int | None:
    """The id if the colleague may own people; None, nobody, and the ``present`` owner are always allowed.

    Raises Invalid for everybody else, a stranger as for a colleague who left.
    """
    if user_id is None or user_id == present:
        return user_id
    found = User.objects.filter(pk=user_id, organisation_id=organisation_id).first()
    if found is None or not can(found, Right.CANDIDATE_EDIT):
        raise Invalid(WORDS, fields={"owner_id": WORDS})
    return found.pk


def shown(owner: User | None) -> str:
    """The owner in words; empty for nobody."""
    if owner is None:
        return ""
    return owner.name if owner.is_active else f"{owner.name} (left)"
