"""Templates and snippets: whose they are, who may change them, and copies for oneself or for the team.

A copy takes text and files, never people: a template holds none.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import Role, User
from accounts.permissions import Right, can, require
from foundation.problems import Invalid, Missing, NotAllowed
from outreach import rich_text
from outreach.contents import Content
from outreach.models import Template, TemplateFile, TemplateKind


class TemplateMissing(Missing):
    """There is no such template that the viewer may see."""

    code: ClassVar[str] = "template_missing"


def visible(viewer: User, kind: str = TemplateKind.MESSAGE) -> QuerySet[Template]:
    """The viewer's own and the team's, by name."""
    rows = Template.objects.for_organisation(viewer.organisation_id).filter(kind=kind)
    return rows.filter(Q(shared=True) | Q(owner=viewer)).select_related("owner").order_by("name", "pk")


def template_for(viewer: User, template_id: int) -> Template:
    """One of them; raises :class:`TemplateMissing`, also for a colleague's own."""
    rows = Template.objects.for_organisation(viewer.organisation_id).select_related("owner")
    found = rows.filter(Q(shared=True) | Q(owner=viewer), pk=template_id).first()
    if found is None:
        raise TemplateMissing("There is no such template.")
    return found


def may_edit(viewer: User, template: Template) -> bool:
    """Its owner, and for the team's every admin."""
    mine = template.owner_id == viewer.pk or (template.shared and viewer.role == Role.ADMIN)
    return mine and can(viewer, Right.CAMPAIGN_EDIT)


def content_of(template: Template) -> Content:
    """The text with its files, to begin with or to show."""
    ids = tuple(row.file_id for row in template.files.all())
    return Content(template.subject, template.body, template.body_html, ids)


@transaction.atomic
def save(
    *,
    actor: User,
    name: str,
    shared: bool,
    content: Content,
    kind: str = TemplateKind.MESSAGE,
    template: Template | None = None,
) -> Template:
    """Store a new template, or ``template`` as it is now. Raises Invalid without a name or a text, NotAllowed for one
    that is not the actor's to change."""
    require(actor, Right.CAMPAIGN_EDIT)
    if template is not None and not may_edit(actor, template):
        raise NotAllowed("Only its owner and admins can change a template of the team. Duplicate it instead.")
    if not name.strip():
        raise Invalid("Give it a name.", fields={"name": "Give it a name."})
    if not content.text.strip():
        raise Invalid("Write the text.", fields={"body": "Write the text."})
    saved = template or Template(organisation=actor.organisation, owner=actor, kind=kind)
    saved.name, saved.shared = name.strip(), shared
    saved.subject = content.subject if saved.kind == TemplateKind.MESSAGE else ""
    saved.body, saved.body_html = content.body, content.body_html
    saved.save()
    files = content.files if saved.kind == TemplateKind.MESSAGE else rich_text.files_in(content.body_html)
    _set_files(saved, files, actor)
    return saved


@transaction.atomic
def duplicate(*, template: Template, actor: User, shared: bool) -> Template:
    """A copy that is the actor's: for themselves, or for the team."""
    require(actor, Right.CAMPAIGN_EDIT)
    limit = Template._meta.get_field("name").max_length or 0
    return save(
        actor=actor,
        name=f"{template.name[: limit - 7]} (copy)",
        shared=shared,
        content=content_of(template),
        kind=template.kind,
    )


@transaction.atomic
def remove(*, template: Template, actor: User) -> None:
    """Take it away; steps and messages made from it stay what they are."""
    if not may_edit(actor, template):
        raise NotAllowed("Only its owner and admins can remove a template of the team.")
    template.delete()


def _set_files(template: Template, files: Collection[int], actor: User) -> None:
    template.files.exclude(file__in=files).delete()
    there = set(template.files.values_list("file_id", flat=True))
    TemplateFile.objects.bulk_create(
        TemplateFile(
            organisation_id=template.organisation_id, template=template, file_id=file_id, added_by=actor
        )
        for file_id in dict.fromkeys(files)
        if file_id not in there
    )
