"""Pages of a campaign: list, overview, settings, and the buttons Start, Pause, Resume."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Right, can, needs, viewer_of
from campaigns import (
    editing,
    lifecycle,
    preview,
    readiness,
    selectors,
    sender_changes,
    sender_troubles,
    senders,
    slots,
    statistics,
)
from campaigns.forms import CampaignForm, SenderForm, SettingsForm
from campaigns.models import Campaign
from campaigns.states import ACTIVE, Hold, Progress
from campaigns.views.frame import campaign_frame
from campaigns.views.numbers import numbers_of
from foundation.paging import keyset
from foundation.problems import Invalid, Problem
from outreach import deliverability
from outreach.sending_days import resolve
from sourcing import selectors as sourcing_selectors
from sourcing.models import ProjectRole
from sourcing.views.problems import onto_form
from sourcing.views.projects import project_frame

PAGE = 50


@needs(Right.CAMPAIGN_VIEW)
def index(request: HttpRequest) -> HttpResponse:
    """The campaigns the viewer may open, newest first."""
    page = keyset(
        selectors.campaigns(viewer_of(request)), order=("-pk",), after=request.GET.get("after"), size=PAGE
    )
    return render(request, "campaigns/index.html", {"campaigns": page.rows, "page": page})


@needs(Right.CAMPAIGN_VIEW)
def of_project(request: HttpRequest, project_id: int) -> HttpResponse:
    """The Outreach tab of a project."""
    project = sourcing_selectors.project_for(viewer_of(request), project_id)
    context = project_frame(request, project, active="outreach")
    campaigns = list(
        selectors.campaigns(viewer_of(request)).filter(project=project).select_related("mailbox__owner")
    )
    context["campaigns"] = campaigns
    context["troubles"] = sender_troubles.of(campaigns, viewer=viewer_of(request), now=timezone.now())
    context["may_edit"] = bool(context["may_edit_project"]) and can(request.user, Right.CAMPAIGN_EDIT)
    return render(request, "campaigns/of_project.html", context)


@needs(Right.CAMPAIGN_EDIT)
@require_http_methods(["GET", "POST"])
def create(request: HttpRequest, project_id: int) -> HttpResponse:
    """A new draft; afterwards its first step."""
    user = viewer_of(request)
    project = sourcing_selectors.project_for(user, project_id, role=ProjectRole.EDITOR)
    form = CampaignForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        campaign = editing.create_campaign(project=project, name=form.cleaned_data["name"], actor=user)
        step = statistics.by_step(campaign)[0].step
        return redirect("campaigns:step", campaign.pk, step.pk)
    status = 422 if request.method == "POST" else 200
    return render(request, "campaigns/create.html", {"form": form, "project": project}, status=status)


@needs(Right.CAMPAIGN_VIEW)
def overview(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Funnel, next sends, problems."""
    campaign = selectors.campaign_for(viewer_of(request), campaign_id)
    context = campaign_frame(request, campaign, "overview")
    counts = statistics.standings(campaign)
    now = timezone.now()
    context.update(
        numbers_of(request, campaign),
        next_sends=statistics.next_sends(campaign),
        problems=_problems(campaign, counts),
        missing=lifecycle.missing_for_start(campaign) if campaign.status == "draft" else [],
        unready=readiness.warnings(campaign) if campaign.status == "draft" else [],
        troubles=sender_troubles.of([campaign], viewer=viewer_of(request), now=now),
        now=now,
    )
    return render(request, "campaigns/overview.html", context)


def _problems(campaign: Campaign, counts: dict[str, int]) -> list[dict[str, object]]:
    """What needs a person, with where to press."""
    words = (
        (Hold.NEEDS_ATTENTION, "triangle-alert", "text-warning", "need attention"),
        (Hold.UNCERTAIN_SEND, "circle-question-mark", "text-warning", "have an uncertain send"),
        (Hold.POSSIBLE_REPLY, "message-circle-question-mark", "text-warning", "may have replied"),
        (Progress.BOUNCED, "mail-x", "text-error", "bounced, no address left"),
    )
    return [
        {
            "icon": icon,
            "tone": tone,
            "count": counts[key],
            "text": text,
            "url": f"{reverse('campaigns:recipients', args=[campaign.pk])}?standing={key}",
        }
        for key, icon, tone, text in words
        if counts.get(key)
    ]


