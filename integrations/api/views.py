"""/api/v1/connections (read), /api/v1/exports (start, read): the same functions as the pages."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Feature, Right, require_feature, viewer_of
from foundation.sparse_fields import SparseFields
from integrations import exporting, selectors, undoing
from integrations.api.serializers import (
    ConnectionSerializer,
    ExportItemSerializer,
    ExportRequestSerializer,
    ExportSerializer,
)
from integrations.models import Connection, Export, ExportItem, ExportMode
from sourcing.selectors import project_for


class WithFeature(SparseFields, generics.GenericAPIView):
    """403 for an organisation whose plan or switch leaves integrations out."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """After login and right, the plan."""
        super().initial(request, *args, **kwargs)
        require_feature(viewer_of(request).organisation, Feature.INTEGRATIONS)


class ConnectionList(WithFeature, generics.ListAPIView):
    """The organisation's connections."""

    right = Right.CONNECTION_VIEW
    serializer_class = ConnectionSerializer
    queryset = Connection.unguarded.none()

    def get_queryset(self) -> QuerySet[Connection]:
        """Those that are not removed."""
        return selectors.connections(viewer_of(self.request))


class ConnectionDetail(WithFeature, generics.RetrieveAPIView):
    """One connection."""

    right = Right.CONNECTION_VIEW
    serializer_class = ConnectionSerializer
    queryset = Connection.unguarded.none()

    def get_object(self) -> Connection:
        """404 for another organisation's."""
        return selectors.connection_for(viewer_of(self.request), self.kwargs["pk"])


class ExportList(WithFeature, generics.ListAPIView):
    """Exports, the newest first; POST starts one and answers 202."""

    rights = {"GET": Right.PROJECT_VIEW, "POST": Right.CANDIDATE_EXPORT}
    serializer_class = ExportSerializer
    queryset = Export.unguarded.none()

    def get_queryset(self) -> QuerySet[Export]:
        """The organisation's."""
        return selectors.exports(viewer_of(self.request))

    @extend_schema(request=ExportRequestSerializer, responses={202: ExportSerializer})
    def post(self, request: Request) -> Response:
        """Start an export. The same ``request_key`` again answers with the first one."""
        asked = ExportRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = asked.validated_data
        project = project_for(viewer_of(request), values["project"]) if "project" in values else None
        export = exporting.start(
            actor=viewer_of(request),
            connection=selectors.connection_for(viewer_of(request), values["connection"]),
            mode=ExportMode(values["mode"]),
            target_id=values["target_id"],
            request_key=values.get("request_key") or uuid.uuid4(),
            project=project,
            candidate_ids=values.get("candidates"),
            include_exported=values["include_exported"],
            dummy_addresses=values["dummy_addresses"],
            dry_run=values["dry_run"],
        )
        return Response(ExportSerializer(export).data, status=status.HTTP_202_ACCEPTED)


class ExportDetail(WithFeature, generics.RetrieveAPIView):
    """One export."""

    right = Right.PROJECT_VIEW
    serializer_class = ExportSerializer
    queryset = Export.unguarded.none()

    def get_object(self) -> Export:
        """404 for another organisation's."""
        return selectors.export_for(viewer_of(self.request), self.kwargs["pk"])


class ExportUndo(WithFeature, generics.GenericAPIView):
    """POST takes back what an export wrote: records it made and nobody changed, values that are still ours."""

    right = Right.CANDIDATE_EXPORT
    queryset = Export.unguarded.none()

    @extend_schema(request=None, responses={202: ExportSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """202 with the export; 409 when there is nothing to take back."""
        export = selectors.export_for(viewer_of(request), pk)
        undoing.start(actor=viewer_of(request), export=export)
        return Response(ExportSerializer(export).data, status=status.HTTP_202_ACCEPTED)


class ExportItemList(WithFeature, generics.ListAPIView):
    """What became of each person of one export."""

    right = Right.PROJECT_VIEW
    serializer_class = ExportItemSerializer
    queryset = ExportItem.unguarded.none()
    keyset_order = ("id",)

    def get_queryset(self) -> QuerySet[ExportItem]:
        """404 for another organisation's export."""
        return selectors.export_items(
            viewer_of(self.request), selectors.export_for(viewer_of(self.request), self.kwargs["pk"])
        )
