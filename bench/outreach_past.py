"""A year of outreach by the million: messages, attempts, recipients, people, answers; plans. Imported under Django."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from django.utils import timezone

from accounts.models import Organisation, Role, User
from bench import campaign_world, outreach_plans, outreach_rows
from campaigns import folding, lifecycle
from campaigns.models import Attempt, Campaign, Recipient
from outreach import personal
from outreach.models import InboundMessage, Lane, Message
from outreach.outbox import sweeping
from sourcing.models import Candidate, ContactPoint, Project

CAMPAIGNS = 25
#: Messages to one person.
EACH = 5
#: One in so many still waits.
WAITING = 250


@dataclass(frozen=True)
class World:
    """Whose the outreach is, a recruiter who looks at it and to whom a project is hidden, how many people and messages
    there are (their ids begin at 1), and the largest campaign."""

    owner: User
    viewer: User
    organisation: Organisation
    people: int
    messages: int
    largest: int


def make(*, messages: int, planned: int = 0) -> World:
    """Two steps for half as many recipients as ``messages``, in 25 campaigns over a year; one in twenty answered.

    Nine in ten answers are dealt with. In other campaigns ``planned`` steps are still to be written.
    """
    organisation = Organisation.objects.create(name="Bench", start_grace_minutes=0)
    owner = User.objects.create_user("bench@bench.example", name="Bench", organisation=organisation)
    colleagues = [
        User.objects.create_user(
            f"c{number}@bench.example", name=f"Colleague {number}", organisation=organisation
        )
        for number in range(9)
    ]
    viewer = User.objects.create_user(
        "bob@bench.example", name="Bob", organisation=organisation, role=Role.RECRUITER
    )
    project = Project.objects.create(organisation=organisation, owner=owner, name="Bench")
    campaigns = campaign_world.campaigns(owner, project, count=CAMPAIGNS)
    for number, campaign in enumerate(campaigns):
        campaign_world.second_step(campaign, owner)
        Campaign.objects.for_organisation(organisation).filter(pk=campaign.pk).update(
            status="running", started_at=timezone.now(), started_by=[owner, *colleagues][number % 10]
        )
    world = World(organisation=organisation, owner=owner, viewer=viewer, people=messages // EACH, messages=messages,
                  largest=campaigns[0].pk)  # fmt: skip
    _add_people(world)
    _add_mail(world)
    if planned:
        outreach_plans.add(owner, project, planned=planned, people=world.people)
    Lane.objects.for_organisation(organisation).update(held="", held_text="")
    return world


def _add_people(world: World) -> None:
    tenant, people = str(world.organisation.pk), f"generate_series(1, {world.people}) AS n"
    with outreach_rows.in_bulk(Candidate, ContactPoint):
        outreach_rows.fill(
            Candidate, people, id="n", organisation_id=tenant, first_name="'Person' || n", last_name="'Example'",
            company="'Acme'", owner_id=str(world.owner.pk),
        )  # fmt: skip
        outreach_rows.ids_taken(Candidate)
        outreach_rows.fill(
            ContactPoint, people, organisation_id=tenant, candidate_id="n", kind="'email'", type="'personal'",
            value="'p' || n || '@people.example'", normalised="'p' || n || '@people.example'", origin="'imported'",
        )  # fmt: skip


_ADDRESS = "'p' || x.person || '@people.example'"
#: Message ``m`` is step ``s`` of recipient ``r``; campaigns follow each other in blocks of recipients.
_ROWS = """
    (SELECT n AS m, (n + 1) / 2 AS r, 2 - n % 2 AS s, 1 + ((n - 1) / 2) % {people} AS person,
            1 + ((n - 1)::bigint * {campaigns} / {messages}) AS place,
            now() - interval '1 year' * (1 - n::float8 / {messages}) AS at, n % {waiting} = 0 AS waits,
            n % 50 = 1 AS bounced, n % 100 = 2 AS refused, n % 5000 = 3 AS uncertain, n % 40 = 0 AS answered,
            n % 400 = 0 AS unanswered
       FROM generate_series(1, {messages}) AS n) AS x
      JOIN (SELECT id, mailbox_id, lane_id, started_by_id, row_number() OVER (ORDER BY id) AS place
              FROM campaigns_campaign) AS c USING (place)
