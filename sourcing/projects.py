"""Writes about projects: making, naming, archiving, copying, and who is in them.

Roles are the caller's to check (``selectors.project_for``); what is written here is told on the Activity tab and as
an event.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Organisation, User
from foundation import events
from foundation.problems import Conflict, Invalid
from sourcing import activity
from sourcing.models import (
    ActivityKind,
    Candidate,
    Collaborator,
    Project,
    ProjectMember,
    ProjectRole,
    Stage,
    Visibility,
)
from sourcing.normalising import clean_text
from sourcing.search import index

# People named by id are read again here, so that another organisation's ids fall away in silence.
_ADD = """
INSERT INTO sourcing_projectmember (organisation_id, project_id, candidate_id, stage_id, added_by_id, added_at)
SELECT c.organisation_id, %s, c.id, %s, %s, now() FROM sourcing_candidate c
 WHERE c.organisation_id = %s AND c.id = ANY(%s) ORDER BY c.id
ON CONFLICT (project_id, candidate_id) DO NOTHING
RETURNING candidate_id
"""
_COPY_PEOPLE = """
INSERT INTO sourcing_projectmember
       (organisation_id, project_id, candidate_id, stage_id, position, added_by_id, added_at)
SELECT m.organisation_id, %s, m.candidate_id, new.id, m.position, %s, now()
  FROM sourcing_projectmember m
  JOIN sourcing_stage old ON old.id = m.stage_id
  JOIN sourcing_stage new ON new.project_id = %s AND new.position = old.position
 WHERE m.project_id = %s
