"""The API of one's own runs, whatever began them: what the tray shows, and stopping one."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right
from foundation import runs
from foundation.models import RUN_ENDS, Run, RunStatus
from foundation.paging import paged
from foundation.sparse_fields import narrowed
from sourcing.api.project_serializers import RunProblemSerializer
from sourcing.api.requests import caller


class OwnRunSerializer(serializers.Serializer[Run]):
    """Work in the background: an import, an export, a search for duplicates, a bulk action."""

    id = serializers.IntegerField(read_only=True)
    kind = serializers.CharField(read_only=True)
    title = serializers.CharField(read_only=True)
    subject = serializers.CharField(read_only=True, help_text="What it is about, ``import:7``; may be empty.")
    status = serializers.ChoiceField(choices=RunStatus.choices, read_only=True)
    total = serializers.IntegerField(read_only=True, help_text="0 while unknown.")
    done = serializers.IntegerField(read_only=True)
    failed = serializers.IntegerField(read_only=True)
    note = serializers.CharField(read_only=True, help_text="What it does right now.")
    cancel_requested = serializers.BooleanField(read_only=True)
    problem = RunProblemSerializer(read_only=True, allow_null=True)
    result = serializers.JSONField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    ended_at = serializers.DateTimeField(read_only=True, allow_null=True)

    def to_representation(self, run: Run) -> dict[str, Any]:
        """As the tray shows it, with its times."""
        times = {name: getattr(run, name) for name in ("created_at", "ended_at")}
        return run.as_dict() | {
            "subject": run.subject,
            "cancel_requested": run.cancel_requested,
            **{name: moment and moment.isoformat() for name, moment in times.items()},
        }


class Runs(APIView):
    """``/api/v1/runs/``: everything that was begun for the caller."""

    rights = {"GET": Right.CANDIDATE_VIEW}

    keyset_order = ("-id",)

    @extend_schema(
        operation_id="runs_list",
        parameters=[OpenApiParameter("live", bool, description="Only those that have not ended.")],
        responses=OwnRunSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """A page of the caller's runs, the newest first."""
        rows = runs.own(caller(request))
        if request.query_params.get("live", "").lower() in {"1", "true"}:
            rows = rows.exclude(status__in=RUN_ENDS)
        return paged(rows, OwnRunSerializer, request=request, view=self)


class OneRun(APIView):
    """``/api/v1/runs/<id>/``: one of them."""

    rights = {"GET": Right.CANDIDATE_VIEW}

    @extend_schema(operation_id="runs_read", responses=OwnRunSerializer)
    def get(self, request: Request, run_id: int) -> Response:
        """Where it stands; 404 for somebody else's."""
        return Response(narrowed(OwnRunSerializer(runs.own_for(caller(request), run_id)), request))


class CancelRun(APIView):
    """``/api/v1/runs/<id>/cancel/``: stop one of them."""

    right = Right.CANDIDATE_VIEW

    @extend_schema(operation_id="runs_cancel", request=None, responses={200: OwnRunSerializer})
    def post(self, request: Request, run_id: int) -> Response:
        """It stops before its next step; what it has done stays. 409 when it has ended."""
        found = runs.own_for(caller(request), run_id)
        cancelled = runs.cancel(run_id=found.pk, actor=caller(request))
        return Response(OwnRunSerializer(cancelled).data)
