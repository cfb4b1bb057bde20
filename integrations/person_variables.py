"""One of our people as the variables of ``base.variables``, as far as the one who sends may see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from accounts.models import User
from integrations.base.records import Education, Employment
from integrations.base.variables import CUSTOM
from integrations.mapping import PersonData, Reachable
from sourcing import places
from sourcing.models import Candidate, ContactKind, ContactPoint, ContactStatus
from sourcing.selectors import contact_points


def of(*, viewer: User | None, candidate: Candidate) -> PersonData:
    """The person as ``viewer`` may see them: shared addresses and the viewer's own private ones; None: shared only."""
    points = contact_points(viewer=viewer, candidate=candidate) if viewer else _shared(candidate)
    dead = {ContactStatus.BOUNCED, ContactStatus.INVALID}
    reachable = [
        (
            point.kind,
            Reachable(value=point.value, dead=point.status in dead, private=not point.shared),
        )
        for point in points
    ]
    profiles = list(candidate.social_profiles.order_by("pk").values_list("network", "url"))
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
            Employment(
                title=job.title,
                company=job.company,
                started=job.started,
                ended=job.ended,
                location=job.location,
                description=job.description,
            )
            for job in candidate.experience.all()
        ),
        education=tuple(
            Education(
                school=row.school, degree=row.degree, started=row.started, ended=row.ended, field=row.field
            )
            for row in candidate.education.all()
        ),
        texts=_texts(candidate),
    )


def _shared(candidate: Candidate) -> QuerySet[ContactPoint]:
    rows = ContactPoint.objects.for_organisation(candidate.organisation_id)
    return rows.filter(candidate=candidate, shared=True).order_by("kind", "position", "pk")


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
