"""Shapes of sync settings, remote fields, what people typed and sync tasks in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from integrations.base.records import UpdateRule
from integrations.models import FieldRow, SyncTask
from integrations.sync_settings import SETTINGS, Level
from sourcing.models import RecordType


class ScopeSerializer(serializers.Serializer):
    """Whose values are meant: one campaign's, one person's, the team's or (by default) the caller's own."""

    record_type = serializers.ChoiceField(choices=RecordType.choices, default=RecordType.CANDIDATE.value)
    campaign = serializers.IntegerField(min_value=1, required=False)
    candidate = serializers.IntegerField(min_value=1, required=False)
    team = serializers.BooleanField(default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One level at a time."""
        if ("campaign" in attrs) + ("candidate" in attrs) + attrs["team"] > 1:
            raise serializers.ValidationError("Name one of campaign, candidate and team.")
        return attrs


class EntryScopeSerializer(serializers.Serializer):
    """For whom a field is filled: one campaign or one person."""

    record_type = serializers.ChoiceField(choices=RecordType.choices, default=RecordType.CANDIDATE.value)
    campaign = serializers.IntegerField(min_value=1, required=False)
    candidate = serializers.IntegerField(min_value=1, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one."""
        if ("campaign" in attrs) == ("candidate" in attrs):
            raise serializers.ValidationError("Name either a campaign or a candidate.")
        return attrs


class ValuesSerializer(serializers.Serializer):
    """What is written: null takes a value away, so that the level above counts again."""

    values = serializers.DictField(child=serializers.JSONField(allow_null=True), allow_empty=False)


class SettingSerializer(serializers.Serializer):
    """One setting as it counts for the scope asked about."""

    name = serializers.ChoiceField(choices=list(SETTINGS))
    value = serializers.JSONField(help_text="What counts.")
    level = serializers.ChoiceField(
        choices=list(Level), allow_null=True, help_text="Where it was set; null: the default."
    )
    locked = serializers.BooleanField()
    locked_by = serializers.CharField(allow_null=True, help_text="Who locked it, by name.")
    locked_at = serializers.DateTimeField(allow_null=True)
    ignored = serializers.ListField(
        child=serializers.ChoiceField(choices=list(Level)),
        help_text="Nearer values that the lock keeps from counting.",
    )


class LockSerializer(serializers.Serializer):
    """The lock of one of the team's settings."""

    record_type = serializers.ChoiceField(choices=RecordType.choices, default=RecordType.CANDIDATE.value)
    locked = serializers.BooleanField()


class RecordTypeSerializer(serializers.Serializer):
    """Of which record type."""

    record_type = serializers.ChoiceField(choices=RecordType.choices, default=RecordType.CANDIDATE.value)


class RemoteFieldSerializer(serializers.ModelSerializer):
    """A field as the vendor has it and what was decided about it."""

    class Meta:
        model = FieldRow
        fields = [
            "id",
            "record_type",
            "key",
            "label",
            "kind",
            "options",
            "custom",
            "required",
            "creatable",
            "updatable",
            "readable",
            "longest",
            "displayed",
            "mandatory",
            "filterable",
            "rule",
            "variable",
            "default_rule",
            "default_variable",
        ]
        read_only_fields = fields


class FieldDecisionSerializer(serializers.Serializer):
    """What may be decided; mandatory implies displayed."""

    displayed = serializers.BooleanField(required=False)
    mandatory = serializers.BooleanField(required=False)
    filterable = serializers.BooleanField(required=False)
    rule = serializers.ChoiceField(choices=list(UpdateRule), required=False)
    variable = serializers.CharField(max_length=100, allow_blank=True, required=False)


class JobStatusesSerializer(serializers.Serializer):
    """Ids of statuses; none means the jobs of all of them are offered."""

    statuses = serializers.ListField(child=serializers.CharField(max_length=100), max_length=500)


class JobStatusSerializer(serializers.Serializer):
    """A status of the vendor's jobs, and whether its jobs are offered."""

    id = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the field's own label is of another kind
    chosen = serializers.BooleanField()


class SyncTaskSerializer(serializers.ModelSerializer):
    """One thing to do at the vendor: where it stands, why, and until when it waits."""

    class Meta:
        model = SyncTask
        fields = [
            "id",
            "candidate",
            "record_type",
            "kind",
            "cause",
            "campaign",
            "status",
            "reason_code",
            "reason",
            "fields",
            "attempts",
            "not_before",
            "created_at",
            "settled_at",
        ]
        read_only_fields = fields
