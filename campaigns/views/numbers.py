"""The figures on a campaign's Overview, and each of its tables as a file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_GET

from accounts.permissions import Right, can, needs, viewer_of
from campaigns import charts, csv_tables, definitions, selectors, statistics, variant_figures
from campaigns.models import Campaign
from foundation.problems import Missing


def numbers_of(request: HttpRequest, campaign: Campaign) -> dict[str, object]:
    """What the Overview shows of the campaign's figures; of a large campaign only the address they come from later,
    unless ``?numbers`` asks for them."""
    people = statistics.recipients_of(campaign)[: statistics.COUNTED_AT_ONCE + 1].count()
    if people > statistics.COUNTED_AT_ONCE and "numbers" not in request.GET:
        return {"numbers_url": "?numbers"}
    days = statistics.by_day(campaign)
    members = statistics.by_member(campaign)
    comparisons = variant_figures.of_campaign(campaign)
    return {
        "funnel": statistics.funnel(campaign, members),
        "steps": [(line, comparisons.get(line.step.pk)) for line in statistics.by_step(campaign)],
        "members": members,
        "sent_chart": draw({line.day: (line.sent - line.bounced, line.bounced) for line in days}, series=2),
        "replied_chart": draw({line.day: (line.replied,) for line in days}, series=1),
        "defined": definitions,
        "step_definitions": [
            definitions.SENT,
            definitions.BOUNCED,
            *[definitions.OPENED] * campaign.track_opens,
            definitions.STEP_REPLIED,
            definitions.STEP_INTERESTED,
            *[definitions.COMPARED] * bool(comparisons),
        ],
        "downloads": [
            {"label": label, "url": reverse("campaigns:numbers_csv", args=[campaign.pk, name])}
            for name, (label, _) in csv_tables.OF_CAMPAIGN.items()
        ]
        if can(request.user, Right.CANDIDATE_EXPORT)
        else [],
    }


def draw(days: dict[date, Sequence[int]], *, series: int) -> charts.Chart | None:
    """The chart of what happened from the first to the last day; None if nothing has."""
    if not days:
        return None
    return charts.draw(days, first=min(days), last=max(days), series=series)


@require_GET
@needs(Right.CANDIDATE_EXPORT)  # type: ignore[arg-type]  # a streaming response is none of Django's HttpResponse
def as_csv(request: HttpRequest, campaign_id: int, table: str) -> HttpResponseBase | HttpResponse:
    """One table of the Overview as a file; an unknown one is missing."""
    campaign = selectors.campaign_for(viewer_of(request), campaign_id)
    if table not in csv_tables.OF_CAMPAIGN:
        raise Missing("There is no such table.")
    _, make = csv_tables.OF_CAMPAIGN[table]
    return csv_tables.download(make(campaign), f"{slugify(campaign.name) or 'campaign'}-{table}")
