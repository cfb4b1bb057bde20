"""One of our people as the variables of ``base.variables``, as far as the one who sends may see them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import QuerySet

from accounts.models import User
from integrations.base import records
from integrations.base.variables import CUSTOM
from integrations.mapping import PersonData, Reachable
from sourcing import places
from sourcing.models import (
    Candidate,
    ContactKind,
    ContactPoint,
    ContactStatus,
    Education,
    Experience,
    SocialProfile,
)
from sourcing.selectors import contact_points_of

M = TypeVar("M", SocialProfile, Experience, Education)


@dataclass(slots=True)
class Beside:
    """What stands in other tables about one person, in the order shown."""

    points: list[ContactPoint] = field(default_factory=list)
    profiles: list[SocialProfile] = field(default_factory=list)
    experience: list[Experience] = field(default_factory=list)
    education: list[Education] = field(default_factory=list)


def beside(*, viewer: User | None, organisation_id: int, candidate_ids: Collection[int]) -> dict[int, Beside]:
    """By person, as ``viewer`` may see it (None: shared addresses only). Four queries, whatever their number."""
    found = {pk: Beside() for pk in candidate_ids}
    for point in _points(viewer, organisation_id, candidate_ids):
        found[point.candidate_id].points.append(point)
    for profile in _in_order(SocialProfile, organisation_id, candidate_ids, "pk"):
        found[profile.candidate_id].profiles.append(profile)
    for job in _in_order(Experience, organisation_id, candidate_ids, "position", "pk"):
        found[job.candidate_id].experience.append(job)
    for school in _in_order(Education, organisation_id, candidate_ids, "position", "pk"):
        found[school.candidate_id].education.append(school)
    return found


def of(*, viewer: User | None, candidate: Candidate, known: Beside | None = None) -> PersonData:
    """The person as ``viewer`` may see them: shared addresses and the viewer's own private ones; None: shared only.

    ``known``: what :func:`beside` gave for the same viewer a moment ago.
    """
    if known is None:
        read = beside(viewer=viewer, organisation_id=candidate.organisation_id, candidate_ids=[candidate.pk])
        known = read[candidate.pk]
    dead = {ContactStatus.BOUNCED, ContactStatus.INVALID}
    reachable = [
        (
            point.kind,
            Reachable(value=point.value, dead=point.status in dead, private=not point.shared),
        )
        for point in known.points
    ]
    profiles = [(profile.network, profile.url) for profile in known.profiles]
    return PersonData(
        first_name=candidate.first_name,
        last_name=candidate.last_name,
        title=candidate.title,
        company=candidate.company,
        emails=tuple(one for kind, one in reachable if kind == ContactKind.EMAIL),
        phones=tuple(one for kind, one in reachable if kind == ContactKind.PHONE),
        social_links=tuple(url for _network, url in profiles),
        # Of two profiles at one network the first one known stands for it.
        social=dict(reversed([(network or "website", url) for network, url in profiles])),
        skills=tuple(map(str, candidate.skills)),
        tags=tuple(map(str, candidate.tags)),
        experience=tuple(
            records.Employment(
                title=job.title,
                company=job.company,
                started=job.started,
                ended=job.ended,
                location=job.location,
                description=job.description,
            )
            for job in known.experience
        ),
        education=tuple(
            records.Education(
                school=row.school, degree=row.degree, started=row.started, ended=row.ended, field=row.field
            )
            for row in known.education
        ),
        texts=_texts(candidate),
    )


def _points(
    viewer: User | None, organisation_id: int, candidate_ids: Collection[int]
) -> QuerySet[ContactPoint]:
    if viewer is not None:
        return contact_points_of(viewer=viewer, candidate_ids=candidate_ids)
    rows = ContactPoint.objects.for_organisation(organisation_id)
    return rows.filter(candidate_id__in=candidate_ids, shared=True).order_by("kind", "position", "pk")


def _in_order(model: type[M], organisation_id: int, candidate_ids: Collection[int], *by: str) -> QuerySet[M]:
    rows: QuerySet[M] = model.objects.for_organisation(organisation_id)
    return rows.filter(candidate_id__in=candidate_ids).order_by(*by)


def _texts(candidate: Candidate) -> Mapping[str, Any]:
    where = places.address(candidate.place_id)
    custom = {
        f"{CUSTOM}{key}": tuple(map(str, value)) if isinstance(value, list) else value
        for key, value in candidate.custom.items()
    }
    return {
        "headline": candidate.headline,
        "summary": candidate.summary,
        "location": candidate.location,
        "city": where.city,
        "region": where.region,
        "country": where.country,
        "country_code": where.country_code,
        "profile_link": f"{settings.PUBLIC_URL}{candidate.url}",
        **custom,
    }
