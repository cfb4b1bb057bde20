"""What campaigns bring to sourcing's pages: the Outreach tab of a project, marks on rows, a bulk action."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right
from campaigns.models import Campaign, Recipient
from campaigns.states import ACTIVE, GOING, UNDER_WAY, Progress, badge
from sourcing import slots
from sourcing.models import Project
from sourcing.selectors import of_visible_project

#: A campaign that wrote to somebody this lately is told before another begins.
RECENTLY = timedelta(days=30)
#: The id of our slot among the notices of all rooms.
NOTICES = "campaigns"


def campaign_count(project: Project, viewer: User) -> int | None:
    """How many campaigns the tab holds."""
    return (
        Campaign.objects.for_organisation(viewer.organisation_id)
        .filter(project=project, archived_at__isnull=True)
        .count()
    )


def outreach_marks(candidate_ids: Collection[int], viewer: User) -> Mapping[int, list[slots.Mark]]:
    """The person's latest standing in a campaign, with the campaign's name below."""
    latest = (
        Recipient.objects.for_organisation(viewer.organisation_id)
        .filter(of_visible_project(viewer, "campaign__project"), candidate_id__in=candidate_ids)
        .order_by("candidate_id", "-pk")
        .distinct("candidate_id")
        .values_list("candidate_id", "progress", "hold", "campaign__name", "campaign_id")
    )
    return {
        candidate_id: [
            slots.Mark(
                label=badge(progress, hold),
                note=name,
                url=f"/campaigns/{campaign_id}/recipients/",
            )
        ]
        for candidate_id, progress, hold, name, campaign_id in latest
    }


def contact_notices(
    candidate_ids: Collection[int], viewer: User, *, recently: timedelta = RECENTLY
) -> Mapping[int, list[str]]:
    """Who is writing to these people now, and which project wrote to them in the last 30 days, or ``recently``.

    Campaigns the viewer may not open are told without name and owner. At most four queries for any number of people.
    """
    everybody = Recipient.objects.for_organisation(viewer.organisation_id).filter(
        candidate_id__in=candidate_ids
    )
    live = everybody.filter(progress__in=GOING, campaign__status__in=UNDER_WAY)
    going = list(live.select_related("campaign__owner").order_by("-pk"))
    named = _visible(live, viewer) if going else set()
    notices: dict[int, list[str]] = defaultdict(list)
    for recipient in going:
        campaign = recipient.campaign
        whose = (
            f"In {campaign.name} by {campaign.owner.name}"
            if recipient.pk in named
            else "In another campaign of your organisation"
        )
        if whose not in notices[recipient.candidate_id]:
            notices[recipient.candidate_id].append(whose)
    over = everybody.exclude(pk__in=live).filter(attempts__message__sent_at__gt=timezone.now() - recently)
    written = list(
        over.order_by("-pk")
        .annotate(last=Max("attempts__message__sent_at"))
        .values_list("pk", "candidate_id", "campaign__project__name", "last")
    )
    named = _visible(over, viewer) if written else set()
    zone = ZoneInfo(viewer.time_zone)
    for pk, candidate_id, project, at in written:
        where = project if pk in named else "another project of your organisation"
        notices[candidate_id].append(f"Written to on {at.astimezone(zone):%-d %b} in {where}")
    return notices


def _visible(recipients: QuerySet[Recipient], viewer: User) -> set[int]:
    """Those of campaigns the viewer may open."""
    rows = recipients.filter(of_visible_project(viewer, "campaign__project"))
    return set(rows.values_list("pk", flat=True))


def running_campaigns(project_ids: Collection[int], viewer: User) -> Mapping[int, int]:
    """How many campaigns of each project are under way."""
    return dict(
        Campaign.objects.for_organisation(viewer.organisation_id)
        .filter(project_id__in=project_ids, status__in=ACTIVE, archived_at__isnull=True)
        .order_by()
        .values_list("project")
        .annotate(count=Count("pk"))
    )


def replies_this_week(project_ids: Collection[int], viewer: User) -> Mapping[int, int]:
    """How many people of each project replied within the last seven days."""
    return dict(
        Recipient.objects.for_organisation(viewer.organisation_id)
        .filter(
            campaign__project_id__in=project_ids,
            progress=Progress.REPLIED,
            ended_at__gt=timezone.now() - timedelta(days=7),
        )
        .order_by()
        .values_list("campaign__project")
        .annotate(count=Count("candidate", distinct=True))
    )


def activity(project: Project, viewer: User, until: datetime | None, limit: int) -> list[slots.ActivityEntry]:
    """Campaigns made and started in the project, the newest first."""
    rows = (
        Campaign.objects.for_organisation(viewer.organisation_id)
        .filter(project=project)
        .select_related("owner", "started_by")
    )
    made = rows if until is None else rows.filter(created_at__lte=until)
    started = rows.filter(started_at__isnull=False)
    if until is not None:
        started = started.filter(started_at__lte=until)
    found = [
        _entry(campaign, campaign.created_at, "made", campaign.owner.name)
        for campaign in made.order_by("-created_at", "-pk")[:limit]
    ]
    for campaign in started.order_by("-started_at", "-pk")[:limit]:
        assert campaign.started_at is not None
        who = campaign.started_by.name if campaign.started_by else "Beckon"
        found.append(_entry(campaign, campaign.started_at, "started", who))
    return sorted(found, key=lambda entry: (entry.at, entry.key), reverse=True)[:limit]


def _entry(campaign: Campaign, at: datetime, word: str, who: str) -> slots.ActivityEntry:
    return slots.ActivityEntry(
        at=at,
        key=f"campaign:{campaign.pk:020}:{word}",
        icon="send",
        who=who,
        text=f"{word} the campaign {campaign.name}",
        url=f"/campaigns/{campaign.pk}/",
    )


slots.project_figure(
    id="running", label="Running", order=10, right=Right.CAMPAIGN_VIEW, figures=running_campaigns
)
slots.project_figure(
    id="replies", label="Replies, 7 days", order=20, right=Right.CAMPAIGN_VIEW, figures=replies_this_week
)
slots.run_page(
    id="planning",
    label="Planning",
    url=lambda run: reverse("campaigns:overview", args=[run.params["campaign_id"]]),
)
slots.project_activity(
    id="campaigns", label="Campaigns", order=20, right=Right.CAMPAIGN_VIEW, entries=activity
)
slots.contact_notice(
    id=NOTICES, label="Campaigns", order=20, right=Right.CANDIDATE_VIEW, notices=contact_notices
)
slots.project_tab(
    id="outreach",
    label="Outreach",
    order=20,
    right=Right.CAMPAIGN_VIEW,
    url_name="campaigns:of_project",
    count=campaign_count,
)
slots.project_tab(
    id="outreach_settings",
    label="Outreach Settings",
    order=25,
    right=Right.CAMPAIGN_VIEW,
    url_name="campaigns:project_settings",
)
slots.candidate_mark(
    id="outreach", label="Outreach", order=10, right=Right.CAMPAIGN_VIEW, marks=outreach_marks
)
slots.bulk_action(
    id="add_found_to_campaign",
    label="Add to campaign",
    order=20,
    right=Right.CAMPAIGN_EDIT,
    url_name="campaigns:add_from_search",
    icon="send",
    scope="people",
)
slots.bulk_action(
    id="add_to_campaign",
    label="Add to campaign",
    order=20,
    right=Right.CAMPAIGN_EDIT,
    url_name="campaigns:add_from_project",
    icon="send",
)
