"""The API of notes."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right
from foundation.paging import paged
from foundation.preconditions import guarded, row_of, tagged
from foundation.sparse_fields import narrowed
from sourcing import notes, selectors
from sourcing.api.requests import caller, checked
from sourcing.models import (
    Note,
    NoteVisibility,
)


class NoteSerializer(serializers.ModelSerializer[Note]):
    """One note the caller may read."""

    author = serializers.SerializerMethodField()
    mentions = serializers.SerializerMethodField()

    class Meta:
        model = Note
        fields = [
            "id", "candidate", "author", "body", "visibility", "project", "mentions", "created_at", "edited_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_author(self, note: Note) -> str | None:
        """The author's name; null when they are gone."""
        return str(note.author) if note.author else None

    @extend_schema_field(serializers.ListField(child=serializers.IntegerField()))
    def get_mentions(self, note: Note) -> list[int]:
        """Ids of the members named in it."""
        return [mention.user_id for mention in note.mentions.all()]


class NoteInSerializer(serializers.Serializer[Any]):
    """A note to write."""

    body = serializers.CharField(trim_whitespace=True)
    visibility = serializers.ChoiceField(choices=NoteVisibility.choices, default=NoteVisibility.ORGANISATION)
    project = serializers.IntegerField(required=False, allow_null=True, default=None)


class Notes(APIView):
    """``/api/v1/candidates/<id>/notes/``: notes the caller may read, and new ones."""

    rights = {"GET": Right.CANDIDATE_VIEW, "POST": Right.CANDIDATE_EDIT}
    keyset_order = ("-created_at", "-id")

    @extend_schema(operation_id="notes_list", responses=NoteSerializer(many=True))
    def get(self, request: Request, candidate_id: int) -> Response:
        """A page of notes, the newest first."""
        found = selectors.candidate_for(caller(request), candidate_id)
        return paged(notes.visible_notes(caller(request), found), NoteSerializer, request=request, view=self)

    @extend_schema(operation_id="notes_create", request=NoteInSerializer, responses={201: NoteSerializer})
    def post(self, request: Request, candidate_id: int) -> Response:
        """Write one; "@" and a member's name tells that member."""
        found = selectors.candidate_for(caller(request), candidate_id)
        note = notes.write(candidate=found, actor=caller(request), **_note(request))
        return Response(NoteSerializer(note).data, status=status.HTTP_201_CREATED)


class OneNote(APIView):
    """``/api/v1/notes/<id>/``: read; the author changes and removes."""

    rights = {"GET": Right.CANDIDATE_VIEW, "PUT": Right.CANDIDATE_EDIT, "DELETE": Right.CANDIDATE_EDIT}

    @extend_schema(operation_id="notes_read", responses=NoteSerializer)
    @tagged
    def get(self, request: Request, note_id: int) -> Response:
        """One note."""
        return Response(narrowed(NoteSerializer(notes.note_for(caller(request), note_id)), request))

    @extend_schema(operation_id="notes_change", request=NoteInSerializer, responses=NoteSerializer)
    @guarded(row_of(Note, "note_id"))
    def put(self, request: Request, note_id: int) -> Response:
        """Write it anew."""
        note = notes.note_for(caller(request), note_id)
        return Response(NoteSerializer(notes.change(note=note, actor=caller(request), **_note(request))).data)

    @extend_schema(operation_id="notes_remove", responses={204: OpenApiResponse()})
    def delete(self, request: Request, note_id: int) -> Response:
        """Take it away."""
        notes.remove(note=notes.note_for(caller(request), note_id), actor=caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _note(request: Request) -> dict[str, Any]:
    asked = checked(NoteInSerializer(data=request.data))
    project_id = asked["project"]
    asked["project"] = selectors.project_for(caller(request), project_id) if project_id else None
    return asked
