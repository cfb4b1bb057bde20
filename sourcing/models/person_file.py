"""Files: a person's résumé or any other, and résumés that have no person yet."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.audit import audit
from foundation import stored_files
from foundation.tenancy import SameOrganisation
from sourcing.models.of_person import OfPerson


class FileState(models.TextChoices):
    """What became of reading it; the file itself is kept whatever happens."""

    WAITING = "waiting", "Waiting to be read"
    READ = "read", "Read"
    SCANNED = "scanned", "Scanned"
    ENCRYPTED = "encrypted", "Encrypted"
    BROKEN = "broken", "Broken"
    TOO_LARGE = "too_large", "Too large to read"
    UNREADABLE = "unreadable", "Not a document"


class Decision(models.TextChoices):
    """What is done with an uploaded résumé. Empty for a file that was given to a person from the start."""

    NONE = "", "None"
    OPEN = "open", "Needs confirmation"
    ADDED = "added", "Added"
    KEPT = "kept", "File only"


#: What a person is told about a file in each state.
SENTENCES: dict[str, str] = {
    FileState.WAITING: "It is read in a moment.",
    FileState.READ: "Its text is kept and found by search.",
    FileState.SCANNED: "It holds pictures of pages and no text, so nothing could be read. The file is kept.",
    FileState.ENCRYPTED: "It is protected by a password, so nothing could be read. The file is kept.",
    FileState.BROKEN: "It is damaged, or not what its name says. The file is kept.",
    FileState.TOO_LARGE: "Unpacked it is larger, or takes longer, than we allow. The file is kept.",
    FileState.UNREADABLE: "Text is read from PDF, DOCX and plain text only. The file is kept.",
}


def stored_name(file: PersonFile, name: str) -> str:  # noqa: ARG001 - nothing of the uploaded name reaches the disk
    """Where the bytes lie: a name nobody can guess, and no ending by which a server would take it for a page."""
    return f"files/{file.organisation_id}/{secrets.token_hex(2)}/{secrets.token_urlsafe(32)}"


class PersonFile(OfPerson):
    """One file. ``candidate`` is None while nobody has said whose résumé it is.

    ``text`` is what was read, cut to ``FILE_TEXT_CHARACTERS``; ``proposal`` what ``resumes.proposing`` made of it
    (``Proposal.as_json``). ``content_type`` is told by the bytes, never by the browser.
    """

    candidate = models.ForeignKey(
        "sourcing.Candidate",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="files",
        db_constraint=False,  # SameOrganisation("candidate") checks it
    )
    file = models.FileField(upload_to=stored_name, max_length=200)
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    content_type = models.CharField(max_length=100, default="application/octet-stream")
    kind = models.CharField(
        max_length=10, choices=[("resume", "Résumé"), ("other", "Other")], default="other"
    )
    text = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=FileState, default=FileState.WAITING)
    decision = models.CharField(max_length=5, choices=Decision, default=Decision.NONE, blank=True)
    proposal = models.JSONField(default=dict, blank=True)
    run = models.ForeignKey(
        "foundation.Run",
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_constraint=False,  # SameOrganisation("run") checks it
        db_index=False,
    )
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_constraint=False,  # SameOrganisation("uploaded_by") checks it
        db_index=False,  # asked only when a user is deleted
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(OfPerson.Meta):
        # Reading a file is no decision of anybody's.
        triggers = audit("text", "proposal", "state", "run_id", "content_type")
        ordering = ("-created_at", "-id")
        constraints = [
            *OfPerson.Meta.constraints,
            SameOrganisation("candidate"),
            SameOrganisation("run"),
            SameOrganisation("uploaded_by"),
            models.UniqueConstraint(
                fields=["candidate", "sha256"],
                condition=Q(candidate__isnull=False),
                name="sourcing_file_of_person_once",
            ),
            models.UniqueConstraint(
                fields=["organisation", "sha256"],
                condition=Q(candidate__isnull=True),
                name="sourcing_file_of_nobody_once",
            ),
        ]
        indexes = [
            # Upload: are these bytes here already?
            models.Index(fields=["organisation", "sha256"], name="sourcing_file_bytes"),
            # The page of one upload: its files in order.
            models.Index(fields=["run", "id"], name="sourcing_file_run"),
            # The import page: résumés nobody has decided on.
            models.Index(
                fields=["organisation", "-id"],
                condition=Q(decision="open"),
                name="sourcing_file_open",
            ),
        ]

    @property
    def sentence(self) -> str:
        """What became of reading it, for people."""
        return SENTENCES[self.state]

    @property
    def url(self) -> str:
        """Where it is downloaded."""
        return reverse("sourcing:file", args=[self.pk])

    def __str__(self) -> str:
        return self.name


stored_files.go_with_row(PersonFile)
