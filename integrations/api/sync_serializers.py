"""Shapes of sync settings, remote fields, what people typed and sync tasks in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from integrations.base.records import UpdateRule
from integrations.base.variables import VariableKind
from integrations.mapping import Outcome
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


class FieldScopeSerializer(RecordTypeSerializer):
    """Which of the fields."""

    q = serializers.CharField(
        max_length=200, required=False, default="", help_text="In their label or key.", allow_blank=True
    )


class RefreshSerializer(serializers.Serializer):
    """Whether the vendor is asked now."""

    refresh = serializers.BooleanField(
        default=False, help_text="Ask the vendor now; otherwise its last answer may be used for some minutes."
    )


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


class VariableSerializer(serializers.Serializer):
    """Something of our people that a remote field may be filled with."""

    name = serializers.CharField(help_text="The ``variable`` of a field.")
    label = serializers.CharField()  # type: ignore[assignment]  # the field's own label is of another kind
    kind = serializers.ChoiceField(
        choices=[kind.value for kind in VariableKind],
        help_text="A string goes to one field of a record type, a list to several, a social network to its own.",
    )


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
            "decided_by",
            "not_before",
            "created_at",
            "settled_at",
        ]
        read_only_fields = fields


class SyncStandingSerializer(serializers.Serializer):
    """How the sync goes."""

    last = serializers.DateTimeField(allow_null=True, help_text="When something was last done.")
    waiting = serializers.IntegerField()
    attention = serializers.IntegerField(help_text="What needs somebody.")
    not_before = serializers.DateTimeField(allow_null=True, help_text="Until when the vendor asked to wait.")


class RetriedSerializer(serializers.Serializer):
    """How many sync tasks are tried again."""

    count = serializers.IntegerField()


class TryScopeSerializer(serializers.Serializer):
    """On whom."""

    candidate = serializers.IntegerField(min_value=1)


class TriedFieldSerializer(serializers.Serializer):
    """What would become of one field, and why; ``value`` is what would be sent, as far as the caller may see."""

    field = serializers.CharField()
    value = serializers.CharField()
    outcome = serializers.ChoiceField(choices=[outcome.value for outcome in Outcome])
    why = serializers.CharField()


class TriedSerializer(serializers.Serializer):
    """What a push would do now."""

    found = serializers.BooleanField(
        allow_null=True, help_text="Whether the vendor has the person; null: not known."
    )
    trouble = serializers.CharField(help_text="Why it is not known, or what stands in the way.")
    missing = serializers.ListField(
        child=serializers.CharField(), help_text="Mandatory fields that are not filled."
    )
    lines = TriedFieldSerializer(many=True)
