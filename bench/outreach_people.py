"""Recipients by the million, due, held back or waiting, and the clock's work among them. Imported under Django.

Nobody stands behind a recipient: candidates, addresses and texts are looked at only when a message is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.models import Organisation, User
from bench import campaign_world, outreach_rows
from campaigns import folding, lifecycle, reactions
from campaigns.models import Attempt, Campaign, Recipient, Step
from outreach import lanes
from outreach.models import Lane, LaneDay, Mailbox
from outreach.outbox import deliver, sweeping
from outreach.states import Turn
from sourcing.models import Project


@dataclass
class World:
    """Campaigns, one per mailbox: those that may send now, whose day is used up, whose mailbox has no room.

    ``people`` counts up: nobody is twice in a campaign.
    """

    organisation: Organisation
    open: list[Campaign]
    full: list[Campaign]
    resting: list[Campaign]
    now: datetime
    people: int = field(default=0)


def make(*, mailboxes: int) -> World:
    """Mailboxes with a running campaign each: half open, a quarter full for today, a quarter with a resting mailbox."""
    now = timezone.now()
    organisation = Organisation.objects.create(name="Bench", start_grace_minutes=0)
    owner = User.objects.create_user("bench@bench.example", name="Bench", organisation=organisation)
    project = Project.objects.create(organisation=organisation, owner=owner, name="Bench")
    campaigns = campaign_world.campaigns(owner, project, count=mailboxes)
    rows = Campaign.objects.for_organisation(organisation)
    rows.update(status="running", started_at=now, started_by=owner)
    Lane.objects.for_organisation(organisation).update(held="", held_text="")
    half, quarter = mailboxes // 2, mailboxes // 4
    world = World(
        organisation, campaigns[:half], campaigns[half : half + quarter], campaigns[half + quarter :], now
    )
    Mailbox.objects.for_organisation(organisation).update(next_send_at=now, read_completely_at=now)
    boxes = Mailbox.objects.for_organisation(organisation)
    boxes.filter(pk__in=[each.mailbox_id for each in world.resting]).update(
        next_send_at=now + timedelta(hours=9)
    )
    for each in world.full:
        Lane.objects.for_organisation(organisation).filter(pk=each.lane_id).update(daily_limit=5)
        LaneDay.objects.create(
            organisation=organisation, lane=each.lane, date=lanes.days_of(each.lane).local_date(now), used=5
        )
    return world


def add_due(world: World, count: int) -> None:
    """People whose minute has come and whose mailbox may send."""
    _add(world, world.open, count, "now() - interval '1 minute' - random() * interval '1 hour'")


def add_held(world: World, count: int) -> None:
    """People whose minute has come and whom a limit holds back."""
    _add(
        world,
        [*world.full, *world.resting],
        count,
        "now() - interval '1 minute' - random() * interval '9 hours'",
    )


def add_future(world: World, count: int) -> None:
    """People whose minute is still to come, in all campaigns; one in fifty is out of office."""
    everywhere = [*world.open, *world.full, *world.resting]
    _add(
        world,
        everywhere,
        count,
        "now() + interval '1 hour' + random() * interval '30 days'",
        hold="CASE WHEN n % 50 = 0 THEN 'out_of_office' ELSE 'none' END",
        hold_until="CASE WHEN n % 50 = 0 THEN now() + interval '3 days' END",
    )


def add_past(world: World, count: int) -> None:
    """Attempts that are long folded, one in ten thousand uncertain; their messages are not looked at."""
    step = Step.objects.for_organisation(world.organisation).filter(campaign=world.open[0]).get()
    begin = outreach_rows.next_id(Attempt)
    with outreach_rows.in_bulk(Attempt):
        outreach_rows.fill(
            Attempt,
            f"generate_series({begin}, {begin + count - 1}) AS n",
            organisation_id=str(world.organisation.pk),
            recipient_id="n",
            campaign_id=str(world.open[0].pk),
            step_id=str(step.pk),
            address="n || '@people.example'",
            message_id="n",
            outcome="CASE WHEN n % 10000 = 0 THEN 'uncertain' ELSE 'sent' END",
        )


def _add(world: World, campaigns: list[Campaign], count: int, planned: str, **columns: str) -> None:
    organisation = world.organisation.pk
    steps = Step.objects.for_organisation(organisation).filter(campaign__in=campaigns, position=1)
    chosen = dict(steps.values_list("campaign_id", "pk"))
    pairs = ", ".join(
        f"({place}, {campaign.pk}, {chosen[campaign.pk]})" for place, campaign in enumerate(campaigns)
    )
    with outreach_rows.in_bulk(Recipient):
        outreach_rows.fill(
            Recipient,
            f"generate_series({world.people}, {world.people + count - 1}) AS n"
            f" JOIN (VALUES {pairs}) AS c(place, campaign, step) ON c.place = n % {len(campaigns)}",
            organisation_id=str(organisation),
            campaign_id="c.campaign",
            candidate_id="n + 1000",
            progress="'not_started'",
            seed="n::text",
            next_step_id="c.step",
            start_at="now()",
            planned_at=planned,
            turn=str(int(Turn.FIRST_STEP)),
            **columns,
        )
    world.people += count


def tick() -> int:
    """Which mailboxes the outbox would wake; how many."""
    return len(deliver.ready_mailboxes(now=timezone.now()))


def _campaigns_tick() -> None:
    now = timezone.now()
    lifecycle.end_of_grace(now=now)
    reactions.end_of_absence(now=now)


#: The clock's work: ticks every second or five, then the sweeps.
CLOCK: Mapping[str, Callable[[], object]] = {
    "outreach tick": tick,
    "campaigns tick": _campaigns_tick,
    "outreach sweep": lambda: sweeping.sweep(now=timezone.now()),
    "folding sweep": folding.sweep,
    "completing sweep": lifecycle.complete_finished,
}
