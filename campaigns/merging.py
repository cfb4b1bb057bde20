"""One person twice in a campaign: what a merge of two people does to their recipients, and its undoing.

Of two recipients the one further on stays, the other becomes *Stopped*, "merged" (docs/behaviour.md §2). Nothing is
sent twice: a message that is being handed to its server counts as sent, one that waits is cancelled, and the row locks
of both recipients keep every ``begin`` out until the merge is over.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Max
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from campaigns import folding, planning, standing
from campaigns.models import Attempt, Campaign, ManualTask, Recipient
from campaigns.states import (
    ACTIVE,
    GOING,
    CampaignStatus,
    Progress,
    RecipientEvent,
    TaskOutcome,
    check_campaign,
    further_on,
)
from outreach.states import LIVE, MessageStatus, Reason
from sourcing import suppression
from sourcing.models import Candidate
from sourcing.moving import Journal, take_back

MERGED = "merged"
#: At its receiver, or perhaps. A step that came back reached nobody.
_OUT = (MessageStatus.SENDING, MessageStatus.SENT, MessageStatus.UNCERTAIN)


def lock(organisation_id: int, candidate_ids: Collection[int]) -> None:
    """All recipients of both people, in id order."""
    rows = Recipient.objects.for_organisation(organisation_id).filter(candidate_id__in=candidate_ids)
    list(rows.order_by("pk").select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))


def move(source: Candidate, target: Candidate) -> dict[str, Any]:
    """Recipients of the source become the target's; an opt-out of either ends all of them."""
    organisation_id, now = source.organisation_id, timezone.now()
    journal = Journal()
    recipients = list(
        Recipient.objects.for_organisation(organisation_id)
        .filter(candidate__in=[source, target])
        .select_related("campaign__organisation")
        .order_by("pk")
    )
    opted_out = suppression.suppressed_people(organisation_id, [source.pk, target.pk])
    with journal.watching(Recipient, [recipient.pk for recipient in recipients]):
        for keep, stop in _twice(recipients, target):
            standing.apply_event(stop, RecipientEvent.STOPPED, now=now, reason=MERGED, cancel=Reason.STOPPED)
            stop.merged_into = keep
            stop.save(update_fields=["merged_into"])
        for recipient in recipients if opted_out else ():
            standing.apply_event(recipient, RecipientEvent.OPTED_OUT, now=now, cancel=Reason.UNSUBSCRIBED)
    journal.hand_over(Recipient, "candidate", source=source.pk, target=target.pk)
    for recipient in recipients:
        standing.tell(recipient)
        if recipient.campaign.status == CampaignStatus.RUNNING:
            standing.complete_if_done(recipient.campaign_id, organisation_id=organisation_id)
    return journal.as_json() | {
        "organisation": organisation_id,
        "target": target.pk,
        "at": now.isoformat(),
        "recipients": [recipient.pk for recipient in recipients],
    }


def move_back(record: Mapping[str, Any], now_at: int) -> list[str]:
    """Both are recipients again; what left or bounced meanwhile is not forgotten, and nothing is sent in a burst."""
    left = take_back(record, target=record["target"], now_at=now_at)
    since = parse_datetime(record["at"])
    assert since is not None
    ended_by_merge = {
        pk
        for _label, pk, columns in record["changed"]
        if "progress" in columns and columns["progress"][0] in GOING
    }
    for pk in record["recipients"]:
        recipient = standing.lock(pk, organisation_id=record["organisation"])
        if recipient is None:
            continue
        if pk in ended_by_merge and recipient.progress in GOING:
            _go_on(recipient, since=since, now=timezone.now())
        standing.tell(recipient)
    return left


def heir(recipient: Recipient) -> int:
    """The id of the recipient that goes on for this one, itself if no merge stopped it."""
    seen = {recipient.pk}
    found = recipient
    while found.merged_into_id is not None and found.merged_into_id not in seen:
        assert found.merged_into is not None
        found = found.merged_into
        seen.add(found.pk)
    return found.pk


def _twice(recipients: list[Recipient], target: Candidate) -> list[tuple[Recipient, Recipient]]:
    """``(stays, stops)`` for each campaign both people are in."""
    in_campaign: dict[int, list[Recipient]] = defaultdict(list)
    for recipient in recipients:
        if recipient.merged_into_id is None:
            in_campaign[recipient.campaign_id].append(recipient)
    steps = steps_out([recipient.pk for rows in in_campaign.values() if len(rows) > 1 for recipient in rows])
    found = []
    for rows in in_campaign.values():
        if len(rows) > 1:
            stop, keep = sorted(
                rows,
                key=lambda row: (
                    *further_on(row.progress, steps_out=steps.get(row.pk, 0)),
                    row.candidate_id == target.pk,
                ),
            )
            found.append((keep, stop))
    return found


def steps_out(recipient_ids: Collection[int]) -> dict[int, int]:
    """Per recipient the highest step that reached its server or is just being handed over, or was done by hand."""
    if not recipient_ids:
        return {}
    rows = (
        Attempt.objects.across_organisations("the recipients were read for one organisation")
        .filter(recipient_id__in=recipient_ids, message__status__in=_OUT)
        .order_by()
        .values_list("recipient_id")
        .annotate(step=Max("step__position"))
    )
    out: dict[int, int] = dict(rows)
    tasks = (
        ManualTask.objects.across_organisations("the recipients were read for one organisation")
        .filter(recipient_id__in=recipient_ids)
        .exclude(outcome=TaskOutcome.OPEN)
        .order_by()
        .values_list("recipient_id")
        .annotate(step=Max("step__position"))
    )
    for recipient_id, position in tasks:
        out[recipient_id] = max(position, out.get(recipient_id, 0))
    return out


def _go_on(recipient: Recipient, *, since: datetime, now: datetime) -> None:
    """What was folded while it stood stopped counts now; the rest is planned anew as at Resume."""
    attempt = recipient.open_attempt
    if attempt is not None and attempt.folded_at is not None and attempt.message.status not in LIVE:
        recipient.open_attempt = None
        recipient.save(update_fields=["open_attempt"])
    folding.catch_up(recipient, since=since, now=now)
    if recipient.progress in GOING and planning.replan_overdue(recipient, moment=now):
        recipient.save(update_fields=planning.PLAN_FIELDS)
    campaign = recipient.campaign
    if recipient.progress in GOING and campaign.status == CampaignStatus.COMPLETED:
        check_campaign(campaign.status, CampaignStatus.RUNNING)
        Campaign.objects.for_organisation(recipient.organisation_id).filter(
            pk=campaign.pk, status=CampaignStatus.COMPLETED
        ).update(status=CampaignStatus.RUNNING)
    elif (
        campaign.status in ACTIVE
        and recipient.start_at is None
        and recipient.progress == Progress.NOT_STARTED
    ):
        planning.plan_first_steps(campaign, [recipient], start_at=now)
