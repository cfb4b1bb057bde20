"""What members write about a person, for themselves, for a project or for everybody."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.audit import audit
from foundation.tenancy import SameOrganisation, TenantModel
from sourcing.models.of_person import OfPerson, candidate_key


class NoteVisibility(models.TextChoices):
    """Who reads a note."""

    ME = "me", "Only me"
    PROJECT = "project", "Project"
    ORGANISATION = "organisation", "Everybody"


class Note(OfPerson):
    """One note. Read through ``notes.visible_notes``: *me* is its author's alone, *project* is read by whoever sees
    the project."""

    candidate = candidate_key("notes")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_constraint=False,  # SameOrganisation("author") checks it
        db_index=False,  # asked only when a user is deleted
    )
    body = models.TextField()
    visibility = models.CharField(max_length=12, choices=NoteVisibility, default=NoteVisibility.ORGANISATION)
    #: Set exactly for a note of a project.
    project = models.ForeignKey(
        "sourcing.Project",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="notes",
        db_constraint=False,  # SameOrganisation("project") checks it
    )
    created_at = models.DateTimeField(auto_now_add=True)
    edited_at = models.DateTimeField(null=True, blank=True)

    class Meta(OfPerson.Meta):
        # Who changed or removed a note when is told; what it says is read by whoever may read notes, here and nowhere.
        triggers = audit("body")
        ordering = ("-created_at", "-id")
        constraints = [
            *OfPerson.Meta.constraints,
            SameOrganisation("candidate"),
            SameOrganisation("author"),
            SameOrganisation("project"),
            models.CheckConstraint(
                condition=Q(visibility="project", project__isnull=False)
                | (~Q(visibility="project") & Q(project__isnull=True)),
                name="sourcing_note_project_exactly_then",
            ),
        ]
        indexes = [
            # Whether a user has notes of their own, asked by each of their searches.
            models.Index(fields=["author"], condition=Q(visibility="me"), name="sourcing_note_own"),
        ]

    def __str__(self) -> str:
        return f"note {self.pk} about {self.candidate_id}"


class NoteMention(TenantModel):
    """Somebody named in a note with "@": they get one e-mail, and a mark until they have looked."""

    note = models.ForeignKey(Note, on_delete=models.CASCADE, related_name="mentions", db_constraint=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    #: When the e-mail was handed over; claimed before it is sent, so that nobody is told twice.
    told_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("note"),
            SameOrganisation("user"),
            models.UniqueConstraint(fields=["note", "user"], name="sourcing_mention_once"),
        ]
        indexes = [
            # The mark: what this user has not looked at yet.
            models.Index(
                fields=["user", "note"], condition=Q(seen_at__isnull=True), name="sourcing_mention_unseen"
            ),
            # Who is still to be told by e-mail.
            models.Index(fields=["id"], condition=Q(told_at__isnull=True), name="sourcing_mention_untold"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.note_id}"
