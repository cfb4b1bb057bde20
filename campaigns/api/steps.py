"""Steps of a campaign over the API: added, written, moved, taken out, and who sends each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.permissions import Right, viewer_of
from campaigns import editing, selectors, sender_changes, senders, sequence, texts
from campaigns.models import Campaign, Step
from campaigns.states import StepKind
from foundation.preconditions import guarded, row_of, tagged
from foundation.sparse_fields import narrowed
from outreach import contents
from outreach.api.content import attachments_field
from sourcing.models import ProjectRole


class StepSerializer(serializers.ModelSerializer[Step]):
    """One step. ``mailbox`` is its own sender, null where the campaign's sends it; ``sender`` is the address."""

    sender = serializers.SerializerMethodField(
        help_text="Empty for a manual task and while there is no account."
    )
    attachments = serializers.SerializerMethodField(
        help_text="Ids of the files that go with it, but for pictures that its text shows."
    )

    class Meta:
        model = Step
        fields = (
            "id",
            "position",
            "kind",
            "days",
            "subject",
            "body",
            "new_thread",
            "version",
            "mailbox",
            "sender",
            "body_html",
            "attachments",
        )
        read_only_fields = fields

    def get_sender(self, step: Step) -> str:
        """The address in From."""
        addresses: dict[int, str] = self.context["senders"]
        return addresses[step.pk]

    def get_attachments(self, step: Step) -> list[int]:
        """As a PATCH takes them."""
        return list(texts.content_of(step).attachments)


class SenderSerializer(serializers.Serializer[Step]):
    """What changes of a step; what is left out stays."""

    mailbox = serializers.IntegerField(
        allow_null=True, min_value=1, required=False, help_text="Its own sender, or null for the campaign's."
    )
    position = serializers.IntegerField(
        min_value=1,
        max_value=editing.MOST_STEPS,
        required=False,
        help_text="1: the first; beyond the end: the last.",
    )
    days = serializers.IntegerField(min_value=0, max_value=365, required=False)
    subject = serializers.CharField(max_length=500, required=False, allow_blank=True)
    body = serializers.CharField(max_length=50_000, required=False, allow_blank=True)
    body_html = serializers.CharField(
        required=False, allow_blank=True, help_text="Markup; `body` becomes its words."
    )
    new_thread = serializers.BooleanField(required=False)
    attachments = attachments_field()


class NewStepSerializer(serializers.Serializer[Step]):
    """A step at the end. ``body`` may be empty only while the campaign is a draft."""

    kind = serializers.ChoiceField(choices=StepKind.choices, required=False, default=StepKind.EMAIL)
    subject = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    body = serializers.CharField(max_length=20_000, required=False, allow_blank=True, default="")
    days = serializers.IntegerField(
        min_value=0, max_value=365, required=False, default=3, help_text="After the step before."
    )
    mailbox = serializers.IntegerField(
        allow_null=True, min_value=1, required=False, default=None, help_text="Null: the campaign's."
    )
    revive = serializers.BooleanField(
        required=False, default=False, help_text="Also for people who have completed the campaign."
    )


class StepList(APIView):
    """The steps of a campaign that stand, in order; those taken out are in none of it."""

    rights = {"GET": Right.CAMPAIGN_VIEW, "POST": Right.CAMPAIGN_EDIT}

    @extend_schema(operation_id="campaigns_steps", responses=StepSerializer(many=True))
    def get(self, request: Request, campaign_id: int) -> Response:
        """At most 50, so all at once."""
        campaign = selectors.campaign_for(viewer_of(request), campaign_id)
        return Response(_shown(request, campaign))

    @extend_schema(
        operation_id="campaigns_step_add", request=NewStepSerializer, responses={201: StepSerializer}
    )
    def post(self, request: Request, campaign_id: int) -> Response:
        """Add a step at the end, at any time; under way it is for everybody who has not ended."""
        caller = viewer_of(request)
        campaign = selectors.campaign_for(caller, campaign_id, role=ProjectRole.EDITOR)
        asked = NewStepSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = {**asked.validated_data}
        said["mailbox"] = senders.chosen(campaign, said["mailbox"])
        step = editing.add_step(campaign=campaign, actor=caller, now=timezone.now(), **said)
        context = {"senders": senders.addresses_of(campaign, [step])}
        return Response(StepSerializer(step, context=context).data, status=status.HTTP_201_CREATED)


class StepDetail(APIView):
    """One step of a campaign."""

    rights = {"GET": Right.CAMPAIGN_VIEW, "PATCH": Right.CAMPAIGN_EDIT, "DELETE": Right.CAMPAIGN_EDIT}

    @extend_schema(operation_id="campaigns_step", responses=StepSerializer)
    @tagged
    def get(self, request: Request, campaign_id: int, step_id: int) -> Response:
        """As in the list."""
        step = selectors.step_for(viewer_of(request), campaign_id, step_id)
        campaign = selectors.campaign_for(viewer_of(request), campaign_id)
        context = {"senders": senders.addresses_of(campaign, [step])}
        return Response(narrowed(StepSerializer(step, context=context), request))

    @extend_schema(
        operation_id="campaigns_step_sender", request=SenderSerializer, responses=StepSerializer(many=True)
    )
    @guarded(row_of(Campaign, "campaign_id"), answers_itself=False)
    def patch(self, request: Request, campaign_id: int, step_id: int) -> Response:
        """Write it, move it or send it from another mailbox (409 while the campaign is sending). Answers all steps."""
        caller = viewer_of(request)
        campaign = selectors.campaign_for(caller, campaign_id, role=ProjectRole.EDITOR)
        asked = SenderSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said, now = asked.validated_data, timezone.now()
        with transaction.atomic():
            if "mailbox" in said:
                steps = {step_id: senders.chosen(campaign, said["mailbox"])}
                sender_changes.change(
                    campaign=campaign, mailbox=campaign.mailbox, steps=steps, actor=caller, now=now
                )
            if said.keys() & {"days", "subject", "body", "body_html", "new_thread", "attachments"}:
                _write(selectors.step_for(caller, campaign_id, step_id), said, actor=caller, now=now)
            if "position" in said:
                step = selectors.step_for(caller, campaign_id, step_id)
                editing.move_step(step=step, to=said["position"], actor=caller, now=now)
        return Response(_shown(request, campaign))

    @extend_schema(operation_id="campaigns_step_remove", responses={204: None})
    def delete(self, request: Request, campaign_id: int, step_id: int) -> Response:
        """Take it out; people who waited for it go on with the next. 409 for the last one of a started campaign."""
        caller = viewer_of(request)
        step = selectors.step_for(caller, campaign_id, step_id, role=ProjectRole.EDITOR)
        editing.remove_step(step=step, actor=caller, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


def _write(step: Step, said: Mapping[str, Any], *, actor: User, now: datetime) -> None:
    """What is left out stays, its attachments too; a plain ``body`` takes the place of markup."""
    content = contents.changed(texts.content_of(step), said, actor=actor)
    editing.edit_step(
        step=step,
        subject=content.subject,
        body=content.body,
        body_html=content.body_html,
        files=content.files,
        days=said.get("days", step.days),
        new_thread=said.get("new_thread", step.new_thread),
        actor=actor,
        now=now,
    )


def _shown(request: Request, campaign: Campaign) -> object:
    steps = sequence.steps_of(campaign.pk, organisation_id=campaign.organisation_id)
    rows = list(steps.select_related("mailbox"))
    context = {"senders": senders.addresses_of(campaign, rows)}
    return narrowed(StepSerializer(rows, many=True, context=context), request)
