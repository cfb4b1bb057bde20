"""The numbers of a campaign and the outreach report over the API, counted as ``campaigns.definitions`` says."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right, viewer_of
from campaigns import reporting, selectors, statistics, variant_figures
from campaigns.api.variants import FiguresSerializer
from campaigns.models import Campaign
from foundation.problems import Invalid
from foundation.sparse_fields import narrowed


class FunnelStageSerializer(serializers.Serializer[statistics.Stage]):
    """One bar of the funnel, in people; ``share`` in per cent of all of them, ``of_before`` of the stage before."""

    stage = serializers.CharField(source="name", help_text="Its word: Recipients, Written to, Delivered …")
    what_it_counts = serializers.CharField(source="definition.text")
    people = serializers.IntegerField()
    share = serializers.FloatField()
    of_before = serializers.IntegerField(allow_null=True)


class StepNumbersSerializer(serializers.Serializer[Any]):
    """How one step fared: e-mails ``sent`` and ``bounced``, people who ``opened``, ``replied``, are ``interested``."""

    step = serializers.IntegerField(source="line.step.pk")
    position = serializers.IntegerField(source="line.step.position")
    subject = serializers.CharField(source="line.step.subject")
    sent = serializers.IntegerField(source="line.sent")
    bounced = serializers.IntegerField(source="line.bounced")
    opened = serializers.IntegerField(
        source="line.opened", allow_null=True, help_text="Null: it is not tracked."
    )
    replied = serializers.IntegerField(source="line.replied")
    interested = serializers.IntegerField(source="line.interested")
    rate = serializers.IntegerField(
        source="line.rate", help_text="Replies per hundred e-mails that did not come back."
    )
    variants = FiguresSerializer(many=True, help_text="Empty for a step with one text.")


class DayNumbersSerializer(serializers.Serializer[Any]):
    """One day: e-mails handed over, how many of them came back, people whose reply was read."""

    day = serializers.DateField()
    sent = serializers.IntegerField()
    bounced = serializers.IntegerField()
    replied = serializers.IntegerField()


class MemberNumbersSerializer(serializers.Serializer[statistics.MemberFigures]):
    """People whom one member added, and how far they came; ``Nobody`` for a member who is gone."""

    member = serializers.CharField()
    added = serializers.IntegerField()
    written_to = serializers.IntegerField()
    delivered = serializers.IntegerField()
    replied = serializers.IntegerField()


class NumbersSerializer(serializers.Serializer[Any]):
    """The numbers of one campaign. Of a large one ask only for what you need: each part is counted by itself."""

    standings = serializers.DictField(
        child=serializers.IntegerField(), help_text="People by progress, of those on hold by hold."
    )
    funnel = FunnelStageSerializer(many=True)
    steps = StepNumbersSerializer(many=True)
    days = DayNumbersSerializer(
        many=True, help_text="In the campaign's zone, those on which anything happened."
    )
    members = MemberNumbersSerializer(many=True)


class _Numbers:
    """Each part is counted when it is shown."""

    def __init__(self, campaign: Campaign) -> None:
        self._campaign = campaign

    @property
    def standings(self) -> dict[str, int]:
        return statistics.standings(self._campaign)

    @property
    def funnel(self) -> Sequence[statistics.Stage]:
        return statistics.funnel(self._campaign, self.members)

    @property
    def steps(self) -> list[dict[str, Any]]:
        compared = variant_figures.of_campaign(self._campaign)
        return [
            {"line": line, "variants": compared[line.step.pk].lines if line.step.pk in compared else []}
            for line in statistics.by_step(self._campaign)
        ]

    @property
    def days(self) -> Sequence[statistics.DayFigures]:
        return statistics.by_day(self._campaign)

    @cached_property
    def members(self) -> Sequence[statistics.MemberFigures]:
        return statistics.by_member(self._campaign)


class CampaignNumbers(APIView):
    """``/api/v1/campaigns/<id>/numbers/``: what its Overview shows."""

    right = Right.CAMPAIGN_VIEW

    @extend_schema(operation_id="campaigns_numbers", responses=NumbersSerializer)
    def get(self, request: Request, campaign_id: int) -> Response:
        """Funnel, steps, days, and members who added people; what each counts stands in docs/reports.md."""
        campaign = selectors.campaign_for(viewer_of(request), campaign_id)
        return Response(narrowed(NumbersSerializer(_Numbers(campaign)), request))


class ReportLineSerializer(serializers.Serializer[reporting.Line]):
    """What one member did: e-mails ``sent``, ``bounced`` and ``single``; people ``written_to`` and ``replied``."""

    member = serializers.CharField()
    sent = serializers.IntegerField()
    bounced = serializers.IntegerField()
    single = serializers.IntegerField()
    written_to = serializers.IntegerField()
    replied = serializers.IntegerField()


class ReportSerializer(serializers.Serializer[Any]):
    """Outreach of the organisation from ``first`` to ``last``, in whole days of its zone."""

    first = serializers.DateField()
    last = serializers.DateField()
    lines = ReportLineSerializer(many=True, help_text="By member, who sent most first.")
    total = ReportLineSerializer(help_text="Somebody two members wrote to counts once.")
    days = DayNumbersSerializer(many=True, help_text="Those on which anything happened.")


class OutreachReport(APIView):
    """``/api/v1/reports/outreach/``: Reports → Outreach."""

    right = Right.CAMPAIGN_VIEW

    @extend_schema(
        operation_id="reports_outreach",
        parameters=[
            OpenApiParameter(
                "days",
                enum=list(reporting.PERIODS),
                description=f"How far it looks back, {reporting.DEFAULT} by default.",
            )
        ],
        responses=ReportSerializer,
    )
    def get(self, request: Request) -> Response:
        """The last days by member, today included; what each figure counts stands in docs/reports.md."""
        days = request.query_params.get("days", reporting.DEFAULT)
        if days not in reporting.PERIODS:
            raise Invalid(fields={"days": f"One of {', '.join(reporting.PERIODS)}."})
        found = reporting.report(viewer=viewer_of(request), now=timezone.now(), days=int(days))
        by_day = [
            {"day": day, "sent": sent, "bounced": bounced, "replied": replied}
            for day, (sent, bounced, replied) in found.days.items()
        ]
        shown = {
            "first": found.first,
            "last": found.last,
            "lines": found.lines,
            "total": found.total,
            "days": by_day,
        }
        return Response(narrowed(ReportSerializer(shown), request))
