"""A planned step of one recipient over the API: what the menu of the Outbox does to it."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right, viewer_of
from campaigns import rescheduling, selectors, waiting, writing
from campaigns.models import Recipient, Step
from foundation.preconditions import guarded, row_of, tagged
from foundation.sparse_fields import narrowed
from outreach.api.outbox import MomentInSerializer
from sourcing.models import ProjectRole


class PlannedStepSerializer(serializers.Serializer[Any]):
    """One step of one recipient. ``planned_at`` is null unless it is the next one."""

    recipient = serializers.IntegerField(source="recipient.pk")
    candidate = serializers.IntegerField(source="recipient.candidate_id")
    campaign = serializers.IntegerField(source="recipient.campaign_id")
    step = serializers.IntegerField(source="step.pk")
    position = serializers.IntegerField(source="step.position")
    planned_at = serializers.DateTimeField(allow_null=True)
    why_not_yet = serializers.CharField()
    until = serializers.DateTimeField(allow_null=True)


class StepTextSerializer(serializers.Serializer[Any]):
    """The template of this step for this person. An empty subject answers the thread's."""

    subject = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    body = serializers.CharField(max_length=50_000, trim_whitespace=False)
    edited = serializers.BooleanField(read_only=True, help_text="It is this person's own.")


def _told(request: Request, recipient: Recipient, step: Step) -> Response:
    is_next = recipient.next_step_id == step.pk
    found = waiting.why(recipient, now=timezone.now()) if is_next else None
    told = {
        "recipient": recipient,
        "step": step,
        "planned_at": recipient.planned_at if is_next else None,
        "why_not_yet": found.text if found else "",
        "until": found.until if found else None,
    }
    return Response(narrowed(PlannedStepSerializer(told), request))


def _text(request: Request, recipient: Recipient, step: Step) -> Response:
    text = writing.own_text(recipient, step)
    edited = any(each.step_id == step.pk and each.edited for each in recipient.step_changes.all())
    told = {"subject": text.subject, "body": text.body, "edited": edited}
    return Response(narrowed(StepTextSerializer(told), request))


class _PlannedStep(APIView):
    def pair(
        self, request: Request, recipient_id: int, step_id: int, *, role: ProjectRole = ProjectRole.EDITOR
    ) -> tuple[Recipient, Step]:
        """Recipient and step as they stand now; raises Missing, NotAllowed."""
        viewer = viewer_of(request)
        recipient = selectors.recipient_for(viewer, recipient_id, role=role)
        return recipient, selectors.step_for(viewer, recipient.campaign_id, step_id)


class PlannedStep(_PlannedStep):
    """``/api/v1/recipients/<id>/steps/<id>/``: one step of one recipient."""

    right = Right.CAMPAIGN_VIEW

    @extend_schema(operation_id="planned_read", responses=PlannedStepSerializer)
    def get(self, request: Request, recipient_id: int, step_id: int) -> Response:
        """When it is planned, and why not yet."""
        return _told(request, *self.pair(request, recipient_id, step_id, role=ProjectRole.COMMENTER))


class PlannedNow(_PlannedStep):
    """``/api/v1/recipients/<id>/steps/<id>/now/``: *Send now*."""

    right = Right.CAMPAIGN_START

    @extend_schema(operation_id="planned_send_now", request=None, responses=PlannedStepSerializer)
    def post(self, request: Request, recipient_id: int, step_id: int) -> Response:
        """First in its mailbox; 409 while the campaign or the person is held, or when it is written already."""
        self.pair(request, recipient_id, step_id)
        rescheduling.send_now(
            recipient_id=recipient_id, step_id=step_id, actor=viewer_of(request), now=timezone.now()
        )
        return _told(request, *self.pair(request, recipient_id, step_id))


class PlannedNotBefore(_PlannedStep):
    """``/api/v1/recipients/<id>/steps/<id>/not-before/``: *Don't send before*."""

    right = Right.CAMPAIGN_START

    @extend_schema(
        operation_id="planned_not_before", request=MomentInSerializer, responses=PlannedStepSerializer
    )
    def post(self, request: Request, recipient_id: int, step_id: int) -> Response:
        """Hold it back until a moment that lies ahead, by a year at most; a later plan stays as it is."""
        self.pair(request, recipient_id, step_id)
        asked = MomentInSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        rescheduling.not_before(
            recipient_id=recipient_id,
            step_id=step_id,
            moment=asked.validated_data["moment"],
            actor=viewer_of(request),
            now=timezone.now(),
        )
        return _told(request, *self.pair(request, recipient_id, step_id))


class PlannedCancel(_PlannedStep):
    """``/api/v1/recipients/<id>/steps/<id>/cancel/``: *Cancel*."""

    right = Right.CAMPAIGN_EDIT

    @extend_schema(operation_id="planned_cancel", request=None, responses=PlannedStepSerializer)
    def post(self, request: Request, recipient_id: int, step_id: int) -> Response:
        """Leave this one step out; the next one counts from now."""
        self.pair(request, recipient_id, step_id)
        rescheduling.cancel(
            recipient_id=recipient_id, step_id=step_id, actor=viewer_of(request), now=timezone.now()
        )
        return _told(request, *self.pair(request, recipient_id, step_id))


class PlannedText(_PlannedStep):
    """``/api/v1/recipients/<id>/steps/<id>/text/``: the step's template for this one person."""

    rights = {"GET": Right.CAMPAIGN_VIEW, "PUT": Right.CAMPAIGN_EDIT, "DELETE": Right.CAMPAIGN_EDIT}

    @extend_schema(operation_id="planned_read_text", responses=StepTextSerializer)
    @tagged
    def get(self, request: Request, recipient_id: int, step_id: int) -> Response:
        """Its own text, or the step's."""
        return _text(request, *self.pair(request, recipient_id, step_id, role=ProjectRole.COMMENTER))

    @extend_schema(
        operation_id="planned_write_text", request=StepTextSerializer, responses=StepTextSerializer
    )
    @guarded(row_of(Recipient, "recipient_id"))
    def put(self, request: Request, recipient_id: int, step_id: int) -> Response:
        """*Edit this one message*: another text with the same variables; later edits of the step leave it alone."""
        self.pair(request, recipient_id, step_id)
        asked = StepTextSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        rescheduling.edit(
            recipient_id=recipient_id, step_id=step_id, actor=viewer_of(request), **asked.validated_data
        )
        return _text(request, *self.pair(request, recipient_id, step_id))

    @extend_schema(operation_id="planned_undo_text", responses={204: None})
    def delete(self, request: Request, recipient_id: int, step_id: int) -> Response:
        """Go back to the step's own text."""
        self.pair(request, recipient_id, step_id)
        rescheduling.undo_edit(recipient_id=recipient_id, step_id=step_id, actor=viewer_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
