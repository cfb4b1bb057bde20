"""The API of one person's parts: contact points, notes, positions and schools, other values, custom fields."""

from __future__ import annotations

from typing import Any, cast

from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.permissions import Right
from foundation.paging import KeysetPagination
from foundation.problems import Invalid
from sourcing import defining_fields, history, notes, people, selectors, values
from sourcing.api.serializers import CandidateSerializer, ContactPointSerializer
from sourcing.models import (
    ContactKind,
    ContactType,
    CustomField,
    FieldKind,
    Note,
    NoteVisibility,
    OtherValue,
)


def _caller(request: Request) -> User:
    return cast("User", request.user)


def _checked(serializer: serializers.Serializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


class ContactPointInSerializer(serializers.Serializer[Any]):
    """An address or number to add by hand: it belongs to the caller alone."""

    kind = serializers.ChoiceField(choices=ContactKind.choices)
    type = serializers.ChoiceField(choices=ContactType.choices, default=ContactType.OTHER)
    value = serializers.CharField(max_length=320)


class ContactPointChangeSerializer(serializers.Serializer[Any]):
    """What may be said about an address or number."""

    status = serializers.ChoiceField(choices=[choice.value for choice in people.BY_HAND], required=False)
    pinned = serializers.BooleanField(required=False)


class ContactPoints(APIView):
    """``/api/v1/candidates/<id>/contact-points/``: what the caller may see, and new ones of their own."""

    rights = {"GET": Right.CANDIDATE_VIEW, "POST": Right.CANDIDATE_EDIT}
    keyset_order = ("position", "id")

    @extend_schema(operation_id="contact_points_list", responses=ContactPointSerializer(many=True))
    def get(self, request: Request, candidate_id: int) -> Response:
        """A page in order of relevance."""
        found = selectors.candidate_for(_caller(request), candidate_id)
        paging = KeysetPagination()
        rows = selectors.contact_points(viewer=_caller(request), candidate=found)
        page = paging.paginate_queryset(rows, request, self)
        return paging.get_paginated_response(ContactPointSerializer(page, many=True).data)

    @extend_schema(
        operation_id="contact_points_create",
        request=ContactPointInSerializer,
        responses={201: ContactPointSerializer},
    )
    def post(self, request: Request, candidate_id: int) -> Response:
        """Add one by hand, private to the caller (seed 002)."""
        found = selectors.candidate_for(_caller(request), candidate_id)
        asked = _checked(ContactPointInSerializer(data=request.data))
        add = people.add_email if asked.pop("kind") == ContactKind.EMAIL else people.add_phone
        point = add(candidate=found, actor=_caller(request), **asked)
        return Response(ContactPointSerializer(point).data, status=status.HTTP_201_CREATED)


class OneContactPoint(APIView):
    """``/api/v1/contact-points/<id>/``: state and pin of one, and removing one's own."""

    rights = {"PATCH": Right.CANDIDATE_EDIT, "DELETE": Right.CANDIDATE_EDIT}

    @extend_schema(
        operation_id="contact_points_change",
        request=ContactPointChangeSerializer,
        responses=ContactPointSerializer,
    )
    def patch(self, request: Request, contact_point_id: int) -> Response:
        """Verified, invalid or unknown; *Use this address first in messaging campaign*."""
        caller = _caller(request)
        point = selectors.contact_point_for(caller, contact_point_id)
        asked = _checked(ContactPointChangeSerializer(data=request.data))
        if "status" in asked:
            people.set_status(contact_point=point, actor=caller, status=asked["status"])
        if "pinned" in asked:
            (people.pin if asked["pinned"] else people.unpin)(contact_point=point, actor=caller)
        return Response(ContactPointSerializer(point).data)

    @extend_schema(operation_id="contact_points_remove", responses={204: OpenApiResponse()})
    def delete(self, request: Request, contact_point_id: int) -> Response:
        """Take away what the caller added by hand."""
        point = selectors.contact_point_for(_caller(request), contact_point_id)
        people.remove_contact_point(contact_point=point, actor=_caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


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
        found = selectors.candidate_for(_caller(request), candidate_id)
        paging = KeysetPagination()
        page = paging.paginate_queryset(notes.visible_notes(_caller(request), found), request, self)
        return paging.get_paginated_response(NoteSerializer(page, many=True).data)

    @extend_schema(operation_id="notes_create", request=NoteInSerializer, responses={201: NoteSerializer})
    def post(self, request: Request, candidate_id: int) -> Response:
        """Write one; "@" and a member's name tells that member."""
        found = selectors.candidate_for(_caller(request), candidate_id)
        note = notes.write(candidate=found, actor=_caller(request), **_note(request))
        return Response(NoteSerializer(note).data, status=status.HTTP_201_CREATED)


class OneNote(APIView):
    """``/api/v1/notes/<id>/``: read; the author changes and removes."""

    rights = {"GET": Right.CANDIDATE_VIEW, "PUT": Right.CANDIDATE_EDIT, "DELETE": Right.CANDIDATE_EDIT}

    @extend_schema(operation_id="notes_read", responses=NoteSerializer)
    def get(self, request: Request, note_id: int) -> Response:
        """One note."""
        return Response(NoteSerializer(notes.note_for(_caller(request), note_id)).data)

    @extend_schema(operation_id="notes_change", request=NoteInSerializer, responses=NoteSerializer)
    def put(self, request: Request, note_id: int) -> Response:
        """Write it anew."""
        note = notes.note_for(_caller(request), note_id)
        return Response(
            NoteSerializer(notes.change(note=note, actor=_caller(request), **_note(request))).data
        )

    @extend_schema(operation_id="notes_remove", responses={204: OpenApiResponse()})
    def delete(self, request: Request, note_id: int) -> Response:
        """Take it away."""
        notes.remove(note=notes.note_for(_caller(request), note_id), actor=_caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _note(request: Request) -> dict[str, Any]:
    asked = _checked(NoteInSerializer(data=request.data))
    project_id = asked["project"]
    asked["project"] = selectors.project_for(_caller(request), project_id) if project_id else None
    return asked


class HistorySerializer(serializers.Serializer[Any]):
    """A position (title, company, location, description) or a school (school, degree, field), with its dates.

    ``seen`` is the word a read gave for the row; a change sends it back.
    """

    id = serializers.IntegerField(read_only=True)
    title = serializers.CharField(max_length=300, required=False, allow_blank=True)
    company = serializers.CharField(max_length=300, required=False, allow_blank=True)
    location = serializers.CharField(max_length=300, required=False, allow_blank=True)
    description = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    school = serializers.CharField(max_length=300, required=False, allow_blank=True)
    degree = serializers.CharField(max_length=300, required=False, allow_blank=True)
    field = serializers.CharField(max_length=300, required=False, allow_blank=True)
    started = serializers.CharField(max_length=10, required=False, allow_blank=True)
    ended = serializers.CharField(max_length=10, required=False, allow_blank=True)
    seen = serializers.CharField(max_length=16, required=False)


def _row(row: history.Row) -> dict[str, Any]:
    content = history.content(row)
    return {"id": row.pk, **content, "seen": values.mark(content)}


class History(APIView):
    """``/api/v1/candidates/<id>/history/<experience|education>/``: the rows in order, and new ones on top."""

    rights = {"GET": Right.CANDIDATE_VIEW, "POST": Right.CANDIDATE_EDIT}

    @extend_schema(operation_id="history_list", responses=HistorySerializer(many=True))
    def get(self, request: Request, candidate_id: int, kind: str) -> Response:
        """All of them; a person has 200 at most."""
        found = selectors.candidate_for(_caller(request), candidate_id)
        return Response({"results": [_row(row) for row in history.rows_of(found, kind)]})

    @extend_schema(
        operation_id="history_create", request=HistorySerializer, responses={201: HistorySerializer}
    )
    def post(self, request: Request, candidate_id: int, kind: str) -> Response:
        """Add one."""
        found = selectors.candidate_for(_caller(request), candidate_id)
        entry = _checked(HistorySerializer(data=request.data))
        row = history.add(candidate=found, actor=_caller(request), kind=kind, entry=entry)
        return Response(_row(row), status=status.HTTP_201_CREATED)


class HistoryRow(APIView):
    """``/api/v1/candidates/<id>/history/<experience|education>/<row>/``: change or remove one."""

    rights = {"PUT": Right.CANDIDATE_EDIT, "DELETE": Right.CANDIDATE_EDIT}

    @extend_schema(operation_id="history_change", request=HistorySerializer, responses=HistorySerializer)
    def put(self, request: Request, candidate_id: int, kind: str, row_id: int) -> Response:
        """Other words; 409 with both when it changed since ``seen``."""
        found = selectors.candidate_for(_caller(request), candidate_id)
        history.row_for(found, kind, row_id)
        entry = _checked(HistorySerializer(data=request.data))
        if "seen" not in entry:
            raise Invalid(fields={"seen": "Send back the word a read gave."})
        row = history.change(
            candidate=found, actor=_caller(request), kind=kind, row_id=row_id, entry=entry, seen=entry["seen"]
        )
        return Response(_row(row))

    @extend_schema(operation_id="history_remove", responses={204: OpenApiResponse()})
    def delete(self, request: Request, candidate_id: int, kind: str, row_id: int) -> Response:
        """Take it away."""
        found = selectors.candidate_for(_caller(request), candidate_id)
        history.remove(candidate=found, actor=_caller(request), kind=kind, row_id=row_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class OtherValueSerializer(serializers.ModelSerializer[OtherValue]):
    """A value that stood back behind a better one."""

    class Meta:
        model = OtherValue
        fields = ["id", "field", "value", "source", "origin", "seen_at"]
        read_only_fields = fields


class OtherValues(APIView):
    """``/api/v1/candidates/<id>/values/``: what else is said about the person."""

    right = Right.CANDIDATE_VIEW

    @extend_schema(operation_id="values_list", responses=OtherValueSerializer(many=True))
    def get(self, request: Request, candidate_id: int) -> Response:
        """A page, the last noted first."""
        found = selectors.candidate_for(_caller(request), candidate_id)
        paging = KeysetPagination()
        rows = OtherValue.objects.for_organisation(found.organisation_id).filter(candidate=found)
        page = paging.paginate_queryset(rows, request, self)
        return paging.get_paginated_response(OtherValueSerializer(page, many=True).data)


class UseValue(APIView):
    """``/api/v1/values/<id>/use/``: *Use this instead*."""

    right = Right.CANDIDATE_EDIT

    @extend_schema(operation_id="values_use", request=None, responses=CandidateSerializer)
    def post(self, request: Request, value_id: int) -> Response:
        """Show it; what it replaces stands back."""
        other = selectors.other_value_for(_caller(request), value_id)
        changed = people.use_value(other=other, actor=_caller(request))
        return Response(CandidateSerializer(changed, context={"request": request}).data)


class CustomFieldSerializer(serializers.ModelSerializer[CustomField]):
    """A field of the organisation."""

    class Meta:
        model = CustomField
        fields = ["id", "key", "label", "kind", "choices", "position", "archived_at"]
        read_only_fields = fields


class CustomFieldInSerializer(serializers.Serializer[Any]):
    """A field to define."""

    label = serializers.CharField(max_length=80)  # type: ignore[assignment]  # a field of that name, not DRF's own attribute
    kind = serializers.ChoiceField(choices=FieldKind.choices)
    choices = serializers.ListField(
        child=serializers.CharField(max_length=100), required=False, default=list, max_length=200
    )


class CustomFieldChangeSerializer(serializers.Serializer[Any]):
    """What may change of a field."""

    label = serializers.CharField(max_length=80, required=False)  # type: ignore[assignment]  # as above
    choices = serializers.ListField(
        child=serializers.CharField(max_length=100), required=False, max_length=200
    )
    archived = serializers.BooleanField(required=False)
    move = serializers.IntegerField(required=False, min_value=-100, max_value=100)


class CustomFields(APIView):
    """``/api/v1/custom-fields/``: the organisation's fields, archived ones included, and new ones."""

    rights = {"GET": Right.CANDIDATE_VIEW, "POST": Right.ORGANISATION_EDIT}

    @extend_schema(operation_id="custom_fields_list", responses=CustomFieldSerializer(many=True))
    def get(self, request: Request) -> Response:
        """All of them in order; there are 100 at most."""
        caller = _caller(request)
        rows = [*defining_fields.fields_of(caller), *defining_fields.fields_of(caller, archived=True)]
        return Response({"results": CustomFieldSerializer(rows, many=True).data})

    @extend_schema(
        operation_id="custom_fields_create",
        request=CustomFieldInSerializer,
        responses={201: CustomFieldSerializer},
    )
    def post(self, request: Request) -> Response:
        """Define one; its key is made from the label."""
        caller = _caller(request)
        assert caller.organisation is not None
        asked = _checked(CustomFieldInSerializer(data=request.data))
        field = defining_fields.add(organisation=caller.organisation, actor=caller, **asked)
        return Response(CustomFieldSerializer(field).data, status=status.HTTP_201_CREATED)


class OneCustomField(APIView):
    """``/api/v1/custom-fields/<id>/``: rename, change choices, archive, bring back, move."""

    rights = {"PATCH": Right.ORGANISATION_EDIT}

    @extend_schema(
        operation_id="custom_fields_change",
        request=CustomFieldChangeSerializer,
        responses=CustomFieldSerializer,
    )
    def patch(self, request: Request, field_id: int) -> Response:
        """Each key that is sent is done."""
        caller = _caller(request)
        field = defining_fields.field_for(caller, field_id)
        asked = _checked(CustomFieldChangeSerializer(data=request.data))
        if "label" in asked or "choices" in asked:
            label = asked.get("label", field.label)
            defining_fields.change(field=field, actor=caller, label=label, choices=asked.get("choices"))
        if "archived" in asked:
            act = defining_fields.archive if asked["archived"] else defining_fields.bring_back
            act(field=field, actor=caller)
        if "move" in asked:
            defining_fields.move(field=field, actor=caller, by=asked["move"])
        return Response(CustomFieldSerializer(defining_fields.field_for(caller, field_id)).data)
