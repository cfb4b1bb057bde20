"""Reads that pages, API and upper rooms share. Each takes the viewer, because private addresses are their
adder's alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import Role, User
from accounts.permissions import Right, can
from foundation.problems import Missing, NotAllowed
from sourcing import project_roles
from sourcing.models import (
    Candidate,
    Collaborator,
    ContactKind,
    ContactPoint,
    ContactStatus,
    ImportNote,
    ImportRun,
    NoteKind,
    OtherValue,
    PersonMerge,
    Project,
    ProjectMember,
    ProjectRole,
    Visibility,
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
    found = {candidate_id: Reach() for candidate_id in candidate_ids}
    rows = (
        ContactPoint.objects.for_organisation(viewer.organisation_id)
        .filter(own_or_shared(viewer), candidate_id__in=candidate_ids)
        .order_by()
    )
    for candidate_id, kind, status in rows.values_list("candidate_id", "kind", "status"):
        reached = found[candidate_id]
        reached.emails += kind == ContactKind.EMAIL
        reached.bounced += kind == ContactKind.EMAIL and status == ContactStatus.BOUNCED
        reached.phones += kind == ContactKind.PHONE
    return found


def hidden_projects(viewer: User) -> QuerySet[Project]:
    """Projects of the organisation that ``viewer`` may not open: for others than their members they do not exist."""
    rows = Project.objects.for_organisation(viewer.organisation_id)
    if viewer.role == Role.ADMIN:
        return rows.none()
    given = Collaborator.objects.for_organisation(viewer.organisation_id).filter(
        project=OuterRef("pk"), user=viewer
    )
    return rows.exclude(visibility=Visibility.ORGANISATION).exclude(owner_id=viewer.pk).exclude(Exists(given))


def of_visible_project(viewer: User, field: str = "project") -> Q:
    """The rule of :func:`project_for` as a filter on rows that hang on a project by ``field`` (or on none).

    Upper rooms narrow every list and look-up of theirs with it, so that nothing tells of a project that is not there.
    """
    if viewer.role == Role.ADMIN:
        return Q()
    return Q(**{f"{field}__isnull": True}) | ~Q(**{f"{field}__in": hidden_projects(viewer)})


def openable_projects(viewer: User) -> QuerySet[Project]:
    """Every project ``viewer`` may open, archived or not, bare."""
    rows = Project.objects.for_organisation(viewer.organisation_id)
    return rows if viewer.role == Role.ADMIN else rows.exclude(pk__in=hidden_projects(viewer))


def visible_projects(viewer: User, *, archived: bool = False) -> QuerySet[Project]:
    """The projects ``viewer`` may open, the newest first, each with ``people``."""
    members = (
        ProjectMember.objects.for_organisation(viewer.organisation_id)
        .filter(project=OuterRef("pk"))
        .order_by()
        .values("project")
        .annotate(count=Count("pk"))
        .values("count")
    )
    return (
        openable_projects(viewer)
        .filter(archived_at__isnull=not archived)
        .select_related("owner")
        # In the list of columns it is counted for the rows of the page only.
        .annotate(people=Coalesce(Subquery(members), 0))
        .order_by("-created_at", "-pk")
    )


def editable_projects(viewer: User) -> QuerySet[Project]:
    """The open projects whose people ``viewer`` may change, for choosing one."""
    rows = openable_projects(viewer).filter(archived_at__isnull=True).order_by("-created_at", "-pk")
    if viewer.role == Role.ADMIN:
        return rows
    only_comments = Collaborator.objects.for_organisation(viewer.organisation_id).filter(
        project=OuterRef("pk"), user=viewer, role=ProjectRole.COMMENTER
    )
    return rows.exclude(~Q(owner_id=viewer.pk) & Exists(only_comments))


def project_for(viewer: User, project_id: int, *, role: ProjectRole = ProjectRole.COMMENTER) -> Project:
    """One project, archived or not, in which ``viewer`` has at least ``role``.

    Raises :class:`ProjectMissing` for a project that is hidden from them as for none, NotAllowed for one they may only
    look at.
    """
    project = (
        Project.objects.for_organisation(viewer.organisation_id)
        .select_related("owner")
        .filter(pk=project_id)
        .first()
    )
    has = role_in(viewer, project) if project is not None else None
    if project is None or has is None:
        raise ProjectMissing("There is no such project.")
    if not project_roles.includes(has, role):
        raise NotAllowed("Your role in this project does not include this. Ask its owner.")
    return project


def role_in(viewer: User, project: Project) -> ProjectRole | None:
    """The viewer's role in a project of their organisation; None: it is hidden from them."""
    return roles_in(viewer, [project])[project.pk]


