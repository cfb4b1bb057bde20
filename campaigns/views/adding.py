"""Adding people to a campaign: from a project, from the search, and the question about whoever is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.permissions import Right, needs, viewer_of
from campaigns import screening, selectors
from campaigns.models import Campaign
from foundation.problems import Invalid
from sourcing import selectors as sourcing_selectors
from sourcing.models import Candidate, ProjectRole
from sourcing.search.question import Question
from sourcing.views.requests import number, numbers

#: How many people of each kind the question names; of the others it says how many they are.
NAMED = 50


@dataclass(frozen=True)
class Chosen:
    """Whom a form means, the fields that say it again, and the address it is posted to."""

    ids: list[int]
    again: list[tuple[str, str]]
    url: str
    parent: str
    parent_url: str


@needs(Right.CAMPAIGN_EDIT)
@require_http_methods(["GET", "POST"])
def add_from_project(request: HttpRequest, project_id: int) -> HttpResponse:
    """Selected people of a project, or everybody in it, into one of its campaigns."""
    user = viewer_of(request)
    project = sourcing_selectors.project_for(user, project_id, role=ProjectRole.EDITOR)
    # "Select all" means the project, not the page whose boxes are ticked.
    ticked = [] if request.POST.get("everything") else numbers(request.POST.getlist("candidate"))
    chosen = Chosen(
        ids=ticked or list(sourcing_selectors.project_candidate_ids(user, project)),
        again=[("candidate", str(pk)) for pk in ticked],
        url=reverse("campaigns:add_from_project", args=[project.pk]),
        parent=project.name,
        parent_url=reverse("campaigns:of_project", args=[project.pk]),
    )
    return _into_a_campaign(request, chosen, selectors.campaigns(user).filter(project=project))


@needs(Right.CAMPAIGN_EDIT)
@require_http_methods(["GET", "POST"])
def add_all(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Everybody of the campaign's project; GET asks first."""
    user = viewer_of(request)
    campaign = selectors.campaign_for(user, campaign_id, role=ProjectRole.EDITOR)
    chosen = Chosen(
        ids=list(sourcing_selectors.project_candidate_ids(user, campaign.project)),
        again=[],
        url=reverse("campaigns:add_all", args=[campaign.pk]),
        parent=campaign.name,
        parent_url=reverse("campaigns:recipients", args=[campaign.pk]),
    )
    return _screened(request, chosen, campaign, ask=request.method == "GET")


@needs(Right.CAMPAIGN_EDIT)
@require_POST
def add_from_search(request: HttpRequest) -> HttpResponse:
    """Ticked people of the list, or everybody a search finds, into any campaign and its project."""
    user = viewer_of(request)
    if request.POST.get("everything") == "1":
        question = Question.posted(request.POST)
        ids = screening.found_by(question, viewer=user)
        again = [("everything", "1"), ("question", question.as_query())]
    else:
        ids = numbers(request.POST.getlist("candidate"))
        again = [("candidate", str(pk)) for pk in ids]
    if not ids:
        raise Invalid("Nobody is selected. Go back and tick the people you mean.")
    chosen = Chosen(
        ids=ids,
        again=again,
        url=reverse("campaigns:add_from_search"),
        parent="People",
        parent_url=reverse("sourcing:people"),
    )
    return _into_a_campaign(request, chosen, selectors.campaigns(user), join_project=True)


def _into_a_campaign(
    request: HttpRequest, chosen: Chosen, campaigns: QuerySet[Campaign], *, join_project: bool = False
) -> HttpResponse:
    """The campaign asked for; without one the page that asks."""
    user = viewer_of(request)
    campaign_id = number(request.POST.get("campaign"))
    if campaign_id is None:
        context = {"chosen": chosen, "campaigns": campaigns[:200], "count": len(chosen.ids)}
        return render(request, "campaigns/choose.html", context)
    campaign = selectors.campaign_for(user, campaign_id, role=ProjectRole.EDITOR)
    return _screened(request, chosen, campaign, join_project=join_project)


def _screened(
    request: HttpRequest, chosen: Chosen, campaign: Campaign, *, ask: bool = False, join_project: bool = False
) -> HttpResponse:
    """Add who may be added; whoever something speaks against is asked about once and left out unless ticked."""
    user = viewer_of(request)
    found = screening.screen(campaign=campaign, candidate_ids=chosen.ids, viewer=user)
    if ask or (found.doubtful and not request.POST.get("asked")):
        return _question(request, chosen, campaign, found)
    ticked = (
        set(found.doubtful)
        if request.POST.get("anyway_all")
        else set(numbers(request.POST.getlist("anyway")))
    )
    added = screening.add(
        campaign=campaign,
        found=found,
        anyway=ticked,
        actor=user,
        now=timezone.now(),
        join_project=join_project,
    ).added
    _tell(request, found, len(added), len(found.doubtful) - len(ticked & set(found.doubtful)))
    return redirect("campaigns:recipients", campaign.pk)


def _question(
    request: HttpRequest, chosen: Chosen, campaign: Campaign, found: screening.Screening
) -> HttpResponse:
    user = viewer_of(request)
    context = {
        "chosen": chosen,
        "campaign": campaign,
        "clean": len(found.clean),
        "without_address": found.without_address,
        "doubtful": _named(user, found.doubtful),
        "doubtful_count": len(found.doubtful),
        "refused": _named(user, {pk: [why] for pk, why in found.refused.items()}),
        "refused_count": len(found.refused),
    }
    return render(request, "campaigns/add.html", context)


def _named(user: User, told: Mapping[int, list[str]]) -> list[tuple[Candidate, list[str]]]:
    people = sourcing_selectors.visible_candidates(user).filter(pk__in=told).order_by("-pk")[:NAMED]
    return [(person, told[person.pk]) for person in people]


def _tell(request: HttpRequest, found: screening.Screening, added: int, left_out: int) -> None:
    messages.success(request, f"{added:,} {'person' if added == 1 else 'people'} added.")
    if left_out:
        messages.info(request, f"{left_out:,} left out: something speaks against them.")
    for reason in dict.fromkeys(found.refused.values()):
        count = sum(1 for other in found.refused.values() if other == reason)
        messages.warning(request, f"{count:,} left out: {reason}.")
