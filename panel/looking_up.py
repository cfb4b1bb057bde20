"""Who a page is about: the question the side panel asks when it opens.

The answer is ``duplicates``': the same evidence as for an import or a person added by hand, with the viewer's own
private addresses and nobody else's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from accounts.models import User
from panel import summary
from panel.profiles import Profile
from panel.summary import Summary
from sourcing import duplicates, strangers
from sourcing.duplicates import Found
from sourcing.models import Candidate

#: More people than this are no help to choose from.
MOST = 5


class Because(StrEnum):
    """By what somebody was found, the surest first."""

    PROFILE = "profile"
    EMAIL = "email"
    PHONE = "phone"
    NAME_AND_COMPANY = "name_and_company"


@dataclass(frozen=True, kw_only=True)
class Known:
    """Somebody the page may be about. ``sure``: the organisation's rule says it is them. The first one of an answer has
    a ``summary``."""

    because: Because
    sure: bool
    person: Candidate
    summary: Summary | None = None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Whom the page may be about, the surest first, and what the do-not-contact list says of what it states."""

    people: Sequence[Known]
    notices: Sequence[str]


def look_up(*, viewer: User, profile: Profile) -> Answer:
    """Whom the page in front of ``viewer`` is about; nobody when it states nothing to tell a person by."""
    found = duplicates.find(
        organisation_id=viewer.tenant_id, person=profile.person, viewer=viewer, limit=MOST
    )
    people = [_known(viewer, profile, one, first=one is found[0]) for one in found]
    told = people[0].summary if people else None
    notices = strangers.obstacles(
        viewer.tenant_id,
        emails=profile.stated.emails,
        profiles=profile.stated.profiles,
        company=profile.stated.columns.get("company", ""),
        past_companies=profile.companies,
    )
    return Answer(
        people=people, notices=[text for text in notices if told is None or text not in told.obstacles]
    )


def _known(viewer: User, profile: Profile, one: Found, *, first: bool) -> Known:
    return Known(
        because=_because(one.match.reasons),
        sure=one.certain,
        person=one.candidate,
        summary=summary.of(viewer, one.candidate, stated=profile.stated) if first else None,
    )


def _because(reasons: Sequence[str]) -> Because:
    return next((why for why in Because if why.value in reasons), Because.NAME_AND_COMPANY)