def roles_in(viewer: User, projects: Collection[Project]) -> dict[int, ProjectRole | None]:
    """As :func:`role_in` for many: project id → role; at most one query."""
    admin, may_edit = viewer.role == Role.ADMIN, can(viewer, Right.PROJECT_EDIT)
    asked = set() if admin else {each.pk for each in projects if each.owner_id != viewer.pk}
    given = dict[int, str]()
    if asked:
        rows = Collaborator.objects.for_organisation(viewer.organisation_id)
        given = dict(rows.filter(project__in=asked, user=viewer).values_list("project_id", "role"))
    return {
        each.pk: project_roles.role(
            admin=admin,
            owner=each.owner_id == viewer.pk,
            given=given.get(each.pk),
            visibility=each.visibility,
            may_edit=may_edit,
        )
        for each in projects
    }


def project_members(viewer: User, project: Project) -> QuerySet[ProjectMember]:
    """Who is in the project, the last added first, with the person."""
    return (
        ProjectMember.objects.for_organisation(viewer.organisation_id)
        .filter(project=project)
        .select_related("candidate", "stage")
        .order_by("-pk")
    )


def project_candidate_ids(viewer: User, project: Project) -> list[int]:
    """Ids of everybody in the project, for actions on all."""
    return list(project_members(viewer, project).values_list("candidate_id", flat=True))


def visible_imports(viewer: User) -> QuerySet[ImportRun]:
    """The organisation's files; not those that went into a project hidden from the viewer."""
    found = ImportRun.objects.for_organisation(viewer.organisation_id).filter(of_visible_project(viewer))
    return found.select_related("run", "check_run", "undo_run", "proposed", "project", "created_by")


def recent_imports(viewer: User) -> list[ImportRun]:
    """The last files the viewer may see, the newest first."""
    return list(visible_imports(viewer).order_by("-created_at")[:20])


@dataclass(frozen=True)
class ProjectName:
    """A project as a person's page names it; without ``url`` the viewer may know of it and not open it."""

    name: str
    url: str
    id: int


def project_names(viewer: User, project_ids: Collection[int]) -> dict[int, ProjectName]:
    """The names of these projects as far as ``viewer`` may know them.

    Confidential ones of which they are no member are left out; those for members only are named, so that two
    colleagues learn of each other, and not linked.
    """
    hidden = set(hidden_projects(viewer).filter(pk__in=project_ids).values_list("pk", flat=True))
    rows = Project.objects.for_organisation(viewer.organisation_id).filter(pk__in=project_ids)
    return {
        row.pk: ProjectName(row.name, "" if row.pk in hidden else row.url, row.pk)
        for row in rows
        if row.pk not in hidden or row.visibility != Visibility.CONFIDENTIAL
    }


def projects_of(viewer: User, candidate: Candidate) -> list[ProjectName]:
    """The open projects a person is in, the last entered first, as far as the viewer may know of them."""
    inside = (
        ProjectMember.objects.for_organisation(viewer.organisation_id)
        .filter(candidate=candidate, project__archived_at__isnull=True)
        .order_by("-pk")
        .values_list("project_id", flat=True)
    )
    names = project_names(viewer, list(inside))
    return [names[pk] for pk in inside if pk in names]


def import_notes(import_run: ImportRun, *, kind: str = "") -> QuerySet[ImportNote]:
    """What must be known about single rows of an import; of one kind where it is a kind at all."""
    rows = ImportNote.objects.for_organisation(import_run.organisation_id).filter(import_run=import_run)
    return rows.filter(kind=kind) if kind in NoteKind.values else rows


def import_note_counts(import_run: ImportRun) -> Counter[str]:
    """How many rows of an import were refused, joined or noted."""
    rows = import_notes(import_run).order_by().values_list("kind").annotate(count=Count("pk"))
    return Counter(dict(rows))


def import_for(viewer: User, import_id: int) -> ImportRun:
    """One import; raises :class:`ImportMissing`, also when its project is hidden from the viewer."""
    found = visible_imports(viewer).filter(pk=import_id).first()
    if found is None:
        raise ImportMissing("There is no such import.")
    return found
