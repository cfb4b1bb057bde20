"""The API of a person's files: list, upload, download, delete."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right
from foundation.paging import paged
from foundation.problems import Invalid
from sourcing import files, selectors
from sourcing.api.requests import caller
from sourcing.models import PersonFile
from sourcing.resumes import intake


class FileSerializer(serializers.ModelSerializer[PersonFile]):
    """One file; ``state`` says what became of reading it, ``sentence`` says so in words."""

    sentence = serializers.CharField(read_only=True)
    uploaded_by = serializers.SerializerMethodField()

    class Meta:
        model = PersonFile
        fields = [
            "id", "candidate", "name", "size", "sha256", "content_type", "kind", "state", "sentence", "uploaded_by",
            "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_uploaded_by(self, file: PersonFile) -> str | None:
        """The name of who uploaded it; null when they are gone."""
        return str(file.uploaded_by) if file.uploaded_by else None


class FileInSerializer(serializers.Serializer[Any]):
    """A file to keep, as ``multipart/form-data``."""

    file = serializers.FileField()


class Files(APIView):
    """``/api/v1/candidates/<id>/files/``: the person's files, and new ones."""

    rights = {"GET": Right.CANDIDATE_VIEW, "POST": Right.CANDIDATE_EDIT}
    parser_classes = [MultiPartParser]
    keyset_order = ("-created_at", "-id")

    @extend_schema(operation_id="files_list", responses=FileSerializer(many=True))
    def get(self, request: Request, candidate_id: int) -> Response:
        """A page of files, the newest first."""
        found = selectors.candidate_for(caller(request), candidate_id)
        return paged(files.files_of(caller(request), found), FileSerializer, request=request, view=self)

    @extend_schema(
        operation_id="files_create",
        request=FileInSerializer,
        responses={200: FileSerializer, 201: FileSerializer},
    )
    def post(self, request: Request, candidate_id: int) -> Response:
        """Keep a file; it is read in the background. 200 with the file that is there for bytes the person has."""
        viewer = caller(request)
        found = selectors.candidate_for(viewer, candidate_id)
        asked = FileInSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        run = intake.upload(actor=viewer, uploads=[asked.validated_data["file"]], candidate=found)
        if run.params["refused"]:
            raise Invalid(fields={"file": run.params["refused"][0]})
        again = run.params["repeated"]
        file = files.file_for(viewer, again[0]["file_id"]) if again else intake.files_of(run).get()
        return Response(
            FileSerializer(file).data, status=status.HTTP_200_OK if again else status.HTTP_201_CREATED
        )


class OneFile(APIView):
    """``/api/v1/files/<id>/``: the bytes of one file, and deleting it."""

    rights = {"GET": Right.CANDIDATE_VIEW, "DELETE": Right.CANDIDATE_EDIT}

    @extend_schema(
        operation_id="files_download",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, file_id: int) -> FileResponse:
        """The file as an attachment."""
        return files.download(files.file_for(caller(request), file_id))

    @extend_schema(operation_id="files_remove", responses={204: OpenApiResponse()})
    def delete(self, request: Request, file_id: int) -> Response:
        """Delete the file and the text read from it."""
        viewer = caller(request)
        files.remove(file=files.file_for(viewer, file_id), actor=viewer)
        return Response(status=status.HTTP_204_NO_CONTENT)
