"""Colleagues in a project: roles, the owner, and who finds it at all."""

from __future__ import annotations

from django.db import transaction

from accounts.models import Role, User
from accounts.permissions import Right, can
from foundation.problems import Invalid
from sourcing import activity, projects
from sourcing.models import ActivityKind, Collaborator, Project, ProjectRole


@transaction.atomic
def set_role(*, project: Project, actor: User, user: User, role: str) -> Collaborator:
    """Make a colleague an editor or commenter of the project; a second time changes the role.

    ``user`` is of the same organisation (``accounts.selectors.member_for``). Raises Invalid for another role, for the
    owner, and for somebody who may not see projects at all.
    """
    if role not in (ProjectRole.EDITOR, ProjectRole.COMMENTER):
        raise Invalid("Choose a role.", fields={"role": "Choose a role."})
    if user.pk == project.owner_id:
        raise Invalid("The owner has every right already.", fields={"user": "This is the owner."})
    _sees_projects(user)
    _lock(project)
    row, made = Collaborator.objects.for_organisation(project.organisation_id).get_or_create(
        project=project,
        user=user,
        defaults={"organisation_id": project.organisation_id, "role": role},
    )
    if made or row.role != role:
        row.role = role
        row.save(update_fields=["role"])
        words = "an editor" if role == ProjectRole.EDITOR else "a commenter"
        activity.record(project, ActivityKind.COLLABORATOR, actor=actor, name=user.name, role=words)
        projects.tell("project.updated", project)
    return row


@transaction.atomic
def remove(*, project: Project, actor: User, user: User) -> bool:
    """Take a colleague's role back; False when there was none."""
    _lock(project)
    gone, _ = (
        Collaborator.objects.for_organisation(project.organisation_id)
        .filter(project=project, user=user)
        .delete()
    )
    if gone:
        activity.record(project, ActivityKind.COLLABORATOR_LEFT, actor=actor, name=user.name)
        projects.tell("project.updated", project)
    return bool(gone)


@transaction.atomic
def change_owner(*, project: Project, actor: User, user: User) -> Project:
    """Give the project to a colleague; the owner before them stays as an editor.

    Raises Invalid for somebody who may not edit projects.
    """
    if not can(user, Right.PROJECT_EDIT):
        raise Invalid(
            "Their role does not include editing projects.", fields={"user": "Cannot own projects."}
        )
    found = _lock(project)
    if user.pk == found.owner_id:
        return found
    before, found.owner = found.owner, user
    found.save(update_fields=["owner"])
    rows = Collaborator.objects.for_organisation(found.organisation_id).filter(project=found)
    rows.filter(user=user).delete()
    rows.update_or_create(
        project=found,
        user=before,
        defaults={"organisation_id": found.organisation_id, "role": ProjectRole.EDITOR},
    )
    activity.record(found, ActivityKind.OWNER, actor=actor, name=user.name)
    projects.tell("project.updated", found)
    return found


@transaction.atomic
def set_visibility(*, project: Project, actor: User, visibility: str) -> Project:
    """Say who finds the project. Raises Invalid for an unknown value."""
    before, project.visibility = project.visibility, projects.visible(visibility)
    if project.visibility != before:
        project.save(update_fields=["visibility"])
        activity.record(project, ActivityKind.VISIBILITY, actor=actor, name=str(project.visibility))
        projects.tell("project.updated", project)
    return project


def _lock(project: Project) -> Project:
    """The project as it stands, with its owner: who may do what in it is changed by one after the other."""
    rows = Project.objects.for_organisation(project.organisation_id).select_related("owner")
    return rows.select_for_update(of=("self",), no_key=True).get(pk=project.pk)


def _sees_projects(user: User) -> None:
    if not user.is_active or user.role == Role.MAILBOX_OWNER:
        raise Invalid("They cannot see projects at all.", fields={"user": "Cannot see projects."})
