"""The people of a campaign over the API: listed, and added."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right, require, viewer_of
from campaigns import screening, selectors, waiting
from campaigns.models import Recipient
from foundation.paging import paged
from outreach.states import Interest
from sourcing.models import ProjectRole


class AddingSerializer(serializers.Serializer[Any]):
    """People to add. ``anyway``: those of them who are added although something speaks against it."""

    candidates = serializers.ListField(child=serializers.IntegerField(min_value=1), max_length=1_000)
    anyway = serializers.ListField(
        child=serializers.IntegerField(min_value=1), max_length=1_000, required=False, default=list
    )


class AddedRecipientsSerializer(serializers.Serializer[Any]):
    """What became of each candidate id."""

    added = serializers.ListField(child=serializers.IntegerField())
    refused = serializers.DictField(child=serializers.CharField(), help_text="Id → why.")
    left_out = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()), help_text="Id → what speaks against it."
    )


class RecipientSerializer(serializers.ModelSerializer[Recipient]):
    """One person in one campaign: where they stand, what comes next, and why not yet."""

    standing = serializers.SerializerMethodField(help_text="The word on the badge.")
    step = serializers.IntegerField(source="next_step.position", allow_null=True, default=None)
    why_not_yet = serializers.SerializerMethodField()
    until = serializers.SerializerMethodField()
    interest = serializers.ChoiceField(choices=[("", "Not marked"), *Interest.choices], read_only=True)

    class Meta:
        model = Recipient
        fields = (
            *(
                "id",
                "candidate",
                "standing",
                "progress",
                "hold",
                "step",
                "planned_at",
                "why_not_yet",
                "until",
            ),
            *("added_at", "ended_at", "interest", "interest_reason", "interest_at"),
        )
        read_only_fields = fields

    def get_standing(self, recipient: Recipient) -> str:
        """The hold if there is one, else the progress."""
        return selectors.word_of(recipient)

    def get_why_not_yet(self, recipient: Recipient) -> str:
        """A sentence; empty when no step is left."""
        found = waiting.why(recipient, now=self.context["now"])
        return found.text if found else ""

    def get_until(self, recipient: Recipient) -> datetime | None:
        """When that ends, where it is known."""
        found = waiting.why(recipient, now=self.context["now"])
        return found.until if found else None


class CampaignRecipients(APIView):
    """The people of a campaign, and adding some."""

    right = Right.CAMPAIGN_VIEW
    keyset_order = ("pk",)

    @extend_schema(operation_id="campaigns_recipients", responses=RecipientSerializer(many=True))
    def get(self, request: Request, campaign_id: int) -> Response:
        """In the order in which they were added; ``?standing=needs_attention`` for some of them."""
        campaign = selectors.campaign_for(viewer_of(request), campaign_id)
        rows = selectors.recipients(campaign, word=request.query_params.get("standing", ""))
        rows = rows.select_related(
            "candidate",
            "next_step__mailbox",
            "open_attempt__message__mailbox",
            "campaign__mailbox",
            "campaign__lane",
        )
        return paged(rows, RecipientSerializer, request=request, view=self, context={"now": timezone.now()})

    @extend_schema(
        operation_id="campaigns_add_people", request=AddingSerializer, responses=AddedRecipientsSerializer
    )
    def post(self, request: Request, campaign_id: int) -> Response:
        """Who is refused, who is left out unless named in ``anyway``, and who was added."""
        caller = viewer_of(request)
        require(caller, Right.CAMPAIGN_EDIT)
        campaign = selectors.campaign_for(caller, campaign_id, role=ProjectRole.EDITOR)
        asked = AddingSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        found = screening.screen(
            campaign=campaign, candidate_ids=asked.validated_data["candidates"], viewer=caller
        )
        anyway = set(asked.validated_data["anyway"])
        result = screening.add(
            campaign=campaign, found=found, anyway=anyway, actor=caller, now=timezone.now()
        )
        left_out = {pk: texts for pk, texts in found.doubtful.items() if pk not in anyway}
        answer = {"added": sorted(result.added), "refused": found.refused, "left_out": left_out}
        return Response(AddedRecipientsSerializer(answer).data)
