"""The Calendar tab: what is planned for the next 30 days, day by day, and one day by the minute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.permissions import Right, needs, viewer_of
from campaigns import calendar, forecast, selectors
from campaigns.models import Campaign, Recipient, Step
from campaigns.views.frame import campaign_frame

#: Lines of one day; of the others the page says how many they are.
LINES = 300


@dataclass(frozen=True)
class Line:
    """One coming message or task of the chosen day."""

    at: datetime
    about: bool
    step: Step
    recipient: Recipient


@dataclass(frozen=True)
class Hour:
    """One hour of the chosen day: its messages, and the lines that are shown of it."""

    hour: int
    count: int
    share: float
    lines: Sequence[Line]


@require_GET
@needs(Right.CAMPAIGN_VIEW)
def planned(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """All days with their counts; ``?day=2026-05-12`` shows that one, else the first on which something happens."""
    campaign = selectors.campaign_for(viewer_of(request), campaign_id)
    now = timezone.now()
    shown = calendar.of_campaign(campaign, now=now)
    day = _chosen(request.GET.get("day", ""), shown)
    context = campaign_frame(request, campaign, "calendar")
    context.update(
        calendar=shown,
        days=[(each, round(100 * each.messages / (shown.busiest or 1), 1)) for each in shown.days],
        day=day,
        hours=_hours(campaign, shown, day) if day else [],
        tasks=_lines(campaign, shown, day, manual=True) if day else [],
        left_over=max(0, day.messages + day.tasks - LINES) if day and not shown.by_hours else 0,
        total=sum(each.messages for each in shown.days),
    )
    return render(request, "campaigns/calendar.html", context)


def _chosen(text: str, shown: calendar.Calendar) -> calendar.Day | None:
    try:
        wanted = date.fromisoformat(text)
    except ValueError:
        wanted = None
    days = {day.date: day for day in shown.days}
    return days.get(wanted) if wanted in days else next(iter(shown.days), None)


def _hours(campaign: Campaign, shown: calendar.Calendar, day: calendar.Day) -> list[Hour]:
    zone = ZoneInfo(campaign.zone)
    lines = [] if shown.by_hours else _lines(campaign, shown, day, manual=False)
    fullest = max(day.hours.values(), default=1)
    return [
        Hour(
            hour,
            count,
            round(100 * count / fullest, 1),
            [line for line in lines if line.at.astimezone(zone).hour == hour],
        )
        for hour, count in day.hours.items()
    ]


def _lines(campaign: Campaign, shown: calendar.Calendar, day: calendar.Day, *, manual: bool) -> list[Line]:
    zone = ZoneInfo(campaign.zone)
    entries: list[forecast.Planned] = [
        entry
        for entry in shown.planned
        if entry.manual == manual and entry.at.astimezone(zone).date() == day.date
    ][:LINES]
    people = (
        Recipient.objects.for_organisation(campaign.organisation_id)
        .select_related("candidate")
        .in_bulk([entry.person for entry in entries])
    )
    return [
        Line(entry.at, entry.about, shown.steps[entry.stage], people[entry.person])
        for entry in entries
        if entry.person in people
    ]
