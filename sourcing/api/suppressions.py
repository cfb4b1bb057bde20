"""The API of the suppression list."""

from __future__ import annotations

from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import generics, serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right
from foundation.sparse_fields import narrowed
from sourcing import suppression_list
from sourcing.api.requests import caller, checked
from sourcing.models import Suppression
from sourcing.views.suppression_file import download_for


class SuppressionSerializer(serializers.ModelSerializer[Suppression]):
    """One entry of the list. ``value`` is empty for an address, which is kept as a keyed hash."""

    stays = serializers.SerializerMethodField()

    class Meta:
        model = Suppression
        fields = (
            "id", "kind", "value", "candidate", "includes_past", "soft", "reason", "note", "stays", "created_at",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(OpenApiTypes.BOOL)
    def get_stays(self, entry: Suppression) -> bool:
        """A complaint or an erasure, which nobody takes back."""
        return suppression_list.stays(entry)


class SuppressionInSerializer(serializers.Serializer[Any]):
    """What to put on the list."""

    kind = serializers.ChoiceField(choices=[(kind.value, kind.label) for kind in suppression_list.ADDABLE])
    value = serializers.CharField(max_length=320)
    note = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    includes_past = serializers.BooleanField(required=False, default=False)
    soft = serializers.BooleanField(required=False, default=False)


class Suppressions(generics.GenericAPIView[Suppression]):
    """``/api/v1/suppressions/``: whom nothing is sent to."""

    rights = {"GET": Right.CAMPAIGN_VIEW, "POST": Right.CAMPAIGN_EDIT}
    serializer_class = SuppressionSerializer
    queryset = Suppression.unguarded.none()
    keyset_order = ("-created_at", "-id")

    @extend_schema(
        operation_id="suppressions_list",
        parameters=[
            OpenApiParameter("q", str, description="Part of a domain, company or name, or a whole address."),
            OpenApiParameter("kind", str, enum=["person", "address", "domain", "company"]),
        ],
        responses=SuppressionSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """The newest first."""
        asked = request.query_params
        found = suppression_list.entries(caller(request), text=asked.get("q", ""), kind=asked.get("kind", ""))
        rows = self.paginate_queryset(found)
        return self.get_paginated_response(narrowed(SuppressionSerializer(rows, many=True), request))

    @extend_schema(
        operation_id="suppressions_create",
        request=SuppressionInSerializer,
        responses={201: SuppressionSerializer},
    )
    def post(self, request: Request) -> Response:
        """An address, a domain or a company; people through ``unsubscribe``."""
        values = checked(SuppressionInSerializer(data=request.data))
        made = suppression_list.add(actor=caller(request), **values)
        return Response(SuppressionSerializer(made).data, status=status.HTTP_201_CREATED)


class OneSuppression(APIView):
    """``/api/v1/suppressions/<id>/``: take an entry off."""

    right = Right.ORGANISATION_EDIT

    @extend_schema(
        operation_id="suppressions_remove",
        parameters=[OpenApiParameter("why", str, required=True, description="Kept with your name.")],
        responses={204: None},
    )
    def delete(self, request: Request, entry_id: int) -> Response:
        """422 without ``why``, 409 for a complaint or an erasure."""
        entry = suppression_list.entry_for(caller(request), entry_id)
        suppression_list.remove(actor=caller(request), entry=entry, why=request.query_params.get("why", ""))
        return Response(status=status.HTTP_204_NO_CONTENT)


class ListFileSerializer(serializers.Serializer[Any]):
    """A CSV in UTF-8, as ``multipart/form-data``."""

    file = serializers.FileField(
        help_text="One address, domain or company a line, or a header of kind, value, past, warn, note. 10 MB at most."
    )


class RefusedLineSerializer(serializers.Serializer[Any]):
    """A line that was left out."""

    line = serializers.IntegerField()
    reason = serializers.CharField()


class LoadedListSerializer(serializers.Serializer[Any]):
    """What a file came to."""

    added = serializers.IntegerField()
    already = serializers.IntegerField(help_text="Lines that were on the list, or twice in the file.")
    refused_count = serializers.IntegerField()
    refused = RefusedLineSerializer(many=True, help_text="The first hundred.")


class SuppressionFile(APIView):
    """``/api/v1/suppressions/file/``: the list as a file."""

    rights = {"GET": Right.ORGANISATION_EDIT, "POST": Right.CAMPAIGN_EDIT}
    parser_classes = [MultiPartParser]

    @extend_schema(operation_id="suppressions_download", responses={(200, "text/csv"): OpenApiTypes.BINARY})
    def get(self, request: Request) -> StreamingHttpResponse:
        """All of it as CSV, which can be loaded again; addresses are named by their keyed hash."""
        return download_for(caller(request))

    @extend_schema(
        operation_id="suppressions_load", request=ListFileSerializer, responses={200: LoadedListSerializer}
    )
    def post(self, request: Request) -> Response:
        """Put every line of a CSV on the list; a line that is neither address, domain nor company is told."""
        data = checked(ListFileSerializer(data=request.data))["file"].read()
        loaded = suppression_list.load(actor=caller(request), data=data)
        told = {
            "added": loaded.added,
            "already": loaded.already,
            "refused_count": loaded.refused_count,
            "refused": [{"line": line, "reason": reason} for line, reason in loaded.refused],
        }
        return Response(LoadedListSerializer(told).data)
