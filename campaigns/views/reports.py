"""Reports → Outreach: the organisation's figures by member and period."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.permissions import Right, can, needs, viewer_of
from campaigns import charts, csv_tables, definitions, reporting


@require_GET
@needs(Right.CAMPAIGN_VIEW)
def outreach(request: HttpRequest) -> HttpResponse:
    """The last days by member, as a chart and as a table; ``?days=`` one of the periods offered."""
    days = _days(request)
    found = reporting.report(viewer=viewer_of(request), now=timezone.now(), days=int(days))
    sent = {day: (sent - bounced, bounced) for day, (sent, bounced, _) in found.days.items()}
    replied = {day: (replied,) for day, (_, _, replied) in found.days.items()}
    context = {
        "report": found,
        "periods": [
            {"label": label, "url": f"?days={value}", "active": value == days}
            for value, label in reporting.PERIODS.items()
        ],
        "days": days,
        "sent_chart": charts.draw(sent, first=found.first, last=found.last, series=2),
        "replied_chart": charts.draw(replied, first=found.first, last=found.last, series=1),
        "columns": definitions.REPORT,
        "defined": definitions,
        "may_export": can(request.user, Right.CANDIDATE_EXPORT),
    }
    return render(request, "campaigns/report.html", context)


@require_GET
@needs(Right.CANDIDATE_EXPORT)  # type: ignore[arg-type]  # a streaming response is none of Django's HttpResponse
def outreach_csv(request: HttpRequest) -> HttpResponseBase:
    """The table as a file."""
    days = _days(request)
    found = reporting.report(viewer=viewer_of(request), now=timezone.now(), days=int(days))
    return csv_tables.download(csv_tables.of_report(found), f"outreach-{found.first}-{found.last}")


def _days(request: HttpRequest) -> str:
    """The period asked for; anything else is the usual one."""
    days = request.GET.get("days", "")
    return days if days in reporting.PERIODS else reporting.DEFAULT
