"""Planned steps by the million, of campaigns some of which are hidden from most people. Imported under Django."""

from __future__ import annotations

from accounts.models import User
from bench import campaign_world, outreach_rows
from campaigns.models import Campaign, Recipient
from sourcing.models import Project, Visibility

CAMPAIGNS = 200
#: One campaign in so many is of a confidential project.
HIDDEN = 20


def add(owner: User, project: Project, *, planned: int, people: int) -> None:
    """``planned`` recipients (at most ``people`` in each campaign) whose next step is planned, years of it ahead.

    Their minutes are strewn over all campaigns, so that every page of the Outbox has rows of many of them.
    """
    hidden = Project.objects.create(
        organisation_id=owner.tenant_id, owner=owner, name="Hidden", visibility=Visibility.CONFIDENTIAL
    )
    few = CAMPAIGNS // HIDDEN
    made = campaign_world.campaigns(owner, hidden, count=few, first=CAMPAIGNS)
    made += campaign_world.campaigns(owner, project, count=CAMPAIGNS - few, first=CAMPAIGNS + few)
    Campaign.objects.for_organisation(owner.tenant_id).filter(pk__in=[each.pk for each in made]).update(
        status="running", started_by=owner
    )
    each = min(planned // CAMPAIGNS, people)
    rows = f"""
        generate_series(1, {each}) AS n CROSS JOIN
        (SELECT c.id, step.id AS step, row_number() OVER (ORDER BY c.id) AS place
           FROM campaigns_campaign AS c JOIN campaigns_step AS step ON step.campaign_id = c.id
          WHERE c.id >= {made[0].pk}) AS c
    """  # noqa: S608 - ours
    with outreach_rows.in_bulk(Recipient):
        outreach_rows.fill(
            Recipient, rows, organisation_id=str(owner.tenant_id), campaign_id="c.id", candidate_id="n",
            added_by_id=str(owner.pk), seed="n::text", progress="'not_started'", next_step_id="c.step",
            plan_text="'Planned'",
            planned_at="now() + ((n * 200 + c.place) * 7919 % 1000000) * interval '2 seconds'",
        )  # fmt: skip
