"""The text of a step over the API before it counts: checked, sent to oneself; and the whole sequence for one person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.permissions import Right, viewer_of
from campaigns import preview, selectors, senders, step_checking, texts, variants
from campaigns.models import Step
from campaigns.step_checking import Draft
from foundation.problems import Invalid, Missing
from foundation.sparse_fields import narrowed
from outreach import contents
from outreach.api.content import attachments_field
from outreach.api.serializers import MessageSerializer
from outreach.api.texts import CheckedTextSerializer, MailPreviewSerializer, written
from sourcing.models import ProjectRole


class StepDraftSerializer(serializers.Serializer[Any]):
    """A step as it would be; what is left out is as it is stored."""

    letter = serializers.CharField(
        required=False, allow_blank=True, max_length=1, default="", help_text="Of which of its texts."
    )
    subject = serializers.CharField(max_length=500, required=False, allow_blank=True)
    body = serializers.CharField(max_length=50_000, required=False, allow_blank=True, trim_whitespace=False)
    body_html = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    attachments = attachments_field()
    new_thread = serializers.BooleanField(required=False)
    mailbox = serializers.IntegerField(
        min_value=1, required=False, allow_null=True, help_text="Its own sender, or null for the campaign's."
    )
    candidate = serializers.IntegerField(
        min_value=1,
        required=False,
        allow_null=True,
        default=None,
        help_text="For whom it is made: anybody; without it the first person of the campaign.",
    )


class SequencePartSerializer(serializers.Serializer[Any]):
    """One step as the person would get it. ``at`` is null for what was sent and beyond the 30 days of the calendar."""

    step = serializers.IntegerField(source="step.pk")
    position = serializers.IntegerField(source="step.position")
    kind = serializers.CharField(source="step.kind")
    sender = serializers.CharField(help_text="Empty for a manual task and while there is no account.")
    variant = serializers.CharField(help_text="The letter of the text; empty where there is one.")
    at = serializers.DateTimeField(allow_null=True)
    about = serializers.BooleanField(help_text="It waits for others, a limit or a task: the minute may move.")
    preview = MailPreviewSerializer()


class StepChecks(APIView):
    """``/api/v1/campaigns/<id>/steps/<id>/checks/``: the text of a step."""

    right = Right.CAMPAIGN_EDIT

    @extend_schema(
        operation_id="campaigns_step_check",
        request=StepDraftSerializer,
        responses={200: CheckedTextSerializer},
    )
    def post(self, request: Request, campaign_id: int, step_id: int) -> Response:
        """What is wrong with it, how many people of the campaign lack what it asks for, and how one of them would get
        it. Nothing is stored, nothing is sent."""
        viewer, (draft, candidate_id) = viewer_of(request), _asked(request, campaign_id, step_id)
        found = step_checking.checked(draft, viewer=viewer, candidate_id=candidate_id)
        return Response(CheckedTextSerializer(found).data)


class StepTests(APIView):
    """``/api/v1/campaigns/<id>/steps/<id>/tests/``: *Send me a test*."""

    right = Right.CAMPAIGN_EDIT

    @extend_schema(
        operation_id="campaigns_step_test", request=StepDraftSerializer, responses={201: MessageSerializer}
    )
    def post(self, request: Request, campaign_id: int, step_id: int) -> Response:
        """Send it to the caller's own address, from the step's mailbox; 422 when it cannot be made for the person."""
        viewer, (draft, candidate_id) = viewer_of(request), _asked(request, campaign_id, step_id)
        message = step_checking.send_test(draft, actor=viewer, candidate_id=candidate_id, now=timezone.now())
        return written(viewer, message.pk)


class CampaignPreview(APIView):
    """``/api/v1/campaigns/<id>/preview/``: the whole sequence for one person."""

    right = Right.CAMPAIGN_VIEW

    @extend_schema(
        operation_id="campaigns_preview",
        parameters=[OpenApiParameter("recipient", int, description="Without it the first one.")],
        responses=SequencePartSerializer(many=True),
    )
    def get(self, request: Request, campaign_id: int) -> Response:
        """Every standing step with what was said for them alone; nothing while the campaign has nobody."""
        campaign = selectors.campaign_for(viewer_of(request), campaign_id)
        rows = selectors.recipients(campaign)
        if (asked := request.query_params.get("recipient")) is not None:
            if not (asked.isascii() and asked.isdigit() and len(asked) < 19):
                raise Invalid(fields={"recipient": "The id of a recipient."})
            rows = rows.filter(pk=int(asked))
        recipient = rows.first()
        if recipient is None and asked is not None:
            raise Missing("There is no such recipient.")
        parts = preview.of_sequence(campaign, recipient, now=timezone.now()) if recipient else []
        return Response(narrowed(SequencePartSerializer(parts, many=True), request))


def _asked(request: Request, campaign_id: int, step_id: int) -> tuple[Draft, int | None]:
    """The step as it would be, and for whom it is to be made."""
    viewer = viewer_of(request)
    step = selectors.step_for(viewer, campaign_id, step_id, role=ProjectRole.EDITOR)
    asked = StepDraftSerializer(data=request.data)
    asked.is_valid(raise_exception=True)
    return _draft(viewer, step, asked.validated_data), asked.validated_data["candidate"]


def _draft(viewer: User, step: Step, said: Mapping[str, Any]) -> Draft:
    if said["letter"] not in {"", texts.OWN}:
        variants.variant_of(step, said["letter"])
    return Draft(
        step,
        contents.changed(texts.content_of(step, said["letter"]), said, actor=viewer),
        new_thread=said.get("new_thread", step.new_thread),
        mailbox=senders.chosen(step.campaign, said["mailbox"]) if "mailbox" in said else step.mailbox,
    )
