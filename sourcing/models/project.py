"""A container of people for one search; campaigns and exports hang on it in the rooms above."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.urls import reverse

from accounts.audit import AUDIT
from foundation.tenancy import SameOrganisation, TenantModel
from sourcing.models.of_person import OfPerson, candidate_key


class Project(TenantModel):
    """People gathered for one search."""

    name = models.CharField(max_length=200)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        triggers = AUDIT
        constraints = [*TenantModel.Meta.constraints, SameOrganisation("owner")]

    @property
    def url(self) -> str:
        """The project's own page."""
        return reverse("sourcing:project", args=[self.pk])

    def __str__(self) -> str:
        return self.name


class ProjectMember(OfPerson):
    """One person in one project, once."""

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="members", db_constraint=False
    )
    candidate = candidate_key("memberships")
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
        constraints = [
            *OfPerson.Meta.constraints,
            SameOrganisation("project"),
            SameOrganisation("candidate"),
            SameOrganisation("added_by"),
            models.UniqueConstraint(fields=["project", "candidate"], name="sourcing_member_once"),
        ]

    def __str__(self) -> str:
        return f"{self.candidate_id} in {self.project_id}"
