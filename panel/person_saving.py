"""The person of a save: made from what the page states, or completed with what was missing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from accounts.models import User
from foundation.problems import Problem
from panel.profiles import Profile
from panel.wanted import Wanted
from sourcing import completing, duplicates, editing, people
from sourcing.completing import Stated
from sourcing.editing import AlreadyThere
from sourcing.models import Candidate, ContactType
from sourcing.normalising import linkedin_key


def make(*, actor: User, wanted: Wanted) -> Candidate:
    """A new person with all the page states; addresses are the organisation's.

    Raises PossibleDuplicate for somebody who certainly exists, Nameless, ``known_again.Erased``, AlreadyThere.
    """
    profile, stated = wanted.profile, wanted.profile.stated
    duplicates.check_new(
        organisation_id=actor.tenant_id,
        person=profile.person,
        viewer=actor,
        create_anyway=wanted.create_anyway,
    )
    assert actor.organisation is not None
    columns: dict[str, Any] = dict(stated.columns)
    if wanted.record_type:
        columns["record_type"] = wanted.record_type
    return people.create_candidate(
        organisation=actor.organisation,
        actor=actor,
        source=profile.source,
        emails=[(email, ContactType.OTHER) for email in stated.emails],
        phones=[(phone, ContactType.OTHER) for phone in stated.phones],
        linkedin_url=stated.linkedin,
        profiles=stated.profiles,
        skills=stated.skills,
        experience=stated.experience,
        education=stated.education,
        **columns,
    )


def complete(*, candidate: Candidate, actor: User, profile: Profile) -> tuple[str, Problem | None]:
    """Add what is missing; what was added in words, and the problem when the LinkedIn profile is another person's:
    then the rest of the page is taken all the same. Raises ``known_again.Erased``."""
    refused: Problem | None = None
    stated = profile.stated
    try:
        gaps = completing.complete(candidate=candidate, actor=actor, stated=stated, source=profile.source)
    except AlreadyThere as problem:
        refused = problem
        others = [link for link in stated.profiles if not linkedin_key(link)]
        gaps = completing.complete(
            candidate=candidate, actor=actor, stated=replace(stated, profiles=others), source=profile.source
        )
    return _told(gaps), refused


def sync_as(*, candidate: Candidate, actor: User, record_type: str) -> Candidate:
    """Candidate or contact, as other systems see the person from now on."""
    version = editing.lock(candidate).version
    return people.edit_candidate(
        candidate=candidate, actor=actor, version=version, changes={"record_type": record_type}
    )


def _told(gaps: Stated) -> str:
    counts = [
        (len(gaps.emails), "e-mail address", "e-mail addresses"),
        (len(gaps.phones), "phone number", "phone numbers"),
        (len(gaps.profiles), "profile", "profiles"),
        (len(gaps.experience), "position", "positions"),
        (len(gaps.education), "school", "schools"),
    ]
    parts = [f"{number} {one if number == 1 else many}" for number, one, many in counts if number]
    parts += [name.replace("_", " ") for name in gaps.columns]
    parts += ["skills"] if gaps.skills else []
    return f"Added from the page: {', '.join(parts)}." if parts else ""
