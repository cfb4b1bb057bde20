"""Lets weeks pass in a moment: the clock jumps from one thing that can happen to the next.

Only the clock is made up. The mailbox delivers to a real SMTP server on loopback, by the code that sends.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from campaigns import folding, lifecycle
from campaigns.models import Campaign, Recipient
from campaigns.states import GOING
from outreach.models import Mailbox, Message
from outreach.outbox import deliver
from outreach.sending_days import resolve

#: (first name, position of the step, moment it was handed over)
Sent = tuple[str, int, datetime]


def live(
    mailbox: Mailbox, *campaigns: Campaign, since: datetime, until: datetime, also: tuple[Mailbox, ...] = ()
) -> list[Sent]:
    """Everything the mailbox, and those in ``also``, send of these campaigns from ``since`` to ``until``, in order."""
    mailboxes = (mailbox, *also)
    boxes = Mailbox.objects.for_organisation(mailbox.organisation_id).filter(
        pk__in=[each.pk for each in mailboxes]
    )
    for now in _moments(mailboxes, campaigns, since=since, until=until):
        lifecycle.end_of_grace(now=now)
        boxes.update(read_completely_at=now)
        while sum(deliver.deliver_mailbox(each.pk, clock=lambda now=now: now).sent for each in mailboxes):
            folding.sweep()
    return [sent for campaign in campaigns for sent in handed_over(campaign)]


def handed_over(campaign: Campaign) -> list[Sent]:
    """What left of a campaign, in order."""
    rows = (
        Message.objects.for_organisation(campaign.organisation_id)
        .filter(lane=campaign.lane_id, sending_at__isnull=False)
        .select_related("attempt__step", "attempt__recipient__candidate")
        .order_by("sending_at", "pk")
    )
    return [
        (row.attempt.recipient.candidate.first_name, row.attempt.step.position, row.sending_at)
        for row in rows
        if row.sending_at is not None
    ]


def _moments(
    mailboxes: tuple[Mailbox, ...], campaigns: tuple[Campaign, ...], *, since: datetime, until: datetime
) -> Iterator[datetime]:
    """Every moment at which anything may be possible; once nobody goes on only the last, where nothing may leave."""
    now = since
    while now < until:
        yield now
        following = (_next_moment(each, campaigns, now) for each in mailboxes)
        now = min(*following, until) if _somebody_goes_on(campaigns) else until
    yield until


def _somebody_goes_on(campaigns: tuple[Campaign, ...]) -> bool:
    return any(
        Recipient.objects.for_organisation(campaign.organisation_id)
        .filter(campaign=campaign, progress__in=GOING)
        .exists()
        for campaign in campaigns
    )


def _next_moment(mailbox: Mailbox, campaigns: tuple[Campaign, ...], now: datetime) -> datetime:
    """The next moment at which anything may have become possible; a midnight always is one."""
    mailbox.refresh_from_db()
    moments = [mailbox.next_send_at]
    for campaign in campaigns:
        zone = ZoneInfo(campaign.zone)
        moments.append(resolve(now.astimezone(zone).date() + timedelta(days=1), time(0), zone))
        planned = Recipient.objects.for_organisation(mailbox.organisation_id).filter(
            campaign=campaign, progress__in=GOING, planned_at__gt=now, open_attempt__isnull=True
        )
        first = planned.order_by("planned_at").values_list("planned_at", flat=True).first()
        waiting = Message.objects.for_organisation(mailbox.organisation_id).filter(
            mailbox=mailbox, status="queued", not_before__gt=now
        )
        moments += [moment for moment in (first, *waiting.values_list("not_before", flat=True)) if moment]
    return min(moment for moment in moments if moment > now)
