"""The planned calendar of a campaign over the API."""

from __future__ import annotations

import dataclasses
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right, viewer_of
from campaigns import calendar, selectors
from foundation.sparse_fields import narrowed


class PlannedSerializer(serializers.Serializer[Any]):
    """One coming message or manual task of a campaign."""

    at = serializers.DateTimeField(help_text="When it leaves, or when the task is due.")
    about = serializers.BooleanField(help_text="It waits for others, a limit or a task: the minute may move.")
    recipient = serializers.IntegerField(source="person")
    step = serializers.IntegerField(source="stage_id")
    manual = serializers.BooleanField(help_text="A manual task.")
    people = serializers.IntegerField(source="weight", help_text="More than one only where hours are shown.")


class CalendarSerializer(serializers.Serializer[Any]):
    """The planned calendar of one campaign."""

    until = serializers.DateTimeField()
    by_hours = serializers.BooleanField(help_text="Too many people for minutes: an entry stands for several.")
    held = serializers.IntegerField(help_text="People on hold; they are in no entry.")
    planned = PlannedSerializer(many=True)


class CampaignCalendar(APIView):
    """Every message of the next 30 days, by the rules that send; a draft as if it were started now."""

    right = Right.CAMPAIGN_VIEW

    @extend_schema(responses=CalendarSerializer)
    def get(self, request: Request, campaign_id: int) -> Response:
        """The calendar of one campaign."""
        campaign = selectors.campaign_for(viewer_of(request), campaign_id)
        shown = calendar.of_campaign(campaign, now=timezone.now())
        entries = [
            {**dataclasses.asdict(entry), "stage_id": shown.steps[entry.stage].pk} for entry in shown.planned
        ]
        answer = {"until": shown.until, "by_hours": shown.by_hours, "held": shown.held, "planned": entries}
        return Response(narrowed(CalendarSerializer(answer), request))
