"""People of a campaign: the list, and the dialogue of one of them."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.permissions import Right, needs, viewer_of
from campaigns import enrolment, selectors, statistics
from campaigns.models import Campaign, Recipient
from campaigns.states import GOING, Hold, Progress, badge
from campaigns.views.dialogue import dialogue_context
from campaigns.views.frame import campaign_frame
from foundation.paging import keyset
from foundation.problems import Missing
from sourcing import selectors as sourcing_selectors
from sourcing import slots
from sourcing.models import Project, ProjectRole
from sourcing.views.requests import number, numbers, private, wants_part

PAGE = 50
#: How many people the question before adding names; of the others it says how many they are.
WARNED = 50


@needs(Right.CAMPAIGN_VIEW)
def recipients(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Everybody of the campaign, filtered by standing."""
    user = viewer_of(request)
    campaign = selectors.campaign_for(user, campaign_id)
    standing = request.GET.get("standing", "")
    chosen = number(request.GET.get("recipient"))
    opened = selectors.recipient_for(user, chosen) if chosen is not None else None
    if opened is not None and opened.campaign_id != campaign.pk:
        raise Missing("There is no such recipient.")
    dialogue = {} if opened is None else dialogue_context(request, opened)
    close_url = _here(request, None)
    if opened is not None and wants_part(request, "drawer"):
        return private(
            render(request, "campaigns/_recipient_drawer.html", dialogue | {"close_url": close_url})
        )
    page = keyset(
        selectors.recipients(campaign, word=standing),
        order=("pk",),
        after=request.GET.get("after"),
        size=PAGE,
    )
    counts = statistics.standings(campaign)
    context = campaign_frame(request, campaign, "recipients")
    context.update(
        dialogue,
        close_url=close_url,
        opened=opened,
        row_query=_here(request, 0)[:-1],
        here=request.get_full_path(),
        rows=[(recipient, selectors.word_of(recipient), _may_pause(recipient)) for recipient in page.rows],
        page=page,
        standing=standing,
        filters=[(value, word, counts[value]) for value, word in badge_words() if counts.get(value)],
        total=sum(counts.values()),
        member_total=sourcing_selectors.project_members(user, campaign.project).count(),
    )
    return private(render(request, "campaigns/recipients.html", context))


def _may_pause(recipient: Recipient) -> bool:
    return recipient.progress in GOING and recipient.hold in {Hold.NONE, Hold.OUT_OF_OFFICE}


def _here(request: HttpRequest, recipient_id: int | None) -> str:
    """This page with the dialogue of a recipient open, or closed."""
    query = request.GET.copy()
    query.pop("recipient", None)
    if recipient_id is not None:
        query["recipient"] = str(recipient_id)
    return f"{request.path}?{query.urlencode()}" if query else request.path


def badge_words() -> list[tuple[str, str]]:
    """Value and word of every standing the recipients page filters by."""
    progress = [(p.value, badge(p, Hold.NONE)) for p in Progress]
    holds = [(h.value, badge(Progress.STARTED, h)) for h in Hold if h is not Hold.NONE]
    return progress + holds


@needs(Right.CAMPAIGN_EDIT)
@require_http_methods(["GET", "POST"])
def add_from_project(request: HttpRequest, project_id: int) -> HttpResponse:
    """Selected people of a project into one of its campaigns; without a choice, the page that asks for one and says
    who else is writing to them."""
    user = viewer_of(request)
    project = sourcing_selectors.project_for(user, project_id, role=ProjectRole.EDITOR)
    # "Select all" means the project, not the page whose boxes are ticked.
    chosen = [] if request.POST.get("everything") else numbers(request.POST.getlist("candidate"))
    campaign_id = number(request.POST.get("campaign"))
    if campaign_id is not None:
        return _add(
            request, selectors.campaign_for(user, campaign_id, role=ProjectRole.EDITOR), project, chosen
        )
    return _choose(request, project, selectors.campaigns(user).filter(project=project), chosen)


@needs(Right.CAMPAIGN_EDIT)
@require_http_methods(["GET", "POST"])
def add_all(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Everybody of the campaign's project; GET says who else is writing to them first."""
    user = viewer_of(request)
    campaign = selectors.campaign_for(user, campaign_id, role=ProjectRole.EDITOR)
    if request.method == "POST":
        return _add(request, campaign, campaign.project, [])
    return _choose(request, campaign.project, selectors.campaigns(user).filter(pk=campaign_id), [])


def _choose(
    request: HttpRequest, project: Project, campaigns: QuerySet[Campaign], chosen: list[int]
) -> HttpResponse:
    """The question: which campaign, and whether whoever something speaks against is added too."""
    user = viewer_of(request)
    ids = chosen or sourcing_selectors.project_candidate_ids(user, project)
    # Who is in the one campaign there is stays as they are: nothing to think about.
    inside = set(selectors.candidate_ids(campaigns[0]) if len(campaigns) == 1 else ())
    told = {
        candidate_id: texts
        for candidate_id, texts in slots.notices_of(user, [pk for pk in ids if pk not in inside]).items()
        if texts
    }
    people = sourcing_selectors.visible_candidates(user).filter(pk__in=told).order_by("-pk")[:WARNED]
    context = {
        "project": project,
        "campaigns": campaigns,
        "chosen": chosen,
        "warned": [(person, told[person.pk]) for person in people],
        "warned_count": len(told),
    }
    return render(request, "campaigns/choose.html", context)


def _add(request: HttpRequest, campaign: Campaign, project: Project, chosen: list[int]) -> HttpResponse:
    """Add the chosen, or everybody of the project; ``careful`` leaves out whoever something speaks against,
    ``leave_out`` single people."""
    user = viewer_of(request)
    ids = chosen or sourcing_selectors.project_candidate_ids(user, project)
    spared = set(numbers(request.POST.getlist("leave_out")))
    if request.POST.get("careful"):
        spared |= {candidate_id for candidate_id, texts in slots.notices_of(user, ids).items() if texts}
    result = enrolment.add_people(
        campaign=campaign,
        candidate_ids=[candidate_id for candidate_id in ids if candidate_id not in spared],
        actor=user,
        now=timezone.now(),
    )
    _tell(request, result)
    return redirect("campaigns:recipients", campaign.pk)


def _tell(request: HttpRequest, result: enrolment.Enrolment) -> None:
    added = len(result.added)
    messages.success(request, f"{added:,} {'person' if added == 1 else 'people'} added.")
    for reason in dict.fromkeys(result.refused.values()):
        count = sum(1 for other in result.refused.values() if other == reason)
        messages.warning(request, f"{count:,} left out: {reason}.")
