"""The API of what a file came to: its rows that made no person of their own, and whom *Undo* left as they are."""

from __future__ import annotations

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right
from foundation.paging import paged
from foundation.problems import Invalid
from sourcing import selectors
from sourcing.api.requests import caller
from sourcing.importing import undoing
from sourcing.models import ImportChange, ImportNote, NoteKind
from sourcing.views.imports import refused_file


class ImportNoteSerializer(serializers.ModelSerializer[ImportNote]):
    """One data row: refused, joined to an earlier line, or taken with something left out. ``raw`` are its cells."""

    raw = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = ImportNote
        fields = ["id", "line", "kind", "reason_code", "reason", "raw"]
        read_only_fields = fields


class ImportKeptSerializer(serializers.ModelSerializer[ImportChange]):
    """Somebody whom *Undo* left as they are."""

    kept = serializers.ListField(
        child=serializers.CharField(),
        read_only=True,
        help_text="Why: ``used``, ``address``, ``profile``, ``positions``, ``schools``, ``project``, or a field that"
        " was changed since.",
    )

    class Meta:
        model = ImportChange
        fields = ["id", "candidate", "kept"]
        read_only_fields = fields


class ImportNotes(APIView):
    """``/api/v1/imports/<id>/notes/``: what must be known about single rows."""

    rights = {"GET": Right.CANDIDATE_IMPORT}
    keyset_order = ("line", "id")

    @extend_schema(
        operation_id="imports_notes",
        parameters=[OpenApiParameter("kind", str, enum=NoteKind.values, description="Only these.")],
        responses=ImportNoteSerializer(many=True),
    )
    def get(self, request: Request, import_id: int) -> Response:
        """A page of rows in the order of the file."""
        found = selectors.import_for(caller(request), import_id)
        kind = request.query_params.get("kind", "")
        if kind and kind not in NoteKind.values:
            raise Invalid(fields={"kind": "refused, joined or noted."})
        rows = selectors.import_notes(found, kind=kind)
        return paged(rows, ImportNoteSerializer, request=request, view=self)


class ImportRefused(APIView):
    """``/api/v1/imports/<id>/refused/``: the rows that made no person of their own, as a file."""

    right = Right.CANDIDATE_IMPORT

    @extend_schema(operation_id="imports_refused", responses={(200, "text/csv"): OpenApiTypes.BINARY})
    def get(self, request: Request, import_id: int) -> StreamingHttpResponse:
        """CSV with line number, reason and the cells as they were read, to be corrected and uploaded again."""
        return refused_file(selectors.import_for(caller(request), import_id))


class ImportKept(APIView):
    """``/api/v1/imports/<id>/kept/``: whom *Undo* left as they are, and why."""

    rights = {"GET": Right.CANDIDATE_IMPORT}
    keyset_order = ("id",)

    @extend_schema(operation_id="imports_kept", responses=ImportKeptSerializer(many=True))
    def get(self, request: Request, import_id: int) -> Response:
        """A page of people; nobody before the undoing has ended."""
        rows = undoing.left_as_they_are(selectors.import_for(caller(request), import_id))
        return paged(rows, ImportKeptSerializer, request=request, view=self)
