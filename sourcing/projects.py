"""Writes about projects: making, naming, archiving, and who is in them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Organisation, User
from foundation.problems import Conflict, Invalid
from sourcing.models import Candidate, Project, ProjectMember
from sourcing.normalising import clean_text

# People named by id are read again here, so that another organisation's ids fall away in silence.
_ADD = """
INSERT INTO sourcing_projectmember (organisation_id, project_id, candidate_id, added_by_id, added_at)
SELECT c.organisation_id, %s, c.id, %s, now() FROM sourcing_candidate c
 WHERE c.organisation_id = %s AND c.id = ANY(%s) ORDER BY c.id
ON CONFLICT (project_id, candidate_id) DO NOTHING
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


def create(*, organisation: Organisation, actor: User, name: str) -> Project:
    """Make an empty project owned by ``actor``. Raises Invalid without a name. Two may have the same name."""
    return Project.objects.create(organisation=organisation, owner=actor, name=_named(name))


def rename(*, project: Project, actor: User, name: str) -> Project:  # noqa: ARG001 - the trail names the actor
    """Give the project another name. Raises Invalid without one."""
    project.name = _named(name)
    project.save(update_fields=["name"])
    return project


def archive(*, project: Project, actor: User) -> None:  # noqa: ARG001 - the trail names the actor
    """Put the project out of the list; its people stay. A second time changes nothing."""
    Project.objects.for_organisation(project.organisation_id).filter(
        pk=project.pk, archived_at__isnull=True
    ).update(archived_at=timezone.now())
    project.refresh_from_db()


def bring_back(*, project: Project, actor: User) -> None:  # noqa: ARG001 - the trail names the actor
    """Undo :func:`archive`."""
    project.archived_at = None
    project.save(update_fields=["archived_at"])


@transaction.atomic
def add_people(*, project: Project, actor: User | None, candidate_ids: Collection[int]) -> Added:
    """Put people into the project; who is in it stays once. Raises :class:`Archived`. Two statements for any number."""
    project = (
        Project.objects.for_organisation(project.organisation_id)
        .select_for_update(no_key=True)
        .get(pk=project.pk)
    )
    if project.archived_at is not None:
        raise Archived("The project is archived. Bring it back to add people.")
    ids = sorted(set(candidate_ids))
    known = Candidate.objects.for_organisation(project.organisation_id).filter(pk__in=ids).count()
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [project.pk, actor.pk if actor else None, project.organisation_id, ids])
        added = cursor.rowcount
    return Added(added=added, already=known - added, unknown=len(ids) - known)


def remove_people(*, project: Project, actor: User, candidate_ids: Collection[int]) -> int:  # noqa: ARG001 - the trail names the actor
    """Take people out of the project; they stay in the CRM. Returns how many were in it."""
    removed, _ = (
        ProjectMember.objects.for_organisation(project.organisation_id)
        .filter(project=project, candidate_id__in=set(candidate_ids))
        .delete()
    )
    return removed


def _named(name: str) -> str:
    name = clean_text(name, limit=200)
    if not name:
        raise Invalid("Give the project a name.", fields={"name": "Give the project a name."})
    return name
