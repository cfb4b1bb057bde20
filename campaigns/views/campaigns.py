"""Pages of a campaign: list, overview, steps, settings, and the buttons Start, Pause, Resume."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.permissions import Right, can, needs
from campaigns import enrolment, lifecycle, preview, selectors, statistics
from campaigns.forms import CampaignForm, SettingsForm, StepForm
from campaigns.models import Campaign, Recipient, Step
from campaigns.states import Hold, Progress, badge
from foundation.problems import Invalid
from sourcing import selectors as sourcing_selectors
from sourcing.models import ProjectRole
from sourcing.views.projects import project_frame

TABS = (("overview", "Overview"), ("steps", "Steps"), ("recipients", "Recipients"), ("settings", "Settings"))


def campaign_frame(request: HttpRequest, campaign: Campaign, active: str) -> dict[str, object]:
    """What every tab of a campaign shows around its content."""
    counts = {
        "steps": Step.objects.for_organisation(campaign.organisation_id).filter(campaign=campaign).count(),
        "recipients": Recipient.objects.for_organisation(campaign.organisation_id)
        .filter(campaign=campaign)
        .count(),
    }
    return {
        "campaign": campaign,
        "may_edit": can(request.user, Right.CAMPAIGN_EDIT),
        "may_start": can(request.user, Right.CAMPAIGN_START),
        "nav_active": "projects",
        "tabs": [
            {
                "label": label,
                "url": reverse(f"campaigns:{name}", args=[campaign.pk]),
                "active": name == active,
                "count": counts.get(name),
            }
            for name, label in TABS
        ],
    }


@needs(Right.CAMPAIGN_VIEW)
def index(request: HttpRequest) -> HttpResponse:
    """All campaigns of the organisation."""
    return render(request, "campaigns/index.html", {"campaigns": selectors.campaigns(_user(request))})


@needs(Right.CAMPAIGN_VIEW)
def of_project(request: HttpRequest, project_id: int) -> HttpResponse:
    """The Outreach tab of a project."""
    project = sourcing_selectors.project_for(_user(request), project_id)
    context = project_frame(request, project, active="outreach")
    context["campaigns"] = selectors.campaigns(_user(request)).filter(project=project)
    context["may_edit"] = can(request.user, Right.CAMPAIGN_EDIT)
    return render(request, "campaigns/of_project.html", context)


@needs(Right.CAMPAIGN_EDIT)
@require_http_methods(["GET", "POST"])
def create(request: HttpRequest, project_id: int) -> HttpResponse:
    """A new draft; afterwards its first step."""
    user = _user(request)
    project = sourcing_selectors.project_for(user, project_id, role=ProjectRole.EDITOR)
    form = CampaignForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        campaign = lifecycle.create_campaign(project=project, name=form.cleaned_data["name"], actor=user)
        step = statistics.by_step(campaign)[0].step
        return redirect("campaigns:step", campaign.pk, step.pk)
    status = 422 if request.method == "POST" else 200
    return render(request, "campaigns/create.html", {"form": form, "project": project}, status=status)


@needs(Right.CAMPAIGN_VIEW)
def overview(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Funnel, next sends, problems."""
    campaign = selectors.campaign_for(_user(request), campaign_id)
    context = campaign_frame(request, campaign, "overview")
    counts = statistics.standings(campaign)
    context.update(
        funnel=statistics.funnel(campaign),
        steps=statistics.by_step(campaign),
        next_sends=statistics.next_sends(campaign),
        problems=_problems(campaign, counts),
        missing=lifecycle.missing_for_start(campaign) if campaign.status == "draft" else [],
        now=timezone.now(),
    )
    return render(request, "campaigns/overview.html", context)


