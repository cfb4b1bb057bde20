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

from accounts.models import User
from accounts.permissions import Right, require, viewer_of
from campaigns import screening, selectors, waiting
from campaigns.models import Campaign, Recipient
from foundation.paging import paged
from outreach.states import Interest
from sourcing.models import ProjectRole
from sourcing.search.question import Order, Question
from sourcing.search.syntax import MAX_LENGTH
from sourcing.selectors import project_candidate_ids


class SearchSerializer(serializers.Serializer[Any]):
    """Whom a search finds, as in bulk actions: ``text`` as in the box, ``filters`` by name.

    Nothing of it falls away unseen as on a page: what is left would find more people, and they are written to.
    """

    text = serializers.CharField(required=False, allow_blank=True, max_length=MAX_LENGTH)
    nice = serializers.CharField(required=False, allow_blank=True, max_length=MAX_LENGTH)
    filters = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()), required=False
    )
    order = serializers.ChoiceField(choices=[each.value for each in Order], required=False)

    def to_internal_value(self, data: Any) -> Question:
        """The question; refuses what it does not know and what asks for nothing."""
        said = super().to_internal_value(data)
        found = Question.from_json(said)
        lost = {*data} - {*self.fields} | {*said.get("filters", {})} - {*found.filters}
        if lost:
            raise serializers.ValidationError([f"Nobody can be asked for by {min(lost)[:60]}."])
        if found.is_everybody:
            raise serializers.ValidationError(["It asks for nothing, so it would find everybody."])
        return found


class AddingSerializer(serializers.Serializer[Any]):
    """People to add: ``candidates``, all that a ``question`` finds, or ``everybody`` of the campaign's project."""

    candidates = serializers.ListField(
        child=serializers.IntegerField(min_value=1), max_length=1_000, required=False
    )
    question = SearchSerializer(required=False, help_text=f"{screening.FROM_SEARCH:,} people at most.")
    everybody = serializers.BooleanField(required=False, default=False)
    anyway = serializers.ListField(
        child=serializers.IntegerField(min_value=1),
        max_length=1_000,
        required=False,
        default=list,
        help_text="Those of them who are added although something speaks against it.",
    )
    anyway_all = serializers.BooleanField(required=False, default=False, help_text="All of them are.")
    join_project = serializers.BooleanField(
        required=False, default=False, help_text="They join the campaign's project too."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one way to say who is meant."""
        if len({"candidates", "question"} & set(attrs)) + attrs["everybody"] != 1:
            said = "Name candidates, a question, or everybody."
            raise serializers.ValidationError({"candidates": [said]})
        return attrs

    def people(self, campaign: Campaign, viewer: User) -> list[int]:
        """Candidate ids of whoever is meant; raises Invalid for a search that finds too many."""
        said = self.validated_data
        if said["everybody"]:
            return project_candidate_ids(viewer, campaign.project)
        if "question" in said:
            return screening.found_by(said["question"], viewer=viewer)
        found: list[int] = said["candidates"]
        return found


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
        said = asked.validated_data
        found = screening.screen(
            campaign=campaign, candidate_ids=asked.people(campaign, caller), viewer=caller
        )
        anyway = set(found.doubtful) if said["anyway_all"] else set(said["anyway"])
        result = screening.add(
            campaign=campaign,
            found=found,
            anyway=anyway,
            actor=caller,
            now=timezone.now(),
            join_project=said["join_project"],
        )
        left_out = {pk: texts for pk, texts in found.doubtful.items() if pk not in anyway}
        answer = {"added": sorted(result.added), "refused": found.refused, "left_out": left_out}
        return Response(AddedRecipientsSerializer(answer).data)
