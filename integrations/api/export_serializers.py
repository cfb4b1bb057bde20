"""Shapes of what the export dialogue offers and counts, in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from integrations.models import ExportMode
from integrations.states import Reason


class WhomSerializer(serializers.Serializer):
    """Who is meant: a project, the people named (of a project, if one is named too), or everybody a question finds."""

    project = serializers.IntegerField(min_value=1, required=False)
    candidates = serializers.ListField(
        child=serializers.IntegerField(min_value=1), required=False, max_length=10_000, allow_empty=False
    )
    question = serializers.DictField(
        required=False, help_text="As in bulk actions: text, nice, filters; the first 10,000 people it finds."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Somebody must be named, in one way."""
        if not {"project", "candidates", "question"} & set(attrs):
            raise serializers.ValidationError("Name a project, candidates or a question.")
        if "question" in attrs and {"project", "candidates"} & set(attrs):
            raise serializers.ValidationError("A question stands alone.")
        return attrs


class ExportPreviewRequestSerializer(WhomSerializer):
    """Whom an export to which connection would be about."""

    connection = serializers.IntegerField(min_value=1)
    include_exported = serializers.BooleanField(default=False)


class ExportSkippedSerializer(serializers.Serializer):
    """How many would be left out, and why."""

    reason_code = serializers.ChoiceField(choices=[reason.value for reason in Reason if reason.value])
    reason = serializers.CharField()
    people = serializers.IntegerField()


class WaitingCompanySerializer(serializers.Serializer):
    """A company whose record is still to be made; ``company`` is the one there that was chosen for it."""

    candidate = serializers.IntegerField(help_text="The first of the people; choose their company for all.")
    name = serializers.CharField()
    people = serializers.IntegerField()
    company = serializers.CharField(allow_null=True)


class ExportPreviewSerializer(serializers.Serializer):
    """What would happen, in people."""

    people = serializers.IntegerField()
    going = serializers.IntegerField()
    skipped = ExportSkippedSerializer(many=True)
    without_email = serializers.IntegerField()
    private_addresses = serializers.IntegerField(help_text="The caller's own, which would go along.")
    companies = WaitingCompanySerializer(many=True, help_text="For those who may edit people.")


class ExportModeSerializer(serializers.Serializer):
    """As what people may go."""

    mode = serializers.ChoiceField(choices=ExportMode.choices)
    target = serializers.CharField(
        help_text="What they are sent to, in the vendor's word: Job, Campaign, Pool."
    )
    note = serializers.CharField(help_text="What must be said before.")


class ExportOptionsSerializer(serializers.Serializer):
    """What an export to the connection may be."""

    modes = ExportModeSerializer(many=True)
    not_offered = serializers.ListField(child=serializers.CharField(), help_text="Why a mode is missing.")
    not_held = serializers.ListField(
        child=serializers.CharField(), help_text="What no field of the connection takes."
    )
    needs_email = serializers.BooleanField(help_text="Whether people without an address fail.")
    acting_as = serializers.CharField(help_text="Whose targets the vendor shows: the caller's address there.")


class ExportTargetScopeSerializer(serializers.Serializer):
    """Which of the targets."""

    mode = serializers.ChoiceField(choices=ExportMode.choices)
    search = serializers.CharField(
        max_length=200, required=False, default="", help_text="Words of their name.", allow_blank=True
    )
    refresh = serializers.BooleanField(
        default=False, help_text="Ask the vendor now; otherwise at most once a minute."
    )


class ExportTargetSerializer(serializers.Serializer):
    """A job, campaign or pool there; its id is the ``target_id`` of an export."""

    id = serializers.CharField(source="external_id")
    name = serializers.CharField()
    status = serializers.CharField(help_text="An id of the job statuses; empty where there are none.")