"""


class Archived(Conflict):
    """The project is archived; nobody can be added until it is brought back."""

    code: ClassVar[str] = "project_archived"


@dataclass(frozen=True)
class Added:
    """What adding people came to: ``already`` were in the project, ``unknown`` ids belong to nobody here."""

    added: int
    already: int
    unknown: int


@transaction.atomic
def create(
    *,
    organisation: Organisation,
    actor: User,
    name: str,
    visibility: str = Visibility.ORGANISATION,
) -> Project:
    """Make an empty project owned by ``actor``, with the organisation's default stages.

    Raises Invalid without a name or with an unknown visibility. Two may have the same name.
    """
    project = Project.objects.create(
        organisation=organisation, owner=actor, name=_named(name), visibility=visible(visibility)
    )
    activity.record(project, ActivityKind.CREATED, actor=actor)
    tell("project.created", project)
    return project


@transaction.atomic
def rename(*, project: Project, actor: User, name: str) -> Project:
    """Give the project another name. Raises Invalid without one."""
    before, project.name = project.name, _named(name)
    if project.name != before:
        project.save(update_fields=["name"])
        activity.record(project, ActivityKind.RENAMED, actor=actor, name=project.name)
        tell("project.updated", project)
    return project


@transaction.atomic
def archive(*, project: Project, actor: User) -> None:
    """Put the project out of the list; its people stay. A second time changes nothing."""
    changed = (
        Project.objects.for_organisation(project.organisation_id)
        .filter(pk=project.pk, archived_at__isnull=True)
        .update(archived_at=timezone.now())
    )
    project.refresh_from_db()
    if changed:
        activity.record(project, ActivityKind.ARCHIVED, actor=actor)
        tell("project.updated", project)


@transaction.atomic
def bring_back(*, project: Project, actor: User) -> None:
    """Undo :func:`archive`. A second time changes nothing."""
    changed = (
        Project.objects.for_organisation(project.organisation_id)
        .filter(pk=project.pk, archived_at__isnull=False)
        .update(archived_at=None)
    )
    project.refresh_from_db()
    if changed:
        activity.record(project, ActivityKind.BROUGHT_BACK, actor=actor)
        tell("project.updated", project)


@transaction.atomic
def duplicate(*, project: Project, actor: User, name: str, with_people: bool) -> Project:
    """A copy with the same stages, visibility and members (users), owned by ``actor``; with its people if wanted.

    Links, comments, campaigns and exports stay with the original. Raises Invalid without a name.
    """
    made = Project.objects.create(
        organisation_id=project.organisation_id,
        owner=actor,
        name=_named(name),
        visibility=project.visibility,
    )
    rows = Stage.objects.for_organisation(project.organisation_id)
    rows.filter(project=made).delete()
    Stage.objects.bulk_create(
        Stage(
            organisation_id=made.organisation_id,
            project=made,
            name=stage.name,
            position=stage.position,
        )
        for stage in rows.filter(project=project)
    )
    _copy_collaborators(project, made, actor)
    activity.record(made, ActivityKind.DUPLICATED, actor=actor)
    if with_people:
        with connection.cursor() as cursor:
            cursor.execute(_COPY_PEOPLE, [made.pk, actor.pk, made.pk, project.pk])
            copied = cursor.rowcount
        if copied:
            activity.record(made, ActivityKind.JOINED, actor=actor, count=copied)
    tell("project.created", made)
    return made


def _copy_collaborators(project: Project, made: Project, actor: User) -> None:
    """Everybody who worked on the original works on the copy; its owner as an editor."""
    rows = Collaborator.objects.for_organisation(project.organisation_id).filter(project=project)
    roles = {row.user_id: row.role for row in rows} | {project.owner_id: ProjectRole.EDITOR.value}
    roles.pop(actor.pk, None)
    Collaborator.objects.bulk_create(
        Collaborator(organisation_id=made.organisation_id, project=made, user_id=user_id, role=role)
        for user_id, role in roles.items()
    )


@transaction.atomic
def add_people(
    *, project: Project, actor: User | None, candidate_ids: Collection[int], stage: Stage | None = None
) -> Added:
    """Put people into the project, on top of ``stage`` (None: the first); who is in it stays once and where they are.

    Raises :class:`Archived`. The same few statements for any number of people.
    """
    ids = sorted(set(candidate_ids))
    known = Candidate.objects.for_organisation(project.organisation_id).filter(pk__in=ids).count()
    joined = join(project=project, actor=actor, candidate_ids=ids, stage=stage)
    if joined:
        one = joined[0] if len(joined) == 1 else None
        activity.record(project, ActivityKind.JOINED, actor=actor, candidate_id=one, count=len(joined))
        tell("project.members_changed", project)
    return Added(added=len(joined), already=known - len(joined), unknown=len(ids) - known)


def join(
    *, project: Project, actor: User | None, candidate_ids: Sequence[int], stage: Stage | None = None
) -> list[int]:
    """Part of :func:`add_people` that a bulk action does slice by slice: who entered. Nothing is told yet.

    Called in a transaction; raises :class:`Archived`.
    """
    locked(project)
    with connection.cursor() as cursor:
        cursor.execute(
            _ADD,
            [
                project.pk,
                stage.pk if stage else None,
                actor.pk if actor else None,
                project.organisation_id,
                list(candidate_ids),
            ],
        )
        entered = [candidate_id for (candidate_id,) in cursor.fetchall()]
    index.joined(project, entered)
    return entered


@transaction.atomic
def remove_people(*, project: Project, actor: User, candidate_ids: Collection[int]) -> int:
    """Take people out of the project; they stay in the CRM. Returns how many were in it."""
    rows = ProjectMember.objects.for_organisation(project.organisation_id).filter(
        project=project, candidate_id__in=set(candidate_ids)
    )
    gone = list(rows.values_list("candidate_id", flat=True))
    rows.delete()
    index.left(project, gone)
    if gone:
        one = gone[0] if len(gone) == 1 else None
        activity.record(project, ActivityKind.LEFT, actor=actor, candidate_id=one, count=len(gone))
        tell("project.members_changed", project)
    return len(gone)


def locked(project: Project) -> Project:
    """The project under its lock, so that changes of its people follow each other. Raises :class:`Archived`."""
    found = (
        Project.objects.for_organisation(project.organisation_id)
        .select_for_update(no_key=True)
        .get(pk=project.pk)
    )
    if found.archived_at is not None:
        raise Archived("The project is archived. Bring it back to change its people.")
    return found


def tell(kind: str, project: Project) -> None:
    """The event of a change, in its transaction: ``project.created``, ``.updated`` or ``.members_changed``."""
    events.emit(
        kind,
        organisation_id=project.organisation_id,
        subject=f"project:{project.pk}",
        project_id=project.pk,
    )


def visible(value: str) -> Visibility:
    """One of the three; raises Invalid."""
    if value not in Visibility.values:
        raise Invalid("Choose who sees it.", fields={"visibility": "Choose who sees it."})
    return Visibility(value)


def _named(name: str) -> str:
    name = clean_text(name, limit=200)
    if not name:
        raise Invalid("Give the project a name.", fields={"name": "Give the project a name."})
    return name
