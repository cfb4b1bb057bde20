"""The API of bulk actions: begin a run, look at it, cancel it, take it back."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right
from foundation import runs
from foundation.sparse_fields import narrowed
from sourcing import bulk, selectors
from sourcing.api.project_serializers import BulkRunSerializer, BulkSerializer
from sourcing.api.requests import caller, checked
from sourcing.bulk import Whom
from sourcing.search.question import Question


class BulkRuns(APIView):
    """``/api/v1/bulk/``: one action on many people. Which right it needs is the action's own."""

    right = Right.CANDIDATE_VIEW

    @extend_schema(operation_id="bulk_start", request=BulkSerializer, responses={202: BulkRunSerializer})
    def post(self, request: Request) -> Response:
        """Begin a run: tag, untag, change_owner, add_to_project, remove_from_project, move_stage, delete."""
        asked = checked(BulkSerializer(data=request.data))
        if "project_id" in asked:
            project = selectors.project_for(caller(request), asked["project_id"])
            whom = Whom(project_id=project.pk)
        elif "question" in asked:
            whom = Whom(question=Question.from_json(asked["question"]))
        else:
            whom = Whom(ids=tuple(asked["candidate_ids"]))
        run = bulk.start(actor=caller(request), action=asked["action"], whom=whom, values=asked["values"])
        return Response(BulkRunSerializer(run).data, status=status.HTTP_202_ACCEPTED)


class BulkRun(APIView):
    """``/api/v1/bulk/<run id>/``: one bulk run of the caller's."""

    right = Right.CANDIDATE_VIEW

    @extend_schema(operation_id="bulk_read", responses=BulkRunSerializer)
    def get(self, request: Request, run_id: int) -> Response:
        """Where it stands."""
        return Response(narrowed(BulkRunSerializer(bulk.run_for(caller(request), run_id)), request))

    @extend_schema(operation_id="bulk_cancel", request=None, responses={200: BulkRunSerializer})
    def delete(self, request: Request, run_id: int) -> Response:
        """Cancel it: it stops before its next slice. 409 when it has ended."""
        found = bulk.run_for(caller(request), run_id)
        return Response(BulkRunSerializer(runs.cancel(run_id=found.pk, actor=caller(request))).data)


class BulkUndo(APIView):
    """``/api/v1/bulk/<run id>/undo/``: take a bulk run back."""

    right = Right.CANDIDATE_VIEW

    @extend_schema(operation_id="bulk_undo", request=None, responses={202: BulkRunSerializer})
    def post(self, request: Request, run_id: int) -> Response:
        """The run that does it; 409 ``not_undoable`` when it cannot be."""
        made = bulk.undo(actor=caller(request), run_id=run_id)
        return Response(BulkRunSerializer(made).data, status=status.HTTP_202_ACCEPTED)
