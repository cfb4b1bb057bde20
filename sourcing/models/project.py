"""A container of people for one search; campaigns and exports hang on it in the rooms above."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse

from accounts.audit import AUDIT
from foundation.tenancy import SameOrganisation, TenantModel
from sourcing.models.of_person import OfPerson, candidate_key

#: The stages of a new project where the organisation has not set its own.
FIRST_STAGES = ("Sourced", "Contacted", "Interested", "Interview", "Offer", "Hired", "Not a fit")

#: However a project is made, it has a board: the organisation's default stages, else FIRST_STAGES.
_BEGINS = f"""
INSERT INTO sourcing_stage (organisation_id, project_id, name, position)
SELECT NEW.organisation_id, NEW.id, d.name, d.position
  FROM sourcing_defaultstage d WHERE d.organisation_id = NEW.organisation_id;
IF NOT FOUND THEN
    INSERT INTO sourcing_stage (organisation_id, project_id, name, position)
    SELECT NEW.organisation_id, NEW.id, first.name, first.place
      FROM unnest(ARRAY[{", ".join(f"'{name}'" for name in FIRST_STAGES)}]) WITH ORDINALITY AS first (name, place);
END IF;
RETURN NULL;
"""  # noqa: S608 - made of this module's own words

#: Set-based writers (an import's slice, a merge) need not know of boards: whoever comes without a stage enters the
#: project's first one, on top of it.
_ENTERS = """
IF NEW.stage_id IS NULL THEN
    SELECT s.id INTO NEW.stage_id FROM sourcing_stage s
     WHERE s.project_id = NEW.project_id ORDER BY s.position, s.id LIMIT 1;
END IF;
IF NEW.position IS NULL THEN
    NEW.position := -NEW.id;
END IF;
RETURN NEW;
"""


class Visibility(models.TextChoices):
    """Who finds a project. Administrators always do (docs/behaviour.md §9)."""

    ORGANISATION = "organisation", "Everybody in the organisation"
    MEMBERS = "members", "Members only"
    CONFIDENTIAL = "confidential", "Confidential"


class Project(TenantModel):
    """People gathered for one search."""

    name = models.CharField(max_length=200)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    visibility = models.CharField(max_length=12, choices=Visibility, default=Visibility.ORGANISATION)
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        triggers = [
            *AUDIT,
            pgtrigger.Trigger(
                name="begins_with_stages",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func=_BEGINS,
            ),
        ]
        constraints = [*TenantModel.Meta.constraints, SameOrganisation("owner")]
        indexes = [
            # selectors.hidden_projects: the few that not everybody may open.
            models.Index(
                fields=["organisation"],
                condition=~models.Q(visibility="organisation"),
                name="sourcing_project_guarded",
            ),
        ]

    @property
    def url(self) -> str:
        """The project's own page."""
        return reverse("sourcing:project", args=[self.pk])

    def __str__(self) -> str:
        return self.name


class DefaultStage(TenantModel):
    """One stage that new projects of the organisation begin with; without any, ``FIRST_STAGES`` count."""

    name = models.CharField(max_length=60)
    position = models.PositiveSmallIntegerField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,  # asked only when a user is deleted
    )

    class Meta(TenantModel.Meta):
        triggers = AUDIT
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("created_by"),
            models.UniqueConstraint("organisation", Lower("name"), name="sourcing_default_stage_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Stage(TenantModel):
    """One column of a project's board. A project has at least one."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="stages")
    name = models.CharField(max_length=60)
    position = models.PositiveSmallIntegerField()

    class Meta(TenantModel.Meta):
        triggers = AUDIT
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("project"),
            models.UniqueConstraint("project", Lower("name"), name="sourcing_stage_once"),
        ]

    def __str__(self) -> str:
        return self.name


class ProjectMember(OfPerson):
    """One person in one project, once, at one place of its board."""

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="members", db_constraint=False
    )
    candidate = candidate_key("memberships")
    stage = models.ForeignKey(
        Stage,
        on_delete=models.RESTRICT,
        related_name="members",
        db_constraint=False,  # SameOrganisation("stage") checks it
        db_index=False,  # sourcing_member_board serves it
    )
    #: Ascending from the top of the stage; between two neighbours there is nearly always room for a third.
    position = models.FloatField()
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_constraint=False,  # SameOrganisation("added_by") checks it
        db_index=False,  # asked only when a user is deleted
    )
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta(OfPerson.Meta):
        triggers = [
            pgtrigger.Trigger(
                name="enters_first_stage",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                condition=pgtrigger.Condition("NEW.stage_id IS NULL OR NEW.position IS NULL"),
                func=_ENTERS,
            )
        ]
        constraints = [
            *OfPerson.Meta.constraints,
            SameOrganisation("project"),
            SameOrganisation("candidate"),
            SameOrganisation("stage"),
            SameOrganisation("added_by"),
            models.UniqueConstraint(fields=["project", "candidate"], name="sourcing_member_once"),
        ]
        indexes = [
            # selectors.column: one stage of the board from the top on; stages.remove: who is in it.
            models.Index(fields=["stage", "position", "id"], name="sourcing_member_board"),
        ]

    def __str__(self) -> str:
        return f"{self.candidate_id} in {self.project_id}"
