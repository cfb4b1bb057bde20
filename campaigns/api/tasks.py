"""Manual tasks over the API: the list, done, skipped, a note."""

from __future__ import annotations

from typing import TypedDict

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right, viewer_of
from campaigns import manual_tasks, selectors, task_list
from campaigns.models import ManualTask, Recipient
from campaigns.states import StepKind, TaskOutcome
from foundation.paging import paged
from sourcing.models import ProjectRole


class TaskSerializer(serializers.Serializer[Recipient]):
    """One open manual task."""

    recipient = serializers.IntegerField(source="pk")
    step = serializers.IntegerField(source="next_step.pk")
    kind = serializers.CharField(source="next_step.kind", help_text="call, linkedin, sms or other")
    title = serializers.CharField(source="next_step.subject")
    due_at = serializers.DateTimeField(source="planned_at")
    candidate = serializers.IntegerField(source="candidate_id")
    campaign = serializers.IntegerField(source="campaign_id")


class FinishedTaskSerializer(serializers.Serializer[ManualTask]):
    """One task that is over. ``done_by`` is null when that user is gone."""

    recipient = serializers.IntegerField(source="recipient_id")
    step = serializers.IntegerField(source="step_id")
    kind = serializers.CharField(source="step.kind", help_text="call, linkedin, sms or other")
    title = serializers.CharField(source="step.subject")
    candidate = serializers.IntegerField(source="recipient.candidate_id")
    campaign = serializers.IntegerField(source="recipient.campaign_id")
    outcome = serializers.CharField(help_text="done or skipped")
    note = serializers.CharField()
    done_at = serializers.DateTimeField()
    done_by = serializers.IntegerField(source="done_by_id", allow_null=True)


class OutcomeSerializer(serializers.Serializer[ManualTask]):
    """What becomes of a task. ``open`` only keeps the note."""

    outcome = serializers.ChoiceField(choices=TaskOutcome.choices)
    note = serializers.CharField(required=False, allow_blank=True, max_length=manual_tasks.LONGEST_NOTE)
    done_at = serializers.DateTimeField(read_only=True, allow_null=True)


_KIND = OpenApiParameter("kind", str, enum=[kind.value for kind in StepKind if kind is not StepKind.EMAIL])
_WHOSE = OpenApiParameter(
    "whose", str, enum=["mine", "all"], description="mine: of campaigns that you own or started."
)


class TaskList(APIView):
    """Open tasks of all campaigns the caller may open, the longest due first."""

    right = Right.CAMPAIGN_VIEW
    keyset_order = ("planned_at", "pk")

    @extend_schema(
        operation_id="tasks_list",
        parameters=[OpenApiParameter("when", str, enum=["due", "later"]), _KIND, _WHOSE],
        responses=TaskSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """``?when=later`` for those not due today; ``?kind=call``; ``?whose=mine``."""
        later = request.query_params.get("when") == task_list.When.LATER
        rows = task_list.tasks(
            viewer_of(request),
            now=timezone.now(),
            when=task_list.When.LATER if later else task_list.When.DUE,
            **_narrowing(request),
        )
        return paged(rows, TaskSerializer, request=request, view=self)


class FinishedTasks(APIView):
    """``/api/v1/tasks/over/``: *Done and skipped*, of all campaigns the caller may open."""

    right = Right.CAMPAIGN_VIEW
    keyset_order = ("-done_at", "-pk")

    @extend_schema(
        operation_id="tasks_over", parameters=[_KIND, _WHOSE], responses=FinishedTaskSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        """The latest first, with their notes."""
        rows = task_list.finished(viewer_of(request), **_narrowing(request))
        return paged(rows, FinishedTaskSerializer, request=request, view=self)


class TaskDetail(APIView):
    """One task of one recipient."""

    right = Right.CAMPAIGN_EDIT

    @extend_schema(operation_id="tasks_answer", request=OutcomeSerializer, responses=OutcomeSerializer)
    def post(self, request: Request, recipient_id: int, step_id: int) -> Response:
        """Done, skipped, or a note; repeating it changes nothing."""
        caller = viewer_of(request)
        selectors.recipient_for(caller, recipient_id, role=ProjectRole.EDITOR)
        asked = OutcomeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = asked.validated_data
        if values["outcome"] == TaskOutcome.OPEN:
            task = manual_tasks.write_note(
                recipient_id=recipient_id, step_id=step_id, note=values.get("note", ""), actor=caller
            )
        else:
            task = manual_tasks.finish(
                recipient_id=recipient_id,
                step_id=step_id,
                outcome=TaskOutcome(values["outcome"]),
                note=values.get("note", ""),
                actor=caller,
                now=timezone.now(),
            )
        return Response(OutcomeSerializer(task).data)


class _Narrowing(TypedDict):
    kind: str
    mine: bool


def _narrowing(request: Request) -> _Narrowing:
    """The two filters both lists have; everybody's unless asked otherwise."""
    asked = request.query_params
    return {"kind": asked.get("kind", ""), "mine": asked.get("whose") == "mine"}
