"""What sourcing itself tells on a person's timeline, and the tables it answers for (``person_data``)."""

from __future__ import annotations

from collections.abc import Iterator

from accounts.models import User
from sourcing import person_data
from sourcing.finding.providers import display_name
from sourcing.models import (
    Candidate,
    ContactStatus,
    FindingItem,
    FindingStatus,
    Origin,
    ProjectMember,
    Suppression,
    SuppressionKind,
)
from sourcing.person_data import Moment
from sourcing.selectors import contact_points

#: Every foreign key of this app to Candidate.
TABLES = (
    ("sourcing.ContactPoint", "candidate"),
    ("sourcing.Education", "candidate"),
    ("sourcing.Experience", "candidate"),
    ("sourcing.Fact", "candidate"),
    ("sourcing.FindingItem", "candidate"),
    ("sourcing.PersonSearch", "candidate"),
    ("sourcing.PersonSearchSample", "candidate"),
    ("sourcing.ProjectMember", "candidate"),
    ("sourcing.ProviderAnswer", "candidate"),
    ("sourcing.SocialProfile", "candidate"),
    ("sourcing.Suppression", "candidate"),
)


def moments(candidate: Candidate, viewer: User, limit: int) -> list[Moment]:
    """How the person came in, addresses the viewer may see, projects, bounces and suppression; newest first."""
    found = [
        _arrival(candidate),
        *_addresses(candidate, viewer),
        *_projects(candidate),
        *_found(candidate),
        *_suppressions(candidate),
    ]
    return sorted(found, key=lambda moment: moment.at, reverse=True)[:limit]


def register() -> None:
    """Tell ``person_data``; called once from ``SourcingConfig.ready``."""
    person_data.register(app="sourcing", tables=TABLES, timeline=moments)


def _arrival(candidate: Candidate) -> Moment:
    by = f" by {candidate.created_by}" if candidate.created_by else ""
    return Moment(at=candidate.created_at, icon="user-plus", text=f"Added{by}", note=candidate.source)


def _addresses(candidate: Candidate, viewer: User) -> Iterator[Moment]:
    for point in contact_points(viewer=viewer, candidate=candidate):
        if point.origin == Origin.ADDED:
            yield Moment(
                at=point.first_seen_at,
                icon="at-sign",
                text=f"{point.get_kind_display()} added by hand",
                note=f"{point.value}, only you see it" if not point.shared else point.value,
            )
        if point.status == ContactStatus.BOUNCED and point.bounced_at is not None:
            yield Moment(
                at=point.bounced_at,
                icon="mail-x",
                text=f"{point.value} bounced",
                note=point.status_note,
                tone="red",
            )


def _projects(candidate: Candidate) -> Iterator[Moment]:
    members = (
        ProjectMember.objects.for_organisation(candidate.organisation_id)
        .filter(candidate=candidate)
        .select_related("project", "added_by")
    )
    for member in members:
        by = f" by {member.added_by}" if member.added_by else ""
        yield Moment(
            at=member.added_at,
            icon="folder-plus",
            text=f"Added to {member.project.name}{by}",
            url=member.project.url,
        )


def _found(candidate: Candidate) -> Iterator[Moment]:
    items = (
        FindingItem.objects.for_organisation(candidate.organisation_id)
        .filter(candidate=candidate, status=FindingStatus.FOUND, settled_at__isnull=False)
        .select_related("finding__created_by")
    )
    for item in items:
        yield Moment(
            at=item.settled_at or item.finding.created_at,
            icon="mail-search",
            text=f"{item.get_kind_display()} found for {item.finding.created_by}",
            note=display_name(item.provider),
        )


def _suppressions(candidate: Candidate) -> Iterator[Moment]:
    rows = Suppression.objects.for_organisation(candidate.organisation_id).filter(
        kind=SuppressionKind.PERSON, candidate=candidate
    )
    for row in rows:
        yield Moment(
            at=row.created_at, icon="ban", text="No more e-mail", note=row.get_reason_display(), tone="red"
        )