@needs(Right.CAMPAIGN_EDIT)
@require_http_methods(["GET", "POST"])
def settings(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """*When to send*, *Recipient email*, sender, days, limits, stop rules."""
    user = viewer_of(request)
    campaign = selectors.campaign_for(user, campaign_id, role=ProjectRole.EDITOR)
    initial = {name: getattr(campaign, name) for name in editing.SETTINGS}
    initial["specific_time"] = f"{campaign.specific_time:%H:%M}" if campaign.specific_time else ""
    form = SettingsForm(request.POST or None, initial=initial, campaign=campaign)
    if request.method == "POST" and form.is_valid():
        try:
            editing.change_settings(campaign=campaign, actor=user, now=timezone.now(), **form.cleaned_data)
        except (editing.AlreadyStarted, Invalid) as problem:
            onto_form(problem, form)
        else:
            messages.success(request, "Settings saved.")
            return redirect("campaigns:settings", campaign.pk)
    context = campaign_frame(request, campaign, "settings")
    context |= {"form": form, "sections": slots.sections_of(campaign, user)}
    return render(request, "campaigns/settings.html", context, status=422 if form.errors else 200)


@needs(Right.CAMPAIGN_EDIT)
@require_http_methods(["GET", "POST"])
def sender(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """*Choose a sender*: asked for when the account it was sent from is gone (seed 002)."""
    user = viewer_of(request)
    campaign = selectors.campaign_for(user, campaign_id, role=ProjectRole.EDITOR)
    form = SenderForm(request.POST or None, campaign=campaign, initial={"mailbox": campaign.mailbox_id})
    if request.method == "POST" and form.is_valid():
        try:
            changed = sender_changes.change(
                campaign=campaign,
                mailbox=form.cleaned_data["mailbox"],
                steps=form.by_step(),
                actor=user,
                now=timezone.now(),
            )
        except Problem as problem:
            form.add_error(None, str(problem))
        else:
            goes_on = campaign.status == "paused" and changed.status != "paused"
            messages.success(request, "The campaign goes on." if goes_on else "Sender saved.")
            return redirect("campaigns:overview", campaign.pk)
    context = campaign_frame(request, campaign, "settings")
    context.update(
        form=form,
        running=campaign.status in ACTIVE,
        waits=campaign.status == "paused" and campaign.lane.held in senders.HELD_FOR_SENDER,
        unreadable=senders.unreadable(campaign),
    )
    return render(request, "campaigns/sender.html", context, status=422 if form.errors else 200)


@needs(Right.CAMPAIGN_START)
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """GET says what will happen, POST starts. A second press finds it started and says so."""
    user = viewer_of(request)
    campaign = selectors.campaign_for(user, campaign_id, role=ProjectRole.EDITOR)
    if request.method == "POST":
        was_draft = campaign.status == "draft"
        campaign = lifecycle.start(campaign=campaign, actor=user, now=timezone.now())
        messages.success(request, "Campaign started." if was_draft else "It was already started.")
        return redirect("campaigns:overview", campaign.pk)
    if campaign.status != "draft":
        return redirect("campaigns:overview", campaign.pk)
    context = campaign_frame(request, campaign, "overview")
    context.update(
        preview.of_start(campaign),
        missing=lifecycle.missing_for_start(campaign),
        unready=readiness.warnings(campaign),
    )
    if not context["when_later"] or "when" in request.GET:
        context.update(preview.when_of_start(campaign, now=timezone.now()), when_later=False)
    own = list(senders.own_senders(campaign))
    mailboxes = {
        box.pk: box for box in [campaign.mailbox, *(step.mailbox for step in own)] if box is not None
    }
    context["own_senders"] = own
    context["mailbox_warnings"] = [
        (box, warnings)
        for box in mailboxes.values()
        if (warnings := deliverability.warnings(box, now=timezone.now()))
    ]
    return render(request, "campaigns/start.html", context)


@needs(Right.CAMPAIGN_START)
@require_POST
def pause(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Nothing leaves afterwards; names what was already being handed over."""
    user = viewer_of(request)
    campaign = selectors.campaign_for(user, campaign_id, role=ProjectRole.EDITOR)
    resume_at = _moment(request.POST.get("resume_at", ""), campaign)
    paused = lifecycle.pause(campaign=campaign, actor=user, now=timezone.now(), resume_at=resume_at)
    if paused.in_flight:
        count = len(paused.in_flight)
        messages.warning(
            request,
            f"Paused. {count} message{'s were' if count > 1 else ' was'} already being handed to the mail server.",
        )
    else:
        until = "it goes on by itself" if resume_at else "you resume"
        messages.success(request, f"Paused. Nothing leaves until {until}.")
    return redirect("campaigns:overview", campaign_id)


def _moment(text: str, campaign: Campaign) -> datetime | None:
    """A local date and time in the campaign's zone, as a browser's field gives it; empty: none."""
    if not text:
        return None
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        local = None
    if local is None or local.tzinfo is not None:
        raise Invalid("This is not a date and a time.", fields={"resume_at": "As 2026-05-12T09:00."})
    return resolve(local.date(), local.time(), ZoneInfo(campaign.zone))


@needs(Right.CAMPAIGN_START)
@require_POST
def resume(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Go on, never in a burst."""
    user = viewer_of(request)
    lifecycle.resume(
        campaign=selectors.campaign_for(user, campaign_id, role=ProjectRole.EDITOR),
        actor=user,
        now=timezone.now(),
    )
    messages.success(request, "Resumed. What was overdue is planned anew.")
    return redirect("campaigns:overview", campaign_id)
