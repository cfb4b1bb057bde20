"""/api/v1/connections/<id>/ sync-tasks: the same functions as the pages."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Right
from foundation.sparse_fields import narrowed
from integrations import selectors, syncing
from integrations.api.of_connection import OfConnection
from integrations.api.sync_serializers import RetriedSerializer, SyncStandingSerializer, SyncTaskSerializer
from integrations.models import SyncTask
from integrations.states import SyncStatus


class ConnectionSyncTasks(OfConnection, generics.ListAPIView):
    """The sync log: what waits and until when, what needs somebody, what was done; the newest first."""

    right = Right.CONNECTION_VIEW
    serializer_class = SyncTaskSerializer

    @extend_schema(parameters=[OpenApiParameter("status", str, enum=SyncStatus.values)])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of it."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[SyncTask]:
        """Of one status when asked so."""
        rows = selectors.sync_tasks(self.viewer, self.connection())
        status = self.request.query_params.get("status")
        return rows.filter(status=status) if status else rows


class ConnectionSyncStanding(OfConnection):
    """How the sync with the system goes."""

    right = Right.CONNECTION_VIEW
    serializer_class = SyncStandingSerializer

    @extend_schema(operation_id="connections_sync_standing", responses=SyncStandingSerializer)
    def get(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the address
        """When something was last done, how much waits, and how much needs somebody."""
        connection = self.connection()
        standing = selectors.sync_standings(self.viewer, [connection.pk])[connection.pk]
        told = {**asdict(standing), "not_before": connection.not_before}
        return Response(narrowed(SyncStandingSerializer(told), request))


class ConnectionSyncRetry(OfConnection):
    """Everything that needs attention, to be tried again."""

    right = Right.CANDIDATE_EXPORT
    serializer_class = RetriedSerializer

    @extend_schema(operation_id="connections_sync_tasks_retry_all", request=None, responses=RetriedSerializer)
    def post(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the address
        """How many; a write that was never confirmed is left to somebody who looks there first."""
        return Response({"count": syncing.retry_all(actor=self.viewer, connection=self.connection())})


class ConnectionSyncTask(OfConnection):
    """One line of the sync log."""

    right = Right.CONNECTION_VIEW
    serializer_class = SyncTaskSerializer

    @extend_schema(operation_id="connections_sync_task", responses=SyncTaskSerializer)
    def get(self, request: Request, pk: int, task_id: int) -> Response:  # noqa: ARG002 - the address
        """One line of the sync log: where it stands and why."""
        return Response(narrowed(SyncTaskSerializer(self.task(task_id)), request))

    def task(self, task_id: int) -> SyncTask:
        """As it is now; 404 for another connection's."""
        return selectors.sync_task(self.viewer, self.connection(), task_id)


class ConnectionSyncTaskRetry(ConnectionSyncTask):
    """One task that needs attention, to be tried again."""

    right = Right.CANDIDATE_EXPORT
    http_method_names = ["post", "options"]

    @extend_schema(operation_id="connections_sync_tasks_retry", request=None, responses=SyncTaskSerializer)
    def post(self, request: Request, pk: int, task_id: int) -> Response:  # noqa: ARG002 - the address
        """Try it again; who retries a write that was not confirmed has looked there. 409 for any other task."""
        syncing.retry(actor=self.viewer, task=self.task(task_id))
        return Response(SyncTaskSerializer(self.task(task_id)).data)


class ConnectionSyncTaskCancel(ConnectionSyncTask):
    """One task that is not over, to be given up."""

    right = Right.CANDIDATE_EXPORT
    http_method_names = ["post", "options"]

    @extend_schema(operation_id="connections_sync_tasks_cancel", request=None, responses=SyncTaskSerializer)
    def post(self, request: Request, pk: int, task_id: int) -> Response:  # noqa: ARG002 - the address
        """Give it up, with its note; what is under way may still arrive. 409 when it has ended."""
        syncing.cancel(actor=self.viewer, task=self.task(task_id))
        return Response(SyncTaskSerializer(self.task(task_id)).data)