"""


def _rows(world: World) -> str:
    return _ROWS.format(people=world.people, messages=world.messages, campaigns=CAMPAIGNS, waiting=WAITING)


def _add_mail(world: World) -> None:
    tenant, rows, address = str(world.organisation.pk), _rows(world), _ADDRESS
    # Of those that wait a third is due and stands in line.
    moment = "CASE WHEN x.waits THEN now() + (x.m / 250 % 3 - 0.5) * interval '1 hour' ELSE x.at END"
    with outreach_rows.in_bulk(Message, Attempt, Recipient, InboundMessage):
        outreach_rows.fill(
            Recipient, f"{rows} WHERE x.s = 1", id="x.r", organisation_id=tenant, campaign_id="c.id",
            candidate_id="x.person", added_by_id="c.started_by_id", seed="x.r::text",
            progress="CASE WHEN x.r % 20 = 0 THEN 'replied' WHEN x.r % 3 = 0 THEN 'completed' ELSE 'started' END",
            start_at="x.at", ended_at="CASE WHEN x.r % 20 = 0 OR x.r % 3 = 0 THEN x.at + interval '1 day' END",
        )  # fmt: skip
        outreach_rows.fill(
            Message, rows, id="x.m", organisation_id=tenant, mailbox_id="c.mailbox_id", lane_id="c.lane_id",
            candidate_id="x.person", origin="'campaign'", created_by_id="c.started_by_id", to_address=address,
            to_normalised=address, our_message_id="x.m || '@bench.example'", token="'t' || x.m",  # noqa: S106 - made up
            subject="'A position for you, Person' || x.person", body_text="repeat('A few friendly words. ', 4)",
            planned_at=moment, not_before="x.at",
            sending_at="CASE WHEN NOT x.waits THEN x.at END",
            sent_at="CASE WHEN NOT (x.waits OR x.refused OR x.uncertain) THEN x.at END",
            settled_at="CASE WHEN NOT x.waits THEN x.at + CASE WHEN x.bounced THEN interval '2 min' ELSE '0' END END",
            copied_at="CASE WHEN NOT (x.waits OR x.refused) THEN x.at END",
            failure_class="CASE WHEN x.waits THEN '' WHEN x.bounced OR x.refused THEN 'hard' ELSE '' END",
            status="CASE WHEN x.waits THEN 'queued' WHEN x.refused THEN 'refused'"
            " WHEN x.bounced THEN 'bounced' WHEN x.uncertain THEN 'uncertain' ELSE 'sent' END",
        )  # fmt: skip
        outreach_rows.fill(
            Attempt, f"{rows} JOIN campaigns_step AS step ON step.campaign_id = c.id AND step.position = x.s",
            organisation_id=tenant, recipient_id="x.r", campaign_id="c.id", step_id="step.id", address=address,
            message_id="x.m",
            outcome="CASE WHEN x.waits OR x.uncertain THEN 'open' WHEN x.bounced OR x.refused THEN 'hard'"
            " ELSE 'sent' END",
        )  # fmt: skip
        _add_answers(world)
    for model in (Message, Recipient):
        outreach_rows.ids_taken(model)


def _add_answers(world: World) -> None:
    tenant, rows, address = str(world.organisation.pk), _rows(world), _ADDRESS
    outreach_rows.fill(
        InboundMessage, f"{rows} WHERE x.m % 20 = 0", organisation_id=tenant, mailbox_id="c.mailbox_id",
        raw_hash="md5(x.m::text)", received_at="x.at + interval '1 day'", read_at="x.at + interval '1 day'",
        verdict="CASE WHEN x.answered THEN 'reply' WHEN x.m % 60 = 0 THEN 'bounce' ELSE 'auto_reply' END",
        done_at="CASE WHEN x.answered AND NOT x.unanswered THEN x.at + interval '2 days' END",
        interest="CASE WHEN x.m % 360 = 0 THEN 'interested' ELSE '' END", certainty="'sure'", message_id="x.m",
        candidate_id="x.person", from_address=address, subject="'Re: A position'", body_text="'Tell me more.'",
    )  # fmt: skip
    outreach_rows.fill(
        Message, f"{rows} WHERE x.answered AND NOT x.unanswered", id=f"{world.messages} + x.m",
        organisation_id=tenant, mailbox_id="c.mailbox_id", candidate_id="x.person", origin="'reply'",
        created_by_id="c.started_by_id", to_address=address, to_normalised=address,
        our_message_id="'r' || x.m || '@bench.example'",
        token="'r' || x.m", subject="'Re: A position'", body_text="'Gladly.'", status="'sent'",  # noqa: S106 - made up
        **dict.fromkeys(
            ("planned_at", "not_before", "sending_at", "sent_at", "settled_at", "copied_at"),
            "x.at + interval '2 days'",
        ),
    )  # fmt: skip


# ── what is asked for ───────────────────────────────────────────────────────


def _someones(world: World, count: int) -> Iterable[int]:
    return (1 + number * world.people // count for number in range(count))


def timelines(world: World, *, count: int) -> list[Callable[[], object]]:
    """The mail on the timelines of people from all over, as the viewer may read it."""
    rows = Candidate.objects.for_organisation(world.organisation).in_bulk(list(_someones(world, count)))
    return [partial(personal.timeline, person, world.viewer, 50) for person in rows.values()]


def person_pages(world: World, *, count: int) -> list[str]:
    """People from all over; the timeline is the first tab."""
    return [f"/people/{pk}/?tab=timeline" for pk in _someones(world, count)]


def message_pages(world: World, *, count: int) -> list[str]:
    """One message each from all over."""
    return [f"/outreach/outbox/{1 + number * world.messages // count}/" for number in range(count)]


def timed(act: Callable[[], object]) -> float:
    """Milliseconds, the second time."""
    act()
    begun = time.perf_counter()
    act()
    return (time.perf_counter() - begun) * 1_000


#: What repairs, every 15 or 30 seconds.
SWEEPS: Mapping[str, Callable[[], object]] = {
    "outreach sweep": lambda: sweeping.sweep(now=timezone.now()),
    "folding sweep": folding.sweep,
    "completing sweep": lifecycle.complete_finished,
}
