"""The API of imports: upload a file, see where it stands and what it would do, start it, take it back."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right
from foundation.paging import paged
from foundation.preconditions import guarded, row_of, tagged
from foundation.sparse_fields import narrowed
from sourcing import selectors
from sourcing.api.requests import caller
from sourcing.importing import checking, source, staging, undoing, uploading
from sourcing.importing.reading import DELIMITERS
from sourcing.models import ImportRun

#: What makes a file be read anew.
READING = frozenset({"encoding", "delimiter", "sheet", "has_header"})


class UploadSerializer(serializers.Serializer[Any]):
    """A file, CSV or .xlsx, and the project its people go to."""

    file = serializers.FileField()
    project = serializers.IntegerField(required=False, allow_null=True, min_value=1)


class SettingsSerializer(serializers.Serializer[Any]):
    """How the file is read. What is left out stays as it was guessed or set before; the first four make the file be
    read anew, and the mapping be guessed again where none is sent."""

    encoding = serializers.CharField(max_length=40, required=False, help_text="Of a CSV.")
    delimiter = serializers.ChoiceField(choices=list(DELIMITERS), required=False, help_text="Of a CSV.")
    sheet = serializers.CharField(
        max_length=100, required=False, help_text="Of a workbook: one of its ``sheets``."
    )
    has_header = serializers.BooleanField(required=False)

    mapping = serializers.DictField(
        child=serializers.CharField(max_length=60, allow_blank=True),
        required=False,
        help_text="Number of the column, from 0 → field.",
    )
    policies = serializers.DictField(
        child=serializers.CharField(max_length=20),
        required=False,
        help_text="Field → blank, overwrite, keep, add.",
    )
    source = serializers.CharField(max_length=200, required=False)  # type: ignore[assignment]  # a field of that name, not DRF's own attribute
    project = serializers.IntegerField(required=False, allow_null=True, min_value=1)
    tags = serializers.ListField(child=serializers.CharField(max_length=100), required=False, max_length=20)


class ImportSerializer(serializers.ModelSerializer[ImportRun]):
    """One file. ``state`` is ``waiting`` until it is started, then the status of its run; counts are data rows."""

    sheets = serializers.ListField(child=serializers.CharField(), read_only=True)
    state = serializers.SerializerMethodField()
    undo_state = serializers.SerializerMethodField()
    progress = serializers.SerializerMethodField()
    checked = serializers.SerializerMethodField()
    header = serializers.SerializerMethodField()

    class Meta:
        model = ImportRun
        fields = [
            "id", "file_name", "format", "sheets", "sheet", "encoding", "delimiter", "has_header", "header", "mapping",
            "policies", "source", "project", "tags", "state", "progress", "checked", "rows", "imported", "updated",
            "rejected", "undo_state", "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_state(self, found: ImportRun) -> str:
        """Where it stands."""
        return found.run.status if found.run is not None else "waiting"

    def get_undo_state(self, found: ImportRun) -> str | None:
        """Where its undoing stands, if it was asked for."""
        return found.undo_run.status if found.undo_run is not None else None

    def get_progress(self, found: ImportRun) -> dict[str, Any] | None:
        """What is being done now: ``{"done", "total", "note"}``."""
        live = [
            run for run in (found.undo_run, found.run, found.check_run) if run is not None and not run.ended
        ]
        return {"done": live[0].done, "total": live[0].total, "note": live[0].note} if live else None

    def get_checked(self, found: ImportRun) -> dict[str, int] | None:
        """What Import would do, once it is counted: ``{"fresh", "updated", "conflict"}``."""
        kinds = ("fresh", "updated", "conflict")
        if not found.checked or (found.check_run is not None and not found.check_run.ended):
            return None
        return {kind: found.checked.get(kind, 0) for kind in kinds}

    def get_header(self, found: ImportRun) -> list[str]:
        """The headers, before the import is started; afterwards nobody needs them."""
        return source.header_of(found) if found.run_id is None else []


class ImportInListSerializer(ImportSerializer):
    """As a list shows it: no file is opened for its headers."""

    header = None  # type: ignore[assignment]  # takes the field away

    class Meta(ImportSerializer.Meta):
        fields = [name for name in ImportSerializer.Meta.fields if name != "header"]
        read_only_fields = fields


def _answer(request: Request, import_id: int, *, code: int = status.HTTP_200_OK) -> Response:
    found = ImportSerializer(selectors.import_for(caller(request), import_id))
    return Response(narrowed(found, request), status=code)


class Imports(APIView):
    """``/api/v1/imports/``: the files there are, and uploading one."""

    rights = {"GET": Right.CANDIDATE_IMPORT, "POST": Right.CANDIDATE_IMPORT}
    parser_classes = (MultiPartParser,)
    keyset_order = ("-created_at", "-id")

    @extend_schema(operation_id="imports_list", responses=ImportInListSerializer(many=True))
    def get(self, request: Request) -> Response:
        """A page of the organisation's imports, the newest first; ``header`` is told of a single one."""
        found = selectors.visible_imports(caller(request))
        return paged(found, ImportInListSerializer, request=request, view=self)

    @extend_schema(operation_id="imports_create", request=UploadSerializer, responses={201: ImportSerializer})
    def post(self, request: Request) -> Response:
        """Store the file and guess how to read it. The same file gives the same import."""
        asked = UploadSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        project = asked.validated_data.get("project")
        made = uploading.upload(
            actor=caller(request),
            file=asked.validated_data["file"],
            project=selectors.project_for(caller(request), project) if project else None,
        )
        return _answer(request, made.pk, code=status.HTTP_201_CREATED)


