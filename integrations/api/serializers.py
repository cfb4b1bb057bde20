"""Shapes of connections and exports in the API. A secret is in none of them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from integrations import selectors
from integrations.api.export_serializers import WhomSerializer
from integrations.models import Connection, Export, ExportItem, ExportMode, RemoteLink


class ConnectionSerializer(serializers.ModelSerializer):
    """A connection as everybody who may view it sees it."""

    name = serializers.SerializerMethodField()
    account_name = serializers.CharField(
        source="name", read_only=True, help_text="The account's own name; empty where the vendor's is enough."
    )

    class Meta:
        model = Connection
        fields = [
            "id",
            "vendor",
            "name",
            "account_name",
            "status",
            "capabilities",
            "source_label",
            "verified_at",
            "trouble",
        ]
        read_only_fields = fields

    def get_name(self, row: Connection) -> str:
        """As pages call it: the vendor's name, with the account's own where it has one."""
        return row.label


class ExportRequestSerializer(WhomSerializer):
    """What starts an export: who is meant, where to, and what is ticked."""

    connection = serializers.IntegerField(min_value=1)
    mode = serializers.ChoiceField(choices=ExportMode.choices)
    target_id = serializers.CharField(max_length=200)
    include_exported = serializers.BooleanField(default=False)
    dummy_addresses = serializers.BooleanField(default=False)
    dry_run = serializers.BooleanField(
        default=False, help_text="Only says what would change there; nothing is written."
    )
    request_key = serializers.UUIDField(
        required=False,
        help_text="The same key starts the same export once; send one to be safe against repeats.",
    )


class ExportScopeSerializer(serializers.Serializer):
    """Of which project or connection; without either, all."""

    project = serializers.IntegerField(min_value=1, required=False)
    connection = serializers.IntegerField(min_value=1, required=False)


class ExportSerializer(serializers.ModelSerializer):
    """An export and how many people stand where."""

    counts = serializers.SerializerMethodField()
    run = serializers.SerializerMethodField()

    class Meta:
        model = Export
        fields = [
            "id",
            "connection",
            "project",
            "mode",
            "target_id",
            "target_name",
            "include_exported",
            "dummy_addresses",
            "dry_run",
            "created_by",
            "created_at",
            "counts",
            "run",
        ]
        read_only_fields = fields

    def get_counts(self, row: Export) -> dict[str, int]:
        """Items by status; every status is a key."""
        return selectors.counts(row)

    def get_run(self, row: Export) -> dict[str, Any] | None:
        """The work itself."""
        return row.run.as_dict() if row.run else None


class ExportItemSerializer(serializers.ModelSerializer):
    """What became of one person."""

    class Meta:
        model = ExportItem
        fields = ["id", "candidate", "status", "reason_code", "reason", "fields", "remote_id", "settled_at"]
        read_only_fields = fields


class RemoteRecordSerializer(serializers.ModelSerializer):
    """One person's record in another system."""

    class Meta:
        model = RemoteLink
        fields = [
            "connection",
            "record_type",
            "state",
            "remote_id",
            "remote_url",
            "created_by_us",
            "exported_at",
        ]
        read_only_fields = fields
        extra_kwargs = {
            "remote_id": {"help_text": "Empty while it is not confirmed that the record was made."},
            "exported_at": {"help_text": "The last export; null where only syncs or pulls know the record."},
        }
