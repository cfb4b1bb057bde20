"""Who may open a project: colleagues with a role in it, and hiring managers with a link."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from accounts.audit import AUDIT
from foundation.tenancy import SameOrganisation, TenantModel
from sourcing.models.project import Project


class ProjectRole(models.TextChoices):
    """What somebody may do in one project; the owner is the project's own column, never a row of ``Collaborator``."""

    OWNER = "owner", "Owner"
    EDITOR = "editor", "Editor"
    COMMENTER = "commenter", "Commenter"


class Collaborator(TenantModel):
    """One colleague with a role in one project."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="collaborators")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=12, choices=ProjectRole, default=ProjectRole.EDITOR)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        triggers = AUDIT
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("project"),
            SameOrganisation("user"),
            models.UniqueConstraint(fields=["project", "user"], name="sourcing_collaborator_once"),
            models.CheckConstraint(
                condition=~models.Q(role="owner"), name="sourcing_collaborator_is_not_owner"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} is {self.role} of {self.project_id}"


class ShareMode(models.TextChoices):
    """What a link lets its holder do."""

    VIEW = "view", "Can view"
    COMMENT = "comment", "Can comment"


class ProjectShare(TenantModel):
    """A link with which somebody without a login sees the people of one project. Only a hash of it is kept."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="shares")
    #: Whom it was made for, as its maker wrote it: "Dana, head of engineering".
    label = models.CharField(max_length=100)
    token_hash = models.CharField(max_length=64, unique=True)
    mode = models.CharField(max_length=8, choices=ShareMode, default=ShareMode.VIEW)
    #: Bias reducer: name, picture and schools are left out, and the name also where other texts repeat it.
    names_hidden = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        triggers = AUDIT
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("project"),
            SameOrganisation("created_by"),
        ]

    def __str__(self) -> str:
        return self.label
