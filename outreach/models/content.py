"""What people write to be sent again: templates and snippets, and the files that go with a text."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.audit import AUDIT
from foundation import stored_files
from foundation.tenancy import SameOrganisation, TenantModel
from outreach.models.message import Message


def stored_name(file: ContentFile, name: str) -> str:  # noqa: ARG001 - nothing of the uploaded name reaches the disk
    """Where the bytes lie: a name nobody can guess, without an ending by which a server would take it for a page."""
    return f"content/{file.organisation_id}/{secrets.token_hex(2)}/{secrets.token_urlsafe(32)}"


class ContentFile(TenantModel):
    """A picture or an attachment of a text. Its bytes never change: a sent mail's copy is made from them again.

    ``content_type`` is told by the bytes, never by the browser or the name.
    """

    file = models.FileField(upload_to=stored_name, max_length=200)
    name = models.CharField(max_length=255)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    content_type = models.CharField(max_length=100)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        constraints = [*TenantModel.Meta.constraints, SameOrganisation("uploaded_by")]
        indexes = [
            # Upload: has this person given us these bytes before?
            models.Index(fields=["uploaded_by", "sha256"], name="outreach_contentfile_bytes"),
        ]

    def __str__(self) -> str:
        return self.name


class TemplateKind(models.TextChoices):
    """A whole message, or a piece of one."""

    MESSAGE = "message", "Template"
    SNIPPET = "snippet", "Snippet"


class Template(TenantModel):
    """A text to begin with: the owner's own, or ``shared`` with everybody of the organisation.

    ``body_html`` is the rich form; where there is one, ``body`` is its words. A snippet has no subject and no files
    but the pictures it shows.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=TemplateKind, default=TemplateKind.MESSAGE)
    name = models.CharField(max_length=120)
    shared = models.BooleanField(default=False)
    subject = models.CharField(max_length=500, blank=True)
    body = models.TextField(blank=True)
    body_html = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(TenantModel.Meta):
        triggers = AUDIT
        ordering = ("name", "id")
        constraints = [*TenantModel.Meta.constraints, SameOrganisation("owner")]
        indexes = [
            # Templates page and the editor's menus: the team's, by name.
            models.Index(
                fields=["organisation", "kind", "name"],
                condition=Q(shared=True),
                name="outreach_template_team",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TemplateFile(TenantModel):
    """A file that goes with a template; ``added_by`` None: before that was kept."""

    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="files")
    file = models.ForeignKey(ContentFile, on_delete=models.PROTECT, related_name="in_templates")
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )

    class Meta(TenantModel.Meta):
        triggers = AUDIT
        ordering = ("id",)
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("template"),
            SameOrganisation("file"),
            SameOrganisation("added_by"),
            models.UniqueConstraint(fields=["template", "file"], name="outreach_templatefile_once"),
        ]

    def __str__(self) -> str:
        return f"file {self.file_id} of template {self.template_id}"


class MessageFile(TenantModel):
    """A file that goes with a message. One that the message's HTML shows travels inline, any other is attached."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="files", db_index=False)
    file = models.ForeignKey(ContentFile, on_delete=models.PROTECT, related_name="in_messages")

    class Meta(TenantModel.Meta):
        ordering = ("id",)
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("message"),
            SameOrganisation("file"),
            models.UniqueConstraint(fields=["message", "file"], name="outreach_messagefile_once"),
        ]

    def __str__(self) -> str:
        return f"file {self.file_id} of message {self.message_id}"


stored_files.go_with_row(ContentFile)
