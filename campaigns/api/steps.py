"""Steps of a campaign over the API: who sends each, and choosing another sender."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right, require, viewer_of
from campaigns import selectors, sender_changes, senders, sequence
from campaigns.models import Campaign, Step
from foundation.preconditions import guarded, row_of, tagged
from foundation.sparse_fields import narrowed
from sourcing.models import ProjectRole


class StepSerializer(serializers.ModelSerializer[Step]):
    """One step. ``mailbox`` is its own sender, null where the campaign's sends it; ``sender`` is the address."""

    sender = serializers.SerializerMethodField(
        help_text="Empty for a manual task and while there is no account."
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
        )
        read_only_fields = fields

    def get_sender(self, step: Step) -> str:
        """The address in From."""
        addresses: dict[int, str] = self.context["senders"]
        return addresses[step.pk]


class SenderSerializer(serializers.Serializer[Step]):
    """Another sender of a step: the id of a mailbox, or null for the campaign's."""

    mailbox = serializers.IntegerField(allow_null=True, min_value=1)


class StepList(APIView):
    """The steps of a campaign that stand, in order; those taken out are in none of it."""

    right = Right.CAMPAIGN_VIEW

    @extend_schema(operation_id="campaigns_steps", responses=StepSerializer(many=True))
    def get(self, request: Request, campaign_id: int) -> Response:
        """At most 50, so all at once."""
        campaign = selectors.campaign_for(viewer_of(request), campaign_id)
        return Response(_shown(request, campaign))


class StepDetail(APIView):
    """One step of a campaign."""

    right = Right.CAMPAIGN_VIEW

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
        """Send the step from another mailbox; 409 while the campaign is sending. Answers all steps."""
        caller = viewer_of(request)
        require(caller, Right.CAMPAIGN_EDIT)
        campaign = selectors.campaign_for(caller, campaign_id, role=ProjectRole.EDITOR)
        asked = SenderSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        mailbox = senders.chosen(campaign, asked.validated_data["mailbox"])
        sender_changes.change(
            campaign=campaign,
            mailbox=campaign.mailbox,
            steps={step_id: mailbox},
            actor=caller,
            now=timezone.now(),
        )
        return Response(_shown(request, campaign))


def _shown(request: Request, campaign: Campaign) -> object:
    steps = sequence.steps_of(campaign.pk, organisation_id=campaign.organisation_id)
    rows = list(steps.select_related("mailbox"))
    context = {"senders": senders.addresses_of(campaign, rows)}
    return narrowed(StepSerializer(rows, many=True, context=context), request)
