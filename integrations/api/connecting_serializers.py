"""Shapes of connecting a system: what can be connected, what it asks for, how the verification went."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from integrations import connections, registry
from integrations.models import ConnectionStatus
from integrations.verifying import FAILED, LEFT_OUT, PASSED, WAITING
from sourcing.models import RecordType

BOXES = (connections.EXPORT, connections.POOLS, connections.PULL)


class CredentialFieldSerializer(serializers.Serializer):
    """One thing to enter."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the field's own label is of another kind
    help = serializers.CharField()
    required = serializers.BooleanField()  # type: ignore[assignment]  # as above
    secret = serializers.BooleanField(
        help_text="Whether it is hidden while it is typed. None is ever answered."
    )


class RemovedConnectionSerializer(serializers.Serializer):
    """A connection that was removed, whose links and logs come back with it."""

    id = serializers.IntegerField()
    account_name = serializers.CharField(source="name")


class ConnectionSystemSerializer(serializers.Serializer):
    """A system that can be connected."""

    vendor = serializers.CharField()
    name = serializers.CharField()
    summary = serializers.CharField()
    capabilities = serializers.ListField(
        child=serializers.ChoiceField(choices=BOXES), help_text="What may be ticked; export must be."
    )
    remarks = serializers.ListField(
        child=serializers.CharField(), help_text="What to know before one counts on it."
    )
    record_types = serializers.ListField(child=serializers.ChoiceField(choices=RecordType.choices))
    before = serializers.CharField(help_text="What must be true before one begins.")
    steps = serializers.ListField(
        child=serializers.CharField(), help_text="How to find the credentials there."
    )
    credentials = CredentialFieldSerializer(many=True)
    sign_in = serializers.BooleanField(
        help_text="Whether somebody can sign in there instead, on the connection's page."
    )
    connections = serializers.ListField(
        child=serializers.IntegerField(), help_text="The accounts connected already."
    )
    removed = RemovedConnectionSerializer(
        many=True, help_text="For same_account, the newest first; for those who may connect."
    )


class _Changes(serializers.Serializer):
    account_name = serializers.CharField(
        max_length=connections.LONGEST_NAME,
        required=False,
        allow_blank=True,
        help_text="Tells the account from others of the vendor; may be empty while it is the only one.",
    )


class ConnectSerializer(_Changes):
    """What begins a connection; with ``credentials`` its verification begins at once."""

    vendor = serializers.CharField(max_length=40)
    capabilities = serializers.ListField(child=serializers.ChoiceField(choices=BOXES), max_length=10)
    same_account = serializers.IntegerField(
        min_value=1, required=False, help_text="The removed connection that this is again."
    )
    credentials = serializers.DictField(
        child=serializers.CharField(max_length=2_000, allow_blank=True, trim_whitespace=False),
        required=False,
        write_only=True,
        help_text="What the system asks for, by name.",
    )

    def validate_vendor(self, vendor: str) -> str:
        """One of the systems."""
        if vendor not in registry.CONNECTORS:
            raise serializers.ValidationError("Beckon has no connector for this system.")
        return vendor


class ConnectionChangeSerializer(_Changes):
    """What may be changed of a connection."""

    capabilities = serializers.ListField(
        child=serializers.ChoiceField(choices=BOXES), required=False, max_length=10
    )
    source_label = serializers.CharField(
        max_length=100, required=False, help_text="Stands in the Source field of everybody exported."
    )


class ConnectionCredentialsSerializer(serializers.Serializer):
    """New credentials, by name; the old ones are gone at once."""

    values = serializers.DictField(
        child=serializers.CharField(max_length=2_000, allow_blank=True, trim_whitespace=False),
        write_only=True,
    )


class ConnectionCheckSerializer(serializers.Serializer):
    """One check of the verification, and what came of it."""

    check = serializers.CharField()
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=[WAITING, PASSED, FAILED, LEFT_OUT])
    text = serializers.CharField()


class ConnectionVerificationSerializer(serializers.Serializer):
    """How a verification stands; read it again while it is ``working``."""

    status = serializers.ChoiceField(choices=ConnectionStatus.choices)
    working = serializers.BooleanField()
    checks = ConnectionCheckSerializer(many=True)
    run = serializers.SerializerMethodField()

    def get_run(self, row: dict[str, Any]) -> dict[str, Any] | None:
        """The work itself."""
        return row["run"].as_dict() if row["run"] else None


class VendorIdentitySerializer(serializers.Serializer):
    """The caller's own address at the vendor; empty: their login e-mail."""

    email = serializers.CharField(max_length=320, allow_blank=True)


class VendorIdentityToldSerializer(VendorIdentitySerializer):
    """What was set, and what counts."""

    acting_as = serializers.CharField(help_text="Whose lists the caller sees there.")


class WebhookAddressSerializer(serializers.Serializer):
    """Where the vendor tells us of changes. The secret is in no answer."""

    made_by_hand = serializers.BooleanField(
        help_text="Whether somebody makes the webhook in the vendor's own pages, with this address."
    )
    address = serializers.CharField(
        allow_null=True,
        help_text="Null where webhooks are made by themselves, and before the first connecting.",
    )


class WebhookSecretSerializer(serializers.Serializer):
    """The signing secret that the vendor's own page shows."""

    secret = serializers.CharField(min_length=8, max_length=500, write_only=True)