class OneImport(APIView):
    """``/api/v1/imports/<id>/``: where it stands, how it is read, and forgetting it."""

    rights = {
        "GET": Right.CANDIDATE_IMPORT,
        "PATCH": Right.CANDIDATE_IMPORT,
        "DELETE": Right.CANDIDATE_IMPORT,
    }

    @extend_schema(operation_id="imports_read", responses=ImportSerializer)
    @tagged
    def get(self, request: Request, import_id: int) -> Response:
        """The import with its counts."""
        return _answer(request, import_id)

    @extend_schema(operation_id="imports_change", request=SettingsSerializer, responses=ImportSerializer)
    @guarded(row_of(ImportRun, "import_id"))
    def patch(self, request: Request, import_id: int) -> Response:
        """Say what the columns are, what happens to values that are there, where the people go, and how the file itself
        is read."""
        found = selectors.import_for(caller(request), import_id)
        asked = SettingsSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = asked.validated_data
        with transaction.atomic():
            if READING & set(values):
                found = uploading.describe_again(
                    found,
                    actor=caller(request),
                    **{name: values.get(name, getattr(found, name)) for name in READING},
                )
            if set(values) - READING:
                self._settle(request, found, values)
        return _answer(request, import_id)

    @extend_schema(operation_id="imports_discard", responses={204: OpenApiResponse()})
    def delete(self, request: Request, import_id: int) -> Response:
        """Forget an upload that was not imported, with its file. 409 ``import_begun`` for one that was."""
        found = selectors.import_for(caller(request), import_id)
        if not uploading.discard(import_run=found, actor=caller(request)):
            raise uploading.Begun("The import has begun already.")
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _settle(self, request: Request, found: ImportRun, values: dict[str, Any]) -> None:
        project = values.get("project", found.project_id)
        uploading.settle(
            found,
            _columns(values["mapping"]) if "mapping" in values else staging.field_mapping(found),
            actor=caller(request),
            source_name=values.get("source", found.source),
            project=selectors.project_for(caller(request), project) if project else None,
            chosen=values.get("policies", found.policies),
            tags=values.get("tags", found.tags),
        )


class ImportAction(APIView):
    """``/api/v1/imports/<id>/check/``, ``…/start/`` and ``…/undo/``: each starts a run; 409 when it cannot be."""

    right = Right.CANDIDATE_IMPORT
    action = ""

    @extend_schema(request=None, responses={202: ImportSerializer})
    def post(self, request: Request, import_id: int) -> Response:
        """Begin; the import's ``progress`` tells the rest."""
        viewer = caller(request)
        found = selectors.import_for(viewer, import_id)
        if self.action == "undo":
            undoing.start(import_run=found, actor=viewer, now=timezone.now())
        else:
            (uploading.start if self.action == "start" else checking.start)(import_run=found, actor=viewer)
        return _answer(request, import_id, code=status.HTTP_202_ACCEPTED)


def _columns(mapping: dict[str, str]) -> dict[int, str]:
    wrong = [index for index in mapping if not (index.isascii() and index.isdigit() and len(index) < 5)]
    if wrong:
        raise serializers.ValidationError({"mapping": "Columns are numbers from 0."})
    return {int(index): field for index, field in mapping.items()}
