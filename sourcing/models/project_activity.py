"""What happened in a project, for its Activity tab."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from foundation.tenancy import SameOrganisation
from sourcing.models.of_person import OfPerson, candidate_key
from sourcing.models.project import Project


class ActivityKind(models.TextChoices):
    """One kind of entry; ``activity.sentence`` has its words."""

    CREATED = "created"
    RENAMED = "renamed"
    ARCHIVED = "archived"
    BROUGHT_BACK = "brought_back"
    DUPLICATED = "duplicated"
    OWNER = "owner"
    VISIBILITY = "visibility"
    COLLABORATOR = "collaborator"
    COLLABORATOR_LEFT = "collaborator_left"
    JOINED = "joined"
    LEFT = "left"
    MOVED = "moved"
    STAGE = "stage"
    COMMENT = "comment"
    SHARED = "shared"
    UNSHARED = "unshared"


class ProjectActivity(OfPerson):
    """One thing that happened. Names of people are read from their rows; ``detail`` has words of the project only."""

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="activity", db_constraint=False, db_index=False
    )
    kind = models.CharField(max_length=20, choices=ActivityKind)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_constraint=False,  # SameOrganisation("actor") checks it
        db_index=False,  # asked only when a user is deleted
    )
    #: The name that somebody behind a share link gave; nobody has proved it.
    guest = models.CharField(max_length=100, blank=True)
    #: The one person it is about, if it is about one; the entry goes with the person.
    candidate = candidate_key("project_activity", null=True)
    #: A comment's text.
    body = models.TextField(blank=True)
    detail = models.JSONField(default=dict)
    at = models.DateTimeField(auto_now_add=True)

    class Meta(OfPerson.Meta):
        constraints = [
            *OfPerson.Meta.constraints,
            SameOrganisation("project"),
            SameOrganisation("actor"),
            SameOrganisation("candidate"),
        ]
        indexes = [
            # activity.entries: the newest of one project.
            models.Index(fields=["project", "-at", "-id"], name="sourcing_activity_recent"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} in {self.project_id}"
