"""People of a campaign: the list, and the dialogue of one of them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.permissions import Right, needs, viewer_of
from campaigns import selectors, statistics
from campaigns.models import Recipient
from campaigns.states import GOING, Hold, Progress, badge
from campaigns.views.dialogue import dialogue_context
from campaigns.views.frame import campaign_frame
from foundation.paging import keyset
from foundation.problems import Missing
from sourcing import selectors as sourcing_selectors
from sourcing.views.requests import number, private, wants_part

PAGE = 50


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
