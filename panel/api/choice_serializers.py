"""Shapes of what can be chosen for a person: projects, campaigns, tags, jobs, and *Sync as* with its options."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from integrations.models import CompanyMatch
from integrations.sync_settings import Level
from panel.choices import Kind
from panel.sync_options import CONTROLS, DEFAULT, SETTING_CONTROLS
from sourcing.api.requests import MAX_ID
from sourcing.models import RecordType


class ChoicesQuerySerializer(serializers.Serializer[Any]):
    """Of which kind, with what in the name; ``connection`` for jobs."""

    kind = serializers.ChoiceField(choices=[kind.value for kind in Kind])
    q = serializers.CharField(max_length=100, required=False, default="", allow_blank=True)
    connection = serializers.IntegerField(min_value=1, max_value=MAX_ID, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Jobs are some system's."""
        if attrs["kind"] == Kind.JOB and "connection" not in attrs:
            raise serializers.ValidationError({"connection": "Of which system?"})
        return attrs


class PanelChoiceSerializer(serializers.Serializer[Any]):
    """One that can be chosen. ``value`` chooses it; tags and jobs have no ``id``."""

    id = serializers.IntegerField(allow_null=True)
    value = serializers.CharField()
    name = serializers.CharField()
    about = serializers.CharField()


class PanelChoicesSerializer(serializers.Serializer[Any]):
    """At most twenty."""

    results = PanelChoiceSerializer(many=True)


class SyncQuerySerializer(serializers.Serializer[Any]):
    """For which person; without one for somebody new. ``record_type`` is the person's own by default."""

    record_type = serializers.ChoiceField(choices=RecordType.choices, required=False)
    candidate = serializers.IntegerField(min_value=1, max_value=MAX_ID, required=False)


class SyncChoiceSerializer(serializers.Serializer[Any]):
    """One value and its words."""

    value = serializers.JSONField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field of our own, not the label of one


class LockedSerializer(serializers.Serializer[Any]):
    """Who locked a setting, and when."""

    by = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True)


class SyncSettingSerializer(serializers.Serializer[Any]):
    """One setting for this person: what counts and where that was set; ``own`` is what stands at the person itself."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # as above
    help = serializers.CharField()
    kind = serializers.ChoiceField(choices=SETTING_CONTROLS, source="control")
    value = serializers.JSONField()
    own = serializers.JSONField(allow_null=True)
    words = serializers.CharField()
    locked = LockedSerializer(source="lock", allow_null=True)
    editable = serializers.BooleanField(
        help_text="False where it is locked and the caller is no administrator."
    )
    choices = SyncChoiceSerializer(many=True)

    def get_fields(self) -> dict[str, serializers.Field]:
        """``from`` is a word of Python."""
        levels = [*(level.value for level in Level), DEFAULT]
        return super().get_fields() | {"from": serializers.ChoiceField(choices=levels, source="set_at")}


class SyncFieldSerializer(serializers.Serializer[Any]):
    """One displayed field. ``mapped``: what of the person fills it where nobody types anything."""

    id = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]  # as above
    kind = serializers.ChoiceField(choices=CONTROLS, source="control")
    mandatory = serializers.BooleanField()
    value = serializers.JSONField(allow_null=True)
    mapped = serializers.CharField()
    options = SyncChoiceSerializer(many=True, source="choices")
    max_length = serializers.IntegerField(allow_null=True, source="longest")


class ChosenCompanySerializer(serializers.Serializer[Any]):
    """The company that was chosen there; ``everybody``: for all of that company's name."""

    id = serializers.CharField(source="remote_id")
    name = serializers.CharField(source="remote_name")
    everybody = serializers.SerializerMethodField()

    def get_everybody(self, match: CompanyMatch) -> bool:
        """Chosen for the name, not for the person."""
        return match.candidate_id is None


class SyncCompaniesSerializer(serializers.Serializer[Any]):
    """Whether records there belong to a company, and which was chosen."""

    has = serializers.BooleanField(source="has_companies")
    chosen = ChosenCompanySerializer(source="company", allow_null=True)


class SyncSystemSerializer(serializers.Serializer[Any]):
    """One connected system. ``takes``: it has records of this type."""

    connection_id = serializers.IntegerField(source="connection.pk")
    name = serializers.CharField(source="connection.label")
    vendor = serializers.CharField(source="connection.vendor")
    takes = serializers.BooleanField()
    settings = SyncSettingSerializer(many=True)
    companies = SyncCompaniesSerializer(source="*")

    def get_fields(self) -> dict[str, serializers.Field]:
        """``fields`` is a word of REST framework."""
        return super().get_fields() | {"fields": SyncFieldSerializer(many=True, source="displayed")}


class SyncOptionsSerializer(serializers.Serializer[Any]):
    """*Sync as*, and the options of each system behind it."""

    record_type = serializers.ChoiceField(choices=RecordType.choices)
    record_types = serializers.ListField(child=serializers.ChoiceField(choices=RecordType.choices))
    systems = SyncSystemSerializer(many=True)
