"""One person as the side panel shows them: what the person's page says, in short.

Every part is asked of the function the pages ask, so that the two never differ; what the viewer may not see here they
do not see there either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from accounts.models import User
from accounts.permissions import Feature, Right, can, has_feature
from campaigns import of_person
from campaigns.models import Recipient
from integrations import selectors as systems
from integrations.models import RemoteLink
from panel import past_contact
from panel.past_contact import Contact
from sourcing import completing, selectors, suppression
from sourcing.completing import Stated
from sourcing.finding import finding, ledger
from sourcing.finding import selectors as credit_selectors
from sourcing.models import Candidate, ContactKind, ContactPoint
from sourcing.selectors import ProjectName


@dataclass(frozen=True, kw_only=True)
class Lookup:
    """*Get Email* or *Get Phone* of one person: whether it can be pressed, what it costs at most, and what is left.

    ``had``: the organisation has one already, so it would cost nothing and find nothing.
    """

    offered: bool = False
    price: int = 0
    left: int = 0
    had: bool = False


@dataclass(frozen=True, kw_only=True)
class May:
    """What the viewer may do with the person; ``get_email`` by the kind of contact data."""

    edit: bool
    add_to_project: bool
    add_to_campaign: bool
    sync: bool
    get_email: dict[str, Lookup]


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The person and what concerns them. ``missing`` is what the page in front states and Beckon does not have; None
    where there is no page."""

    person: Candidate
    contact_points: Sequence[ContactPoint]
    projects: Sequence[ProjectName]
    campaigns: Sequence[Recipient]
    contact: Sequence[Contact]
    obstacles: Sequence[str]
    systems: Sequence[RemoteLink]
    may: May
    missing: Stated | None = None


def of(viewer: User, candidate: Candidate, *, stated: Stated | None = None) -> Summary:
    """Everything about one person of the viewer's organisation; a fixed number of queries."""
    obstacles = suppression.obstacles(candidate.organisation_id, [candidate.pk])
    points = list(selectors.contact_points(viewer=viewer, candidate=candidate))
    sees_campaigns = can(viewer, Right.CAMPAIGN_VIEW)
    return Summary(
        person=candidate,
        contact_points=points,
        projects=selectors.projects_of(viewer, candidate) if can(viewer, Right.PROJECT_VIEW) else [],
        campaigns=list(of_person.recipients_of(viewer, candidate)) if sees_campaigns else [],
        contact=past_contact.of(viewer, candidate),
        obstacles=obstacles.get(candidate.pk, []),
        systems=list(systems.links(viewer, [candidate.pk])),
        may=_may(viewer, candidate),
        missing=None
        if stated is None
        else completing.missing(candidate=candidate, viewer=viewer, stated=stated, points=points),
    )


def _may(viewer: User, candidate: Candidate) -> May:
    connected = has_feature(viewer.organisation, Feature.INTEGRATIONS)
    return May(
        edit=can(viewer, Right.CANDIDATE_EDIT),
        add_to_project=can(viewer, Right.PROJECT_EDIT),
        add_to_campaign=can(viewer, Right.CAMPAIGN_EDIT),
        sync=connected and can(viewer, Right.CANDIDATE_EXPORT),
        get_email=_lookups(viewer, candidate),
    )


def _lookups(viewer: User, candidate: Candidate) -> dict[str, Lookup]:
    """As the dialogues of both kinds say it before the second press."""
    offered = credit_selectors.offered_kinds(viewer) if can(viewer, Right.CANDIDATE_EDIT) else []
    if offered:
        assert viewer.organisation is not None
        ledger.refresh(organisation=viewer.organisation, now=timezone.now())
    return {kind.value: _lookup(viewer, candidate, kind, offered) for kind in ContactKind}


def _lookup(viewer: User, candidate: Candidate, kind: ContactKind, offered: Sequence[ContactKind]) -> Lookup:
    if kind not in offered:
        return Lookup()
    plan = finding.plan(viewer=viewer, kind=kind, candidate_ids=[candidate.pk])
    return Lookup(offered=True, price=plan.most, left=plan.available, had=bool(plan.had))
