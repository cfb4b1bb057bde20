"""Reads that pages, API and upper rooms share. Each takes the viewer, because private addresses are their
adder's alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

from django.db.models import Count, Q, QuerySet

from accounts.models import User
from foundation.problems import Missing
from sourcing.models import (
    Candidate,
    ContactKind,
    ContactPoint,
    ContactStatus,
    ImportNote,
    ImportRun,
    OtherValue,
    PersonMerge,
    Project,
    ProjectMember,
)


class CandidateMissing(Missing):
    """There is no such person in the viewer's organisation."""

    code: ClassVar[str] = "candidate_missing"


class CandidateMerged(CandidateMissing):
    """The person became part of another one, ``survivor_id``; pages lead there, the API names it."""

    code: ClassVar[str] = "candidate_merged"

    def __init__(self, survivor_id: int) -> None:
        super().__init__("This person was merged with another one.", merged_into=survivor_id)
        self.survivor_id = survivor_id


class ContactPointMissing(Missing):
    """There is no such address, or it is another user's private one; which of the two is not told."""

    code: ClassVar[str] = "contact_point_missing"


class ValueMissing(Missing):
    """There is no such value, or it is shown by now."""

    code: ClassVar[str] = "value_missing"


class ProjectMissing(Missing):
    """There is no such project in the viewer's organisation."""

    code: ClassVar[str] = "project_missing"


class ImportMissing(Missing):
    """There is no such import in the viewer's organisation."""

    code: ClassVar[str] = "import_missing"


def visible_candidates(viewer: User) -> QuerySet[Candidate]:
    """All people of the viewer's organisation."""
    return Candidate.objects.for_organisation(viewer.organisation_id)


def candidate_for(viewer: User, candidate_id: int) -> Candidate:
    """One person; raises :class:`CandidateMissing` for a stranger's as for none, :class:`CandidateMerged`."""
    candidate = visible_candidates(viewer).filter(pk=candidate_id).first()
    if candidate is None:
        merged = PersonMerge.objects.for_organisation(viewer.organisation_id).filter(
            other_id=candidate_id, undone_at__isnull=True
        )
        survivor_id = merged.values_list("survivor_id", flat=True).first()
        if survivor_id is not None:
            raise CandidateMerged(survivor_id)
        raise CandidateMissing("There is no such person.")
    return candidate


def own_or_shared(viewer: User) -> Q:
    """The rule of private addresses as a filter on contact points; nothing about contact points is read without it."""
    return Q(shared=True) | Q(added_by_id=viewer.pk)


def contact_points(*, viewer: User, candidate: Candidate, kind: str | None = None) -> QuerySet[ContactPoint]:
    """What ``viewer`` may see of the person's addresses and numbers, in relevance order."""
    rows = ContactPoint.objects.for_organisation(candidate.organisation_id).filter(
        own_or_shared(viewer), candidate=candidate
    )
    return (rows.filter(kind=kind) if kind else rows).order_by("kind", "position", "pk")


def contact_points_of(*, viewer: User, candidate_ids: Collection[int]) -> QuerySet[ContactPoint]:
    """As :func:`contact_points`, of many people at once."""
    rows = ContactPoint.objects.for_organisation(viewer.organisation_id)
    return rows.filter(own_or_shared(viewer), candidate_id__in=candidate_ids).order_by(
        "kind", "position", "pk"
    )


def contact_point_for(viewer: User, contact_point_id: int) -> ContactPoint:
    """One address or number the viewer may see; raises :class:`ContactPointMissing`."""
    row = (
        ContactPoint.objects.for_organisation(viewer.organisation_id)
        .filter(own_or_shared(viewer), pk=contact_point_id)
        .select_related("candidate")
        .first()
    )
    if row is None:
        raise ContactPointMissing("There is no such address.")
    return row


