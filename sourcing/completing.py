"""What a page states of somebody who is known already: what is missing is added, nothing is overwritten.

Whoever reads the page in the browser's panel confirms it, so filled fields count as theirs (``values``); addresses and
numbers are the organisation's, because everybody may read the page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from sourcing import contact_points, editing, history, selectors, settling, social_profiles
from sourcing.models import Candidate, ContactKind, ContactPoint, ContactType, Origin
from sourcing.normalising import linkedin_key
from sourcing.values import Statement


@dataclass(frozen=True, kw_only=True)
class Stated:
    """What is said of one person. ``columns`` by the names of :data:`editing.EDITABLE`, blank ones left out; ``emails``
    and ``phones`` are normalised, ``profiles`` as ``social_profiles.stated_url`` gives them, positions and schools as
    ``history.told``."""

    columns: Mapping[str, str] = field(default_factory=dict)
    emails: Sequence[str] = ()
    phones: Sequence[str] = ()
    profiles: Sequence[str] = ()
    skills: Sequence[str] = ()
    experience: Sequence[Mapping[str, str]] = ()
    education: Sequence[Mapping[str, str]] = ()

    @property
    def linkedin(self) -> str:
        """The link of the LinkedIn profile among ``profiles``, which people are matched on; empty without one."""
        return next((link for link in self.profiles if linkedin_key(link)), "")


def missing(
    *, candidate: Candidate, viewer: User, stated: Stated, points: Sequence[ContactPoint] | None = None
) -> Stated:
    """What of it is not there, as ``viewer`` sees the person: a field that says something else is left alone, and so
    are lists that hold anything. ``points`` are those they see, where they were read before."""
    seen = selectors.contact_points(viewer=viewer, candidate=candidate) if points is None else points
    there = {(point.kind, point.normalised) for point in seen}
    return Stated(
        columns={name: said for name, said in stated.columns.items() if not getattr(candidate, name)},
        emails=tuple(value for value in stated.emails if (ContactKind.EMAIL, value) not in there),
        phones=tuple(value for value in stated.phones if (ContactKind.PHONE, value) not in there),
        profiles=social_profiles.unknown(candidate, stated.profiles),
        skills=() if candidate.skills else tuple(stated.skills),
        experience=_unless(candidate.experience.exists, stated.experience),
        education=_unless(candidate.education.exists, stated.education),
    )


@transaction.atomic
def complete(*, candidate: Candidate, actor: User, stated: Stated, source: str) -> Stated:
    """Add what is :func:`missing`; returns what that was.

    Raises ``known_again.Erased`` for an address of somebody who was erased and blocked, and AlreadyThere when another
    person has the LinkedIn profile.
    """
    gaps = missing(candidate=editing.lock(candidate), viewer=actor, stated=stated)
    points = contact_points.take(
        candidate=candidate,
        emails=gaps.emails,
        phones=gaps.phones,
        origin=Origin.IMPORTED,
        source=source,
        kind_of=ContactType.OTHER,
        read_by=actor,
    )
    for kind in history.TABLES:
        history.take(candidate=candidate, kind=kind, entries=getattr(gaps, kind), vouched=False, actor=actor)
    changed = ["contact_points"] if points else []
    person = editing.lock(candidate)
    said = Statement(value=None, origin=Origin.ADDED, at=timezone.now(), source=source, by=actor.pk)
    changed += settling.state(
        person, {name: replace(said, value=told) for name, told in gaps.columns.items()}
    )
    if gaps.skills:
        person.skills = editing.listed(gaps.skills)
        settling.note(person, ["skills"], said)
        changed.append("skills")
    if gaps.linkedin:
        changed += editing.set_by_hand(person, actor, {"linkedin_key": linkedin_key(gaps.linkedin)})
    if social_profiles.place(person, gaps.profiles):
        changed.append("social_profiles")
    if changed:
        editing.save(person, actor, changed)
    return gaps


def _unless(there: Callable[[], bool], stated: Sequence[Mapping[str, str]]) -> tuple[Mapping[str, str], ...]:
    return tuple(stated) if stated and not there() else ()
