"""Outreach Settings → Sending: the grace, the sending hours and the holidays of an organisation."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Right, can, needs, viewer_of
from foundation.problems import Invalid
from outreach import closing
from outreach.forms import HolidayForm, SendingForm
from outreach.views.suppression import settings_tabs
from sourcing.views.problems import onto_form


@needs(Right.CAMPAIGN_VIEW)
@require_http_methods(["GET", "POST"])
def sending(request: HttpRequest) -> HttpResponse:
    """Everybody reads it, an administrator changes it."""
    viewer = viewer_of(request)
    if request.method == "GET":
        return _page(request)
    form = SendingForm(request.POST)
    if form.is_valid():
        try:
            closing.change_sending(actor=viewer, **form.cleaned_data)
        except Invalid as problem:
            onto_form(problem, form)
        else:
            messages.success(request, "Saved.")
            return redirect("outreach:sending")
    return _page(request, form=form, status=422)


@needs(Right.ORGANISATION_EDIT)
@require_POST
def add_holiday(request: HttpRequest) -> HttpResponse:
    """Put a day on the list."""
    form = HolidayForm(request.POST)
    if form.is_valid():
        try:
            row = closing.add_holiday(
                actor=viewer_of(request), day=form.cleaned_data["date"], name=form.cleaned_data["name"]
            )
        except Invalid as problem:
            onto_form(problem, form)
        else:
            messages.success(request, f"{row.name} is on the list.")
            return redirect("outreach:sending")
    return _page(request, holiday=form, status=422)


@needs(Right.ORGANISATION_EDIT)
@require_POST
def remove_holiday(request: HttpRequest, holiday_id: int) -> HttpResponse:
    """Take a day off the list."""
    closing.remove_holiday(actor=viewer_of(request), holiday_id=holiday_id)
    messages.success(request, "Taken off the list.")
    return redirect("outreach:sending")


def _page(
    request: HttpRequest,
    *,
    form: SendingForm | None = None,
    holiday: HolidayForm | None = None,
    status: int = 200,
) -> HttpResponse:
    viewer = viewer_of(request)
    now = closing.sending(viewer.tenant_id)
    initial = {
        "start_grace_minutes": now.start_grace_minutes,
        "opens": f"{now.opens:%H:%M}" if now.opens else "",
        "closes": f"{now.closes:%H:%M}" if now.closes else "",
    }
    yesterday = timezone.localdate() - timedelta(days=1)
    context = {
        "form": form or SendingForm(initial=initial),
        "holiday_form": holiday or HolidayForm(),
        "holidays": closing.holidays(viewer.tenant_id),
        "yesterday": yesterday,
        "may_edit": can(viewer, Right.ORGANISATION_EDIT),
        "tabs": settings_tabs("sending", viewer),
    }
    return render(request, "outreach/sending.html", context, status=status)
