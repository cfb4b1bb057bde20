"""Rows for tests of campaigns: Alice's organisation with a mailbox, a project, people and a campaign."""

from __future__ import annotations

from datetime import timedelta

from accounts.models import User
from campaigns import editing, enrolment, folding, lifecycle
from campaigns.advancing import CampaignFeed
from campaigns.models import Attempt, Campaign, Recipient, Step
from foundation.models import Run
from foundation.runs import work
from outreach.models import Message
from outreach.states import MessageStatus
from sourcing import people
from sourcing.models import Candidate, Project
from tests.outreach.making import NOW, mailbox, user

EVERYBODY = "a test looks at everything"


def person(of: User, first_name: str, *emails: str) -> Candidate:
    """A person with shared addresses in the given order."""
    return people.create_candidate(
        organisation=of.organisation,
        actor=of,
        first_name=first_name,
        last_name="Probe",
        emails=[(email, "personal" if "home" in email else "work") for email in emails],
    )


def campaign(
    *names: str, alice: User | None = None, steps: int = 2, addresses: dict[str, list[str]] | None = None
) -> Campaign:
    """A draft with ``steps`` steps and one recipient per name, each with two addresses unless told otherwise."""
    alice = alice or user()
    box = mailbox(alice)
    box.read_completely_at = NOW
    box.save(update_fields=["read_completely_at"])
    project = Project.objects.create(organisation=alice.organisation, name="Backend", owner=alice)
    made = editing.create_campaign(project=project, name="Wave", actor=alice, mailbox=box)
    first = Step.objects.for_organisation(alice.organisation).get(campaign=made)
    editing.edit_step(
        step=first,
        subject="Hello {{ first_name }}",
        body='Dear {{ first_name | default: "you" }}, a question.',
        days=0,
        new_thread=False,
        actor=alice,
    )
    for number in range(2, steps + 1):
        editing.add_step(
            campaign=made, subject="", body=f"Step {number}, {{{{ first_name }}}}.", days=3, actor=alice
        )
    found = [
        person(alice, name, *(addresses or {}).get(name, [f"{name}@work.example", f"{name}@home.example"]))
        for name in names
    ]
    enrolment.add_people(campaign=made, candidate_ids=[p.pk for p in found], actor=alice, now=NOW)
    return made


def started(made: Campaign, *, now=NOW) -> Campaign:
    """Press Start and do the planning run."""
    lifecycle.start(campaign=made, actor=made.owner, now=now)
    plan(made)
    return fresh(made)


def plan(made: Campaign) -> None:
    """Carry out open planning runs of the campaign."""
    runs = Run.objects.for_organisation(made.organisation_id).filter(
        kind="planning", subject=f"campaign:{made.pk}", status__in=["queued", "running"]
    )
    for run in runs.order_by("pk"):
        work(run.pk)


def fresh(made: Campaign) -> Campaign:
    """The campaign as the database has it."""
    return (
        Campaign.objects.for_organisation(made.organisation_id)
        .select_related("lane", "mailbox", "owner", "organisation", "project")
        .get(pk=made.pk)
    )


def recipient(made: Campaign, name: str) -> Recipient:
    """The recipient of this first name."""
    return (
        Recipient.objects.for_organisation(made.organisation_id)
        .select_related("candidate", "next_step", "campaign")
        .get(campaign=made, candidate__first_name=name)
    )


def written(made: Campaign, *, now=NOW + timedelta(hours=1), limit: int = 50) -> list[Message]:
    """Let the feed write what is due."""
    ids = CampaignFeed().write(mailbox_id=made.mailbox_id, now=now, limit=limit)
    by_id = Message.objects.for_organisation(made.organisation_id).in_bulk(list(ids))
    return [by_id[pk] for pk in ids]


def settle(message: Message, status: str, *, now=NOW + timedelta(hours=1), **values) -> None:
    """Give a message an outcome as the outbox would, and fold it."""
    rows = Message.objects.for_organisation(message.organisation_id).filter(pk=message.pk)
    if status in {MessageStatus.SENT, MessageStatus.BOUNCED}:
        values.setdefault("sent_at", now)
    rows.update(status=status, settled_at=now, **values)
    folding.fold(message_id=message.pk, organisation_id=message.organisation_id, now=now)


def attempts(made: Campaign, name: str) -> list[tuple[int, str, str]]:
    """(step, address, outcome) of a recipient's attempts in order."""
    rows = (
        Attempt.objects.for_organisation(made.organisation_id)
        .filter(recipient=recipient(made, name))
        .order_by("pk")
    )
    return [(row.step.position, row.address, row.outcome) for row in rows.select_related("step")]
