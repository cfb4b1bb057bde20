"""/api/v1/connections (begin, read, change, remove), /api/v1/exports (start, read): the same functions as the pages."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import Feature, Right, require_feature, viewer_of
from foundation.preconditions import guarded, row_of, tagged
from foundation.sparse_fields import SparseFields
from integrations import connections, exporting, selectors, undoing
from integrations.api.connecting_serializers import ConnectionChangeSerializer, ConnectSerializer
from integrations.api.serializers import (
    ConnectionSerializer,
    ExportItemSerializer,
    ExportRequestSerializer,
    ExportScopeSerializer,
    ExportSerializer,
    RemoteRecordSerializer,
)
from integrations.models import Connection, Export, ExportItem, ExportMode, RemoteLink
from sourcing.models import Project
from sourcing.search.question import Question
from sourcing.selectors import candidate_for, project_for


class WithFeature(SparseFields, generics.GenericAPIView):
    """403 for an organisation whose plan or switch leaves integrations out."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """After login and right, the plan."""
        super().initial(request, *args, **kwargs)
        require_feature(viewer_of(request).organisation, Feature.INTEGRATIONS)


class ConnectionList(WithFeature, generics.ListAPIView):
    """The organisation's connections; POST begins one."""

    rights = {"GET": Right.CONNECTION_VIEW, "POST": Right.CONNECTION_EDIT}
    serializer_class = ConnectionSerializer
    queryset = Connection.unguarded.none()

    def get_queryset(self) -> QuerySet[Connection]:
        """Those that are not removed."""
        return selectors.connections(viewer_of(self.request))

    @extend_schema(
        operation_id="connections_connect",
        request=ConnectSerializer,
        responses={201: ConnectionSerializer},
    )
    def post(self, request: Request) -> Response:
        """Connect a system. With ``credentials`` its verification begins, and nothing is made when they are refused."""
        viewer = viewer_of(request)
        form = ConnectSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        vendor, again = asked["vendor"], None
        if "same_account" in asked:
            again = selectors.removed_connection(viewer, vendor, asked["same_account"])
        given = {
            "actor": viewer,
            "vendor": vendor,
            "capabilities": asked["capabilities"],
            "name": asked.get("account_name", ""),
            "again": again,
        }
        if "credentials" in asked:
            values = connections.credential(vendor, asked["credentials"])
            made = connections.connect(**given, values=values)
        else:
            made = connections.begin(**given)
        return Response(ConnectionSerializer(made).data, status=status.HTTP_201_CREATED)


class ConnectionDetail(WithFeature, generics.GenericAPIView):
    """One connection."""

    rights = {
        "GET": Right.CONNECTION_VIEW,
        "PATCH": Right.CONNECTION_EDIT,
        "DELETE": Right.CONNECTION_EDIT,
    }
    serializer_class = ConnectionSerializer
    queryset = Connection.unguarded.none()

    def get_object(self) -> Connection:
        """404 for another organisation's."""
        return selectors.connection_for(viewer_of(self.request), self.kwargs["pk"])

    @extend_schema(operation_id="connections_retrieve")
    @tagged
    def get(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the address
        """One connection as it stands."""
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(
        operation_id="connections_change",
        request=ConnectionChangeSerializer,
        responses=ConnectionSerializer,
    )
    @guarded(row_of(Connection, "pk"))
    def patch(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the address
        """Change its ticks, its name or the Source of exported people; what is left out stays."""
        form = ConnectionChangeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        row, actor = self.get_object(), viewer_of(request)
        with transaction.atomic():
            connections.choose(
                actor=actor,
                connection=row,
                capabilities=asked.get("capabilities"),
                name=asked.get("account_name"),
            )
            if "source_label" in asked:
                connections.set_source(actor=actor, connection=row, label=asked["source_label"])
        return Response(ConnectionSerializer(row).data)

    @extend_schema(operation_id="connections_remove", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the address
        """Wipe the credentials and cancel what is under way; links and logs stay for the same account again."""
        connections.remove(actor=viewer_of(request), connection=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)


def whom(viewer: User, asked: dict[str, Any]) -> tuple[Project | None, Collection[int] | None]:
    """The project named, and the people; None: everybody of the project. 404 for a project that is not there."""
    project = project_for(viewer, asked["project"]) if "project" in asked else None
    if "question" in asked:
        return project, exporting.found_by(viewer, Question.from_json(asked["question"]))
    return project, asked.get("candidates")


class ExportList(WithFeature, generics.ListAPIView):
    """Exports, the newest first; POST starts one and answers 202."""

    rights = {"GET": Right.PROJECT_VIEW, "POST": Right.CANDIDATE_EXPORT}
    serializer_class = ExportSerializer
    queryset = Export.unguarded.none()
    calls_others = True

    @extend_schema(parameters=[ExportScopeSerializer])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of them."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Export]:
        """The organisation's, or one project's or connection's; 404 for another organisation's."""
        viewer = viewer_of(self.request)
        form = ExportScopeSerializer(data=self.request.query_params)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        project = project_for(viewer, asked["project"]) if "project" in asked else None
        rows = selectors.exports(viewer, project=project)
        if "connection" not in asked:
            return rows
        return rows.filter(connection=selectors.connection_for(viewer, asked["connection"]))

    @extend_schema(request=ExportRequestSerializer, responses={202: ExportSerializer})
    def post(self, request: Request) -> Response:
        """Start an export. The same ``request_key`` again answers with the first one."""
        asked = ExportRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = asked.validated_data
        project, candidate_ids = whom(viewer_of(request), values)
        export = exporting.start(
            actor=viewer_of(request),
            connection=selectors.connection_for(viewer_of(request), values["connection"]),
            mode=ExportMode(values["mode"]),
            target_id=values["target_id"],
            request_key=values.get("request_key") or uuid.uuid4(),
            project=project,
            candidate_ids=candidate_ids,
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


class RemoteRecords(WithFeature, generics.GenericAPIView):
    """Where one person is in other systems."""

    right = Right.CANDIDATE_VIEW
    serializer_class = RemoteRecordSerializer
    pagination_class = None
    queryset = RemoteLink.unguarded.none()

    @extend_schema(operation_id="candidates_records", responses=RemoteRecordSerializer(many=True))
    def get(self, request: Request, candidate_id: int) -> Response:
        """By connection and record type, the removed ones too."""
        viewer = viewer_of(request)
        rows = selectors.links(viewer, [candidate_for(viewer, candidate_id).pk])
        return Response(self.get_serializer(rows, many=True).data)
