"""What the API says about mailboxes and messages."""

from __future__ import annotations

from rest_framework import serializers


class MailboxSerializer(serializers.Serializer):
    """A connected e-mail account with its last 24 hours. Passwords are never part of it."""

    id = serializers.IntegerField(source="mailbox.pk")
    address = serializers.CharField(source="mailbox.address")
    owner = serializers.CharField(source="mailbox.owner.name")
    status = serializers.CharField(source="mailbox.status")
    health = serializers.CharField(source="health.code")
    health_text = serializers.CharField(source="health.text")
    advice = serializers.CharField(source="health.advice")
    server_words = serializers.CharField(source="mailbox.server_words")
    login = serializers.CharField(source="mailbox.login")
    is_default = serializers.BooleanField(source="mailbox.is_default")
    may_send = serializers.BooleanField(help_text="The caller's own, or lent to them.")
    loan = serializers.IntegerField(
        source="borrowed.pk", allow_null=True, default=None, help_text="The loan to the caller, if it is one."
    )
    paused_until = serializers.DateTimeField(source="mailbox.paused_until", allow_null=True)
    used = serializers.IntegerField()
    limit = serializers.IntegerField(allow_null=True)


class MessageSerializer(serializers.Serializer):
    """One message of the Outbox; ``to`` is "private address" for all but the user who added it."""

    id = serializers.IntegerField(source="message.pk")
    mailbox = serializers.IntegerField(source="message.mailbox_id")
    candidate = serializers.IntegerField(source="message.candidate_id", allow_null=True)
    to = serializers.CharField(source="address")
    subject = serializers.CharField()
    status = serializers.CharField(source="message.status")
    planned_at = serializers.DateTimeField(source="message.planned_at")
    sent_at = serializers.DateTimeField(source="message.sent_at", allow_null=True)
    reason = serializers.CharField(source="explanation.reason", allow_null=True)
    explanation = serializers.CharField(source="explanation.text")
    until = serializers.DateTimeField(source="explanation.until", allow_null=True)
