"""Two large campaigns, and what is done with them when they start. Imported under Django."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from django.db import connection, connections
from django.utils import timezone

from accounts.models import Organisation, User
from bench import campaign_world, outreach_rows
from campaigns.advancing import CampaignFeed
from campaigns.models import Attempt, Campaign, Recipient
from foundation import runs
from foundation.models import Run
from outreach.models import Message
from sourcing.models import Candidate, ContactPoint, Project

_BENCH = "the bench looks at everything"


def drafts(*, recipients: int) -> tuple[User, int, int]:
    """An owner and two draft campaigns with everybody in both, each person with one address; a third one is empty."""
    organisation = Organisation.objects.create(name="Bench", start_grace_minutes=0)
    owner = User.objects.create_user("bench@bench.example", name="Bench", organisation=organisation)
    project = Project.objects.create(organisation=organisation, owner=owner, name="Bench")
    made = campaign_world.campaigns(owner, project, count=3)
    people = f"generate_series(1, {recipients}) AS n"
    tenant = str(organisation.pk)
    with outreach_rows.in_bulk(Candidate, ContactPoint, Recipient):
        outreach_rows.fill(
            Candidate, people, id="n", organisation_id=tenant, first_name="'Person' || n", last_name="'Example'",
            company="'Acme'",
        )  # fmt: skip
        outreach_rows.ids_taken(Candidate)
        outreach_rows.fill(
            ContactPoint, people, organisation_id=tenant, candidate_id="n", kind="'email'", type="'personal'",
            value="'p' || n || '@people.example'", normalised="'p' || n || '@people.example'", origin="'imported'",
        )  # fmt: skip
        for campaign in made[:2]:
            outreach_rows.fill(
                Recipient, people, organisation_id=tenant, campaign_id=str(campaign.pk), candidate_id="n",
                added_by_id=str(owner.pk), seed="md5(n::text)",
            )  # fmt: skip
    return owner, made[0].pk, made[1].pk


def plan(campaign_id: int) -> None:
    """Do the campaign's planning run to its end, as a worker does."""
    for run_id in _planning(campaign_id):
        while runs.work(run_id):
            pass


def _planning(campaign_id: int) -> list[int]:
    rows = Run.objects.across_organisations(_BENCH).filter(
        kind="planning", subject=f"campaign:{campaign_id}", status__in=["queued", "running"]
    )
    return list(rows.values_list("pk", flat=True))


def planned(campaign_id: int) -> int:
    """How many recipients have their minute."""
    rows = Recipient.objects.across_organisations(_BENCH)
    return rows.filter(campaign=campaign_id, planned_at__isnull=False).count()


def insert_select_floor(campaign_id: int) -> float:
    """Seconds of one statement that writes the same planned people into a third campaign: same table, same checks."""
    other = Campaign.objects.across_organisations(_BENCH).exclude(recipients__isnull=False).get()
    columns = [f'"{each.column}"' for each in Recipient._meta.concrete_fields if not each.primary_key]
    taken = ["%s" if column == '"campaign_id"' else column for column in columns]
    with connection.cursor() as cursor:
        begun = time.perf_counter()
        cursor.execute(
            f"INSERT INTO campaigns_recipient ({', '.join(columns)})"  # noqa: S608 - the model's own columns
            f" SELECT {', '.join(taken)} FROM campaigns_recipient WHERE campaign_id = %s",
            [other.pk, campaign_id],
        )
        took = time.perf_counter() - begun
        cursor.execute("DELETE FROM campaigns_recipient WHERE campaign_id = %s", [other.pk])
    return took


def pause_while_planning(campaign_id: int, press: Callable[[], float]) -> float:
    """Milliseconds of Pause while a worker plans the campaign; the worker goes on to its end afterwards."""

    def work() -> None:
        plan(campaign_id)
        connections.close_all()

    worker = threading.Thread(target=work)
    worker.start()
    total = Recipient.objects.across_organisations(_BENCH).filter(campaign=campaign_id).count()
    while planned(campaign_id) < total / 4:
        time.sleep(0.01)
    took = press()
    assert planned(campaign_id) < total, "the run was over before Pause was pressed"
    worker.join()
    return took


def may_leave(campaign_id: int) -> int:
    """How many of the campaign the outbox would write now."""
    campaign = Campaign.objects.across_organisations(_BENCH).get(pk=campaign_id)
    assert campaign.mailbox_id is not None
    return len(CampaignFeed().write(mailbox_id=campaign.mailbox_id, now=timezone.now(), limit=50))


def write_everybody(campaign_id: int) -> None:
    """Everybody was sent the first step over the last three weeks; some came back, some answered."""
    campaign = Campaign.objects.across_organisations(_BENCH).get(pk=campaign_id)
    step = campaign.steps.get()
    begin = outreach_rows.next_id(Message)
    recipients = f"SELECT *, id + {begin} AS message FROM campaigns_recipient"  # noqa: S608 - ours
    rows = f"({recipients} WHERE campaign_id = {campaign_id}) AS r"
    at = "now() - (r.id % 21) * interval '1 day'"
    bounced = "r.id % 33 = 0"
    tenant = str(campaign.organisation_id)
    with outreach_rows.in_bulk(Message, Attempt):
        outreach_rows.fill(
            Message, rows, id="r.message", organisation_id=tenant, mailbox_id=str(campaign.mailbox_id),
            lane_id=str(campaign.lane_id), candidate_id="r.candidate_id", origin="'campaign'",
            created_by_id=str(campaign.started_by_id), to_address="'p@people.example'",
            to_normalised="'p' || r.id || '@people.example'", our_message_id="r.message || '@bench.example'",
            token="'t' || r.message",  # noqa: S106 - made up
            planned_at=at, not_before=at, sent_at=at, settled_at=at, sending_at=at,
            status=f"CASE WHEN {bounced} THEN 'bounced' ELSE 'sent' END", subject="'Hello'", body_text="'Hello'",
        )  # fmt: skip
        outreach_rows.ids_taken(Message)
        outreach_rows.fill(
            Attempt, rows, organisation_id=tenant, recipient_id="r.id", campaign_id=str(campaign_id),
            step_id=str(step.pk), address="'p' || r.id || '@people.example'", message_id="r.message",
            outcome=f"CASE WHEN {bounced} THEN 'hard' ELSE 'sent' END",
        )  # fmt: skip
    everybody = Recipient.objects.across_organisations(_BENCH).filter(campaign=campaign_id)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        everybody.extra(where=["mod(id, 12) = 0"]).update(
            progress="replied", ended_at=timezone.now(), planned_at=None
        )
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM (ANALYZE) campaigns_recipient")
