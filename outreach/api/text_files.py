"""Pictures and attachments of texts over the API: uploaded, listed, read."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right, viewer_of
from foundation.paging import paged
from foundation.sparse_fields import narrowed
from outreach import files
from outreach.models import ContentFile


class TextFileSerializer(serializers.ModelSerializer[ContentFile]):
    """A picture or an attachment of a text. What it is, is told by its bytes, which never change."""

    src = serializers.SerializerMethodField(
        help_text="What ``src`` of an ``<img>`` in ``body_html`` names; empty for what is no picture."
    )

    class Meta:
        model = ContentFile
        fields = ("id", "name", "size", "sha256", "content_type", "src", "created_at")
        read_only_fields = fields

    def get_src(self, file: ContentFile) -> str:
        """On the wire it becomes a part of the mail."""
        return files.source_of(file)


class TextFileInSerializer(serializers.Serializer[Any]):
    """A file to keep, as ``multipart/form-data``."""

    file = serializers.FileField()
    picture = serializers.BooleanField(
        default=False, help_text="To be shown in a text: PNG, JPEG, GIF or WebP, of a smaller limit."
    )


class TextFileList(APIView):
    """``/api/v1/text-files/``: what the caller has uploaded, and more."""

    rights = {"GET": Right.CAMPAIGN_VIEW, "POST": Right.CAMPAIGN_EDIT}
    parser_classes = [MultiPartParser]
    keyset_order = ("-id",)

    @extend_schema(operation_id="text_files_list", responses=TextFileSerializer(many=True))
    def get(self, request: Request) -> Response:
        """A page of the caller's own, the newest first. What stands in no text is deleted after some days."""
        rows = files.uploaded_by(viewer_of(request))
        return paged(rows, TextFileSerializer, request=request, view=self)

    @extend_schema(
        operation_id="text_files_create", request=TextFileInSerializer, responses={201: TextFileSerializer}
    )
    def post(self, request: Request) -> Response:
        """Keep a file, to be named by ``attachments`` or shown by ``body_html``; the same bytes under the same name
        give the file that is there. 422 ``file_refused`` for one that is empty, too large or a program."""
        asked = TextFileInSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        kept = files.keep(actor=viewer_of(request), upload=said["file"], picture=said["picture"])
        return Response(TextFileSerializer(kept).data, status=status.HTTP_201_CREATED)


class TextFileDetail(APIView):
    """``/api/v1/text-files/<id>/``: one file that the caller may read."""

    right = Right.CAMPAIGN_VIEW

    @extend_schema(operation_id="text_files_read", responses=TextFileSerializer)
    def get(self, request: Request, content_file_id: int) -> Response:
        """Name, size and kind; also of a colleague's that stands in a message, a team template or a visible step."""
        found = files.file_for(viewer_of(request), content_file_id)
        return Response(narrowed(TextFileSerializer(found), request))


class TextFileContent(APIView):
    """``/api/v1/text-files/<id>/content/``: its bytes."""

    right = Right.CAMPAIGN_VIEW

    @extend_schema(
        operation_id="text_files_download", responses={(200, "application/octet-stream"): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, content_file_id: int) -> FileResponse:
        """A picture as what it is, anything else as an attachment."""
        return files.download(files.file_for(viewer_of(request), content_file_id))