def other_value_for(viewer: User, value_id: int) -> OtherValue:
    """One value that stood back; raises :class:`ValueMissing`."""
    row = (
        OtherValue.objects.for_organisation(viewer.organisation_id)
        .filter(pk=value_id)
        .select_related("candidate")
        .first()
    )
    if row is None:
        raise ValueMissing("This value is not kept any more.")
    return row


@dataclass
class Reach:
    """Whether a person can be reached, for the marks in a list: counts only what the viewer may see."""

    emails: int = 0
    bounced: int = 0
    phones: int = 0

    @property
    def mail(self) -> str:
        """``ok``, ``bad`` (all addresses bounced) or empty."""
        return "" if not self.emails else "bad" if self.bounced == self.emails else "ok"


def reach(*, viewer: User, candidate_ids: Collection[int]) -> dict[int, Reach]:
    """How each of these people can be reached. One query for a page of people."""
    rows = (
        ContactPoint.objects.for_organisation(viewer.organisation_id)
        .filter(own_or_shared(viewer), candidate_id__in=candidate_ids)
        .order_by()
        .values("candidate_id")
        .annotate(
            emails=Count("pk", filter=Q(kind=ContactKind.EMAIL)),
            bounced=Count("pk", filter=Q(kind=ContactKind.EMAIL, status=ContactStatus.BOUNCED)),
            phones=Count("pk", filter=Q(kind=ContactKind.PHONE)),
        )
    )
    found = {row["candidate_id"]: Reach(row["emails"], row["bounced"], row["phones"]) for row in rows}
    return {candidate_id: found.get(candidate_id, Reach()) for candidate_id in candidate_ids}


def seen_projects(viewer: User) -> QuerySet[Project]:
    """Every project the viewer sees, archived ones included, without counts: what other questions build on."""
    return Project.objects.for_organisation(viewer.organisation_id)


def visible_projects(viewer: User, *, archived: bool = False) -> QuerySet[Project]:
    """The organisation's projects, the newest first, each with ``people``."""
    return (
        seen_projects(viewer)
        .filter(archived_at__isnull=not archived)
        .select_related("owner")
        .annotate(people=Count("members"))
        .order_by("-created_at", "-pk")
    )


def project_for(viewer: User, project_id: int) -> Project:
    """One project, archived or not; raises :class:`ProjectMissing`."""
    project = seen_projects(viewer).select_related("owner").filter(pk=project_id).first()
    if project is None:
        raise ProjectMissing("There is no such project.")
    return project


def project_members(viewer: User, project: Project) -> QuerySet[ProjectMember]:
    """Who is in the project, the last added first, with the person."""
    return (
        ProjectMember.objects.for_organisation(viewer.organisation_id)
        .filter(project=project)
        .select_related("candidate")
        .order_by("-pk")
    )


def project_candidate_ids(viewer: User, project: Project) -> list[int]:
    """Ids of everybody in the project, for actions on all."""
    return list(project_members(viewer, project).values_list("candidate_id", flat=True))


def recent_imports(viewer: User) -> list[ImportRun]:
    """The organisation's last files, the newest first."""
    found = ImportRun.objects.for_organisation(viewer.organisation_id).select_related("run", "created_by")
    return list(found.order_by("-created_at")[:20])


def import_note_counts(import_run: ImportRun) -> Counter[str]:
    """How many rows of an import were refused, joined or noted."""
    rows = (
        ImportNote.objects.for_organisation(import_run.organisation_id)
        .filter(import_run=import_run)
        .order_by()
        .values_list("kind")
        .annotate(count=Count("pk"))
    )
    return Counter(dict(rows))


def import_for(viewer: User, import_id: int) -> ImportRun:
    """One import of the organisation; raises :class:`ImportMissing`."""
    found = (
        ImportRun.objects.for_organisation(viewer.organisation_id)
        .select_related("run", "project", "created_by")
        .filter(pk=import_id)
        .first()
    )
    if found is None:
        raise ImportMissing("There is no such import.")
    return found
