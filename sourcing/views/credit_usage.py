"""The credit report: chart, table and CSV per member and month; money per provider for administrators."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.permissions import Right, can, needs
from sourcing.bars import Placed
from sourcing.finding import selectors
from sourcing.finding import usage as reports
from sourcing.finding.usage import Month
from sourcing.views.requests import viewer_of

#: The drawing's own units; the picture scales with the page.
WIDTH, HEIGHT, GAP = 720, 160, 8


@dataclass(frozen=True)
class Bar(Placed):
    """One month of the chart: two stacked rectangles, measured in the drawing's units from the top left."""

    month: Month
    email_y: float
    email_height: float
    phone_y: float
    phone_height: float


@require_GET
@needs(Right.MEMBER_VIEW)
def usage(request: HttpRequest) -> HttpResponse:
    """The last twelve months."""
    viewer = viewer_of(request)
    report = reports.report(viewer=viewer, now=timezone.now())
    context = {
        "usage": report,
        "bars": bars(report.months),
        "most": max((month.total for month in report.months), default=0),
        "width": WIDTH,
        "height": HEIGHT,
        "credits": selectors.credits_of(viewer),
        "may_set_up": can(viewer, Right.ORGANISATION_EDIT),
    }
    return render(request, "sourcing/credit_usage.html", context)


@require_GET
@needs(Right.MEMBER_VIEW)  # type: ignore[arg-type]  # a streaming response is none of Django's HttpResponse
def usage_csv(request: HttpRequest) -> HttpResponseBase:
    """The table as a file."""
    report = reports.report(viewer=viewer_of(request), now=timezone.now())
    lines: Iterator[str] = reports.as_csv(report)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="credits.csv"'
    return response


def bars(months: list[Month]) -> list[Bar]:
    """The oldest month on the left; the highest one fills the drawing, an empty report is a base line."""
    most = max((month.total for month in months), default=0) or 1
    width = (WIDTH - GAP * (len(months) - 1)) / len(months) if months else WIDTH
    found = []
    for place, month in enumerate(reversed(months)):
        email, phone = (round(HEIGHT * count / most, 2) for count in (month.email, month.phone))
        found.append(
            Bar(
                x=round(place * (width + GAP), 2),
                width=round(width, 2),
                month=month,
                email_y=round(HEIGHT - email, 2),
                email_height=email,
                phone_y=round(HEIGHT - email - phone, 2),
                phone_height=phone,
            )
        )
    return found
