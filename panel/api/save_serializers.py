"""Shapes of one save, and of what became of it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from panel import profiles
from panel.api.serializers import ProfileSerializer, SummarySerializer
from panel.wanted import NoteWanted, SyncWanted, Wanted
from sourcing.api.requests import MAX_ID
from sourcing.models import ContactKind, NoteVisibility, RecordType


class Id(serializers.IntegerField):
    """An id as the database has them."""

    def __init__(self, **given: Any) -> None:
        super().__init__(min_value=1, max_value=MAX_ID, **given)


class SaveNoteSerializer(serializers.Serializer[Any]):
    """A note; of a project it is ``project``, else the first the person is put into."""

    text = serializers.CharField(max_length=40_000, allow_blank=True)
    visibility = serializers.ChoiceField(choices=NoteVisibility.choices, default=NoteVisibility.ORGANISATION)
    project = Id(required=False, allow_null=True, default=None)


class SaveSyncSerializer(serializers.Serializer[Any]):
    """Settings by name and values of displayed fields by their id, at one system, for this person only."""

    connection = Id()
    settings = serializers.DictField(
        child=serializers.JSONField(allow_null=True), required=False, default=dict
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        """``fields`` is a word of REST framework."""
        values = serializers.DictField(
            child=serializers.JSONField(allow_null=True), required=False, default=dict
        )
        return super().get_fields() | {"fields": values}


class SaveSerializer(serializers.Serializer[Any]):
    """Everything one press of *Save* does."""

    candidate = Id(required=False, allow_null=True, default=None, help_text="Null makes a person.")
    create_anyway = serializers.BooleanField(default=False)
    profile = ProfileSerializer()
    record_type = serializers.ChoiceField(choices=RecordType.choices, required=False)
    tags = serializers.ListField(
        child=serializers.CharField(max_length=100), required=False, default=list, max_length=200
    )
    note = SaveNoteSerializer(required=False, allow_null=True, default=None)
    projects = serializers.ListField(child=Id(), required=False, default=list, max_length=20)
    campaigns = serializers.ListField(child=Id(), required=False, default=list, max_length=20)
    anyway = serializers.BooleanField(
        default=False, help_text="Into campaigns also when something speaks against it that only warns."
    )
    sync = SaveSyncSerializer(many=True, required=False, default=list, max_length=20)  # type: ignore[call-arg]  # of the list
    get_email = serializers.BooleanField(default=False)
    get_phone = serializers.BooleanField(default=False)

    def wanted(self) -> Wanted:
        """What was sent, once it is valid."""
        told = self.validated_data
        note = told["note"]
        kinds = {ContactKind.EMAIL: told["get_email"], ContactKind.PHONE: told["get_phone"]}
        return Wanted(
            profile=profiles.read(told["profile"]),
            candidate_id=told["candidate"],
            create_anyway=told["create_anyway"],
            record_type=told.get("record_type"),
            tags=told["tags"],
            note=note
            and NoteWanted(text=note["text"], visibility=note["visibility"], project_id=note["project"]),
            project_ids=told["projects"],
            campaign_ids=told["campaigns"],
            anyway=told["anyway"],
            sync=[
                SyncWanted(connection_id=each["connection"], settings=each["settings"], fields=each["fields"])
                for each in told["sync"]
            ],
            get=[kind for kind, asked in kinds.items() if asked],
        )


class RefusedSerializer(serializers.Serializer[Any]):
    """A part that was not done, and why; ``id`` is the campaign's, project's or connection's."""

    what = serializers.CharField(
        help_text="tag, note, project, campaign, setting, field, profile, email, phone, get_email, get_phone"
    )
    id = serializers.IntegerField(allow_null=True)
    name = serializers.CharField(help_text="Of the setting; the id of the field.")
    code = serializers.CharField()
    detail = serializers.CharField()


class SavedSerializer(serializers.Serializer[Any]):
    """What became of a save."""

    created = serializers.BooleanField()
    person = SummarySerializer()
    done = serializers.ListField(child=serializers.CharField())
    refused = RefusedSerializer(many=True)
