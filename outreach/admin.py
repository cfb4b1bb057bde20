"""The plain admin, for the installation's own staff: status to look at, secrets and texts never."""

from __future__ import annotations

from django.contrib import admin

from foundation.admin import LookOnly
from outreach.models import Mailbox, Message


@admin.register(Mailbox)
class MailboxAdmin(LookOnly):
    """Connected accounts and how they are; the sealed passwords are not among the fields."""

    list_display = ["id", "organisation", "address", "status", "status_code", "next_send_at", "lease_until"]
    list_filter = ["status"]
    fields = [
        *(
            "organisation",
            "owner",
            "address",
            "login",
            "linked_at",
            "status",
            "status_code",
            "server_words",
            "paused_until",
        ),
        *("smtp_host", "smtp_port", "smtp_security", "imap_host", "imap_port", "imap_security"),
        *(
            "next_send_at",
            "lease_until",
            "send_failures",
            "read_completely_at",
            "next_read_at",
            "read_failures",
        ),
    ]


@admin.register(Message)
class MessageAdmin(LookOnly):
    """Where each message stands; neither its receiver nor its text."""

    list_display = [
        "id",
        "organisation",
        "mailbox",
        "origin",
        "status",
        "reason_code",
        "planned_at",
        "sent_at",
    ]
    list_select_related = ["organisation", "mailbox"]
    list_filter = ["status", "origin"]
    fields = [
        *("organisation", "mailbox", "lane", "origin", "step_ref", "our_message_id", "status", "reason_code"),
        *(
            "failure_class",
            "rank",
            "planned_at",
            "not_before",
            "tries",
            "claimed_at",
            "sending_at",
            "sent_at",
        ),
        *("settled_at", "copied_at", "copy_tries"),
    ]
