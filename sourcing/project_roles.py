"""Who may do what in one project. Pure: facts about viewer and project in, a role out (docs/behaviour.md §9)."""

from __future__ import annotations

from sourcing.models import ProjectRole, Visibility

#: From the least to the most.
_ORDER = (ProjectRole.COMMENTER, ProjectRole.EDITOR, ProjectRole.OWNER)


def role(
    *, admin: bool, owner: bool, given: str | None, visibility: str, may_edit: bool
) -> ProjectRole | None:
    """The viewer's role in a project, or None: then the project does not exist for them.

    ``admin``: of the organisation, who always are as the owner; ``given``: the role written down for them, which
    counts before what everybody has; ``may_edit``: their role in the organisation edits projects at all.
    """
    if admin or owner:
        return ProjectRole.OWNER
    if given is not None:
        return ProjectRole(given) if may_edit else ProjectRole.COMMENTER
    if visibility != Visibility.ORGANISATION:
        return None
    return ProjectRole.EDITOR if may_edit else ProjectRole.COMMENTER


def includes(has: ProjectRole | None, needed: ProjectRole) -> bool:
    """Whether a role does what ``needed`` does."""
    return has is not None and _ORDER.index(has) >= _ORDER.index(needed)