def _problems(campaign: Campaign, counts: dict[str, int]) -> list[dict[str, object]]:
    """What needs a person, with where to press."""
    words = (
        (Hold.NEEDS_ATTENTION, "triangle-alert", "text-warning", "need attention"),
        (Hold.UNCERTAIN_SEND, "circle-help", "text-warning", "have an uncertain send"),
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


@needs(Right.CAMPAIGN_VIEW)
def steps(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """All steps in order."""
    campaign = selectors.campaign_for(_user(request), campaign_id)
    context = campaign_frame(request, campaign, "steps")
    context["steps"] = statistics.by_step(campaign)
    return render(request, "campaigns/steps.html", context)


@needs(Right.CAMPAIGN_EDIT)
@require_POST
def add_step(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """An empty step at the end, opened for writing."""
    user = _user(request)
    campaign = selectors.campaign_for(user, campaign_id)
    step = lifecycle.add_step(campaign=campaign, subject="", body="", days=3, actor=user)
    return redirect("campaigns:step", campaign.pk, step.pk)


@needs(Right.CAMPAIGN_EDIT)
@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, campaign_id: int, step_id: int) -> HttpResponse:
    """Write one step; beside it what the first person of the campaign would get."""
    user = _user(request)
    found = selectors.step_for(user, campaign_id, step_id)
    campaign = selectors.campaign_for(user, campaign_id)
    initial = {
        "subject": found.subject,
        "body": found.body,
        "days": found.days,
        "new_thread": found.new_thread,
    }
    form = StepForm(request.POST or None, initial=initial, step=found)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            reached = lifecycle.edit_step(
                step=found,
                subject=data["subject"],
                body=data["body"],
                days=data.get("days") or 0,
                new_thread=bool(data.get("new_thread")),
                actor=user,
            )
        except Invalid as problem:
            for name, text in problem.fields.items():
                form.add_error(name, text)
        else:
            messages.success(request, f"Saved. It reaches {reached} people.")
            return redirect("campaigns:step", campaign.pk, found.pk)
    context = campaign_frame(request, campaign, "steps")
    context.update(form=form, step=found, preview=preview.of_step(found), problems=preview.problems(found))
    return render(request, "campaigns/step.html", context, status=422 if form.errors else 200)


@needs(Right.CAMPAIGN_EDIT)
@require_POST
def remove_step(request: HttpRequest, campaign_id: int, step_id: int) -> HttpResponse:
    """Take a step of a draft away."""
    user = _user(request)
    lifecycle.remove_step(step=selectors.step_for(user, campaign_id, step_id), actor=user)
    messages.success(request, "Step removed.")
    return redirect("campaigns:steps", campaign_id)


@needs(Right.CAMPAIGN_EDIT)
@require_http_methods(["GET", "POST"])
def settings(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """*When to send* and *Recipient email*."""
    user = _user(request)
    campaign = selectors.campaign_for(user, campaign_id)
    initial = {
        "name": campaign.name,
        "mailbox": campaign.mailbox_id,
        "preference": campaign.preference,
        "specific_time": f"{campaign.specific_time:%H:%M}" if campaign.specific_time else "",
        "zone": campaign.zone,
        "allowed_days": campaign.allowed_days,
        "daily_limit": campaign.daily_limit,
        "prefer": campaign.prefer,
        "strict_type": campaign.strict_type,
    }
    form = SettingsForm(request.POST or None, initial=initial, campaign=campaign)
    if request.method == "POST" and form.is_valid():
        try:
            lifecycle.change_settings(campaign=campaign, actor=user, **form.cleaned_data)
        except lifecycle.AlreadyStarted as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, "Settings saved.")
            return redirect("campaigns:settings", campaign.pk)
    context = campaign_frame(request, campaign, "settings")
    context["form"] = form
    return render(request, "campaigns/settings.html", context, status=422 if form.errors else 200)


@needs(Right.CAMPAIGN_START)
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """GET says what will happen, POST starts. A second press finds it started and says so."""
    user = _user(request)
    campaign = selectors.campaign_for(user, campaign_id)
    if request.method == "POST":
        was_draft = campaign.status == "draft"
        campaign = lifecycle.start(campaign=campaign, actor=user, now=timezone.now())
        messages.success(request, "Campaign started." if was_draft else "It was already started.")
        return redirect("campaigns:overview", campaign.pk)
    context = campaign_frame(request, campaign, "overview")
    context.update(
        preview.of_start(campaign, now=timezone.now()), missing=lifecycle.missing_for_start(campaign)
    )
    return render(request, "campaigns/start.html", context)


@needs(Right.CAMPAIGN_START)
@require_POST
def pause(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Nothing leaves afterwards; names what was already being handed over."""
    user = _user(request)
    paused = lifecycle.pause(
        campaign=selectors.campaign_for(user, campaign_id), actor=user, now=timezone.now()
    )
    if paused.in_flight:
        count = len(paused.in_flight)
        messages.warning(
            request,
            f"Paused. {count} message{'s were' if count > 1 else ' was'} already being handed to the mail server.",
        )
    else:
        messages.success(request, "Paused. Nothing leaves until you resume.")
    return redirect("campaigns:overview", campaign_id)


@needs(Right.CAMPAIGN_START)
@require_POST
def resume(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Go on, never in a burst."""
    user = _user(request)
    lifecycle.resume(campaign=selectors.campaign_for(user, campaign_id), actor=user, now=timezone.now())
    messages.success(request, "Resumed. What was overdue is planned anew.")
    return redirect("campaigns:overview", campaign_id)


@needs(Right.CAMPAIGN_EDIT)
@require_http_methods(["GET", "POST"])
def add_from_project(request: HttpRequest, project_id: int) -> HttpResponse:
    """Selected people of a project into one of its campaigns; without a choice, the page that asks for one."""
    user = _user(request)
    project = sourcing_selectors.project_for(user, project_id, role=ProjectRole.EDITOR)
    chosen = [int(value) for value in request.POST.getlist("candidate") if value.isdigit()]
    campaigns = selectors.campaigns(user).filter(project=project)
    campaign_id = request.POST.get("campaign", "")
    if request.method == "POST" and campaign_id.isdigit():
        campaign = selectors.campaign_for(user, int(campaign_id))
        result = enrolment.add_people(
            campaign=campaign,
            candidate_ids=chosen or sourcing_selectors.project_candidate_ids(user, project),
            actor=user,
            now=timezone.now(),
        )
        _tell(request, result)
        return redirect("campaigns:recipients", campaign.pk)
    context = {"project": project, "campaigns": campaigns, "chosen": chosen}
    return render(request, "campaigns/choose.html", context)


def _tell(request: HttpRequest, result: enrolment.Enrolment) -> None:
    added = len(result.added)
    messages.success(request, f"{added} {'person' if added == 1 else 'people'} added.")
    for reason in dict.fromkeys(result.refused.values()):
        count = sum(1 for other in result.refused.values() if other == reason)
        messages.warning(request, f"{count} left out: {reason}.")


def badge_words() -> list[tuple[str, str]]:
    """Value and word of every standing the recipients page filters by."""
    progress = [(p.value, badge(p, Hold.NONE)) for p in Progress]
    holds = [(h.value, badge(Progress.STARTED, h)) for h in Hold if h is not Hold.NONE]
    return progress + holds


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
