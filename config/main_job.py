"""The main job through every layer, without a browser: what `make walkthrough` does and `make demo` begins with.

Import people → project → campaign → e-mail over SMTP → bounces and replies over IMAP → export over HTTP. Each
step calls the same operations as the pages; the sending, reading and exporting is done by the running workers.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Count, Q
from django.utils import timezone

from accounts.models import Organisation, User
from campaigns import editing, enrolment
from campaigns.models import Attempt, Campaign, Recipient, Step
from campaigns.states import AttemptOutcome, Hold, Progress
from foundation.models import Delivery, Run
from integrations import connections, exporting
from integrations.models import Connection, ConnectionStatus, Export, ExportItem, ExportMode, ItemStatus
from integrations.targets import choices
from outreach import mailboxes
from outreach.models import InboundMessage, Mailbox, Message
from outreach.probing import Server
from outreach.states import LIVE, MessageStatus, Verdict
from sourcing import projects, selectors
from sourcing.finding import setup
from sourcing.importing import uploading
from sourcing.models import ImportNote, ImportRun, NoteKind, Project

EXAMPLE = Path(__file__).resolve().parent.parent / "docs" / "examples" / "people.csv"

SUBJECT = 'A backend role in Munich, {{ first_name | default: "hello" }}'
BODY = (
    'Hi {{ first_name | default: "there" }},\n\n'
    "{% if company %}your work at {{ company }}{% else %}your profile{% endif %} caught my eye. "
    "We are building the scheduler of a battery grid company in Munich and look for someone who has run "
    "PostgreSQL in anger.\n\n"
    "Would a call next week be worth twenty minutes?\n\n{{ sender_first_name }}"
)
FOLLOW_UP = (
    'Hi {{ first_name | default: "there" }},\n\n'
    'a short nudge in case my first mail got lost. A plain "not now" helps me as much as a "yes".\n\n'
    "{{ sender_first_name }}"
)


class TookTooLong(RuntimeError):
    """A step of the job did not end in time; the text says which and what it was waiting for."""


@dataclass(frozen=True)
class Outside:
    """Where the sandbox's servers are, read from its ``sandbox.json``."""

    smtp_port: int
    imap_port: int
    accounts: dict[str, str]
    sourcewhale_key: str
    sourcewhale_user: str
    control: str
    #: Base URL and key of each provider of contact data, by slug.
    finding: dict[str, dict[str, str]]

    @classmethod
    def of_stack(cls) -> Outside:
        """The sandbox of the stack this process belongs to (``BECKON_STACK``)."""
        written = Path(os.environ["BECKON_STACK"]) / "sandbox" / "sandbox.json"
        told: dict[str, Any] = json.loads(written.read_text())
        key = next(each for each in told["sourcewhale"]["keys"] if each["allowed"])
        return cls(
            smtp_port=told["ports"]["smtp"],
            imap_port=told["ports"]["imap"],
            accounts={each["address"]: each["password"] for each in told["accounts"]},
            sourcewhale_key=key["key"],
            sourcewhale_user=next(campaign["owner"] for campaign in key["campaigns"]),
            control=told["control_url"],
            finding={slug: told["finding"][slug] for slug in ("hunter", "people_data_labs")},
        )


def wait_for(what: str, done: Callable[[], Any], *, seconds: float) -> Any:
    """What ``done`` returns once it is true; raises :class:`TookTooLong`."""
    deadline = time.monotonic() + seconds
    while not (found := done()):
        if time.monotonic() > deadline:
            raise TookTooLong(f"{what}: still waiting after {seconds:.0f} s")
        time.sleep(0.1)
    return found


def organisation_with(name: str, *people: tuple[str, str, str, str]) -> list[User]:
    """An organisation with no grace, and its users: (e-mail, name, role, password) each."""
    organisation = Organisation.objects.create(name=name, start_grace_minutes=None, time_zone="Europe/Berlin")
    return [
        User.objects.create_user(
            email, password, name=called, role=role, organisation=organisation, time_zone="Europe/Berlin"
        )
        for email, called, role, password in people
    ]


def link_mailbox(owner: User, outside: Outside) -> Mailbox:
    """Link the owner's account at the sandbox, as "Other (SMTP + IMAP)"; both sides are really tested."""
    password = outside.accounts[owner.email]
    return mailboxes.link(
        actor=owner,
        address=owner.email,
        display_name=owner.name,
        smtp=Server(
            host="127.0.0.1", port=outside.smtp_port, security="none", username=owner.email, password=password
        ),
        imap=Server(
            host="127.0.0.1", port=outside.imap_port, security="none", username=owner.email, password=password
        ),
        now=timezone.now(),
    )


def import_people(owner: User, path: Path, project: Project) -> ImportRun:
    """Upload a CSV, take the guessed columns, start the import."""
    upload = uploading.upload(
        actor=owner,
        file=SimpleUploadedFile(path.name, path.read_bytes(), content_type="text/csv"),
        project=project,
    )
    return uploading.start(import_run=upload, actor=owner)


def write_campaign(owner: User, project: Project, mailbox: Mailbox, *, name: str) -> Campaign:
    """A campaign of two steps to everybody in the project; not started."""
    campaign = editing.create_campaign(project=project, name=name, actor=owner, mailbox=mailbox)
    first = Step.objects.for_organisation(owner.organisation_id).get(campaign=campaign)
    editing.edit_step(step=first, subject=SUBJECT, body=BODY, days=0, new_thread=False, actor=owner)
    editing.add_step(campaign=campaign, subject="", body=FOLLOW_UP, days=3, actor=owner)
    enrolment.add_people(
        campaign=campaign,
        candidate_ids=selectors.project_candidate_ids(owner, project),
        actor=owner,
        now=timezone.now(),
    )
    return campaign


def connect_sourcewhale(owner: User, outside: Outside) -> Connection:
    """The wizard: Export and Enable Pools ticked, the key submitted; the verification is a run."""
    connection = connections.begin(actor=owner, vendor="sourcewhale", capabilities=["export", "pools"])
    # Campaigns there are listed per user; the demo's people have other addresses at SourceWhale.
    connections.set_identity(actor=owner, connection=connection, email=outside.sourcewhale_user)
    connections.submit(actor=owner, connection=connection, values={"api_key": outside.sourcewhale_key})
    return connection


def set_up_finding(owner: User, outside: Outside) -> None:
    """Both providers of contact data, so that Get Email and Get Phone work; the month's credits come by themselves."""
    for slug, price in (("hunter", "0.03"), ("people_data_labs", "0.10")):
        told = outside.finding[slug]
        setup.save(
            actor=owner,
            slug=slug,
            key=told["key"],
            base_url=told["base_url"],
            cost=Decimal(price),
            currency="EUR",
        )


def verified(connection: Connection) -> bool:
    """Whether the verification has ended well; raises when it ended badly."""
    connection.refresh_from_db()
    if connection.status == ConnectionStatus.CONNECTED:
        return True
    if connection.status != ConnectionStatus.VERIFYING:
        raise TookTooLong(f"SourceWhale could not be connected: {connection.verification}")
    return False


def export_prospects(owner: User, connection: Connection, project: Project) -> Export:
    """Export All to SourceWhale as Prospects, to the first campaign there, with generated addresses."""
    target = choices(viewer=owner, connection=connection, mode=ExportMode.PROSPECTS)[0]
    return exporting.start(
        actor=owner,
        connection=connection,
        mode=ExportMode.PROSPECTS,
        target_id=target.external_id,
        request_key=uuid.uuid4(),
        project=project,
        dummy_addresses=True,
    )


def ended(run_id: int | None, organisation_id: int) -> bool:
    """Whether a run has ended; a failed one raises with its reason."""
    run = Run.objects.for_organisation(organisation_id).get(pk=run_id or 0)
    if run.status == "failed":
        raise TookTooLong(f"{run.title}: {run.problem_text}")
    return run.status == "done"


def settled(campaign: Campaign) -> bool:
    """Everybody has been written to, or has a stated reason; nothing is on its way and no news is open."""
    organisation = campaign.organisation_id
    if Delivery.objects.for_organisation(organisation).exists():
        return False
    on_its_way = [status for status in LIVE if status != MessageStatus.UNCERTAIN]
    if (
        Message.objects.for_organisation(organisation)
        .filter(lane=campaign.lane, status__in=on_its_way)
        .exists()
    ):
        return False
    waiting = Recipient.objects.for_organisation(organisation).filter(
        campaign=campaign,
        hold=Hold.NONE,
        progress__in=[Progress.NOT_STARTED, Progress.STARTED],
        planned_at__lte=timezone.now(),
    )
    unplanned = Recipient.objects.for_organisation(organisation).filter(
        campaign=campaign, start_at__isnull=True
    )
    return not waiting.exists() and not unplanned.exists()


def new_project(owner: User, name: str) -> Project:
    """An empty project of the owner."""
    assert owner.organisation is not None
    return projects.create(organisation=owner.organisation, actor=owner, name=name)


@dataclass(frozen=True)
class Counts:
    """What our own books say at the end; ``make walkthrough`` compares them with the receiver's."""

    imported: int
    rejected: int
    recipients: int
    sent: int
    bounced: int
    bounced_then_next_address: int
    replied: int
    auto_replies: int
    reports: int
    exported: int
    uncertain: int
    lost: int


def counts(campaign: Campaign, imported: ImportRun, export: Export) -> Counts:
    """Count people and messages of one finished job."""
    organisation = campaign.organisation_id
    people = Recipient.objects.for_organisation(organisation).filter(campaign=campaign)
    attempts = Attempt.objects.for_organisation(organisation).filter(campaign=campaign)
    messages = Message.objects.for_organisation(organisation).filter(lane=campaign.lane)
    sent = messages.filter(status__in=[MessageStatus.SENT, MessageStatus.BOUNCED]).count()
    went_on = (
        people.annotate(
            dead=Count("attempts", filter=Q(attempts__outcome=AttemptOutcome.HARD)),
            alive=Count("attempts", filter=Q(attempts__outcome=AttemptOutcome.SENT)),
        )
        .filter(dead__gt=0, alive__gt=0)
        .count()
    )
    written = set(attempts.values_list("recipient_id", flat=True))
    explained = set(people.exclude(hold=Hold.NONE).values_list("pk", flat=True))
    explained |= set(people.exclude(ended_reason="").values_list("pk", flat=True))
    items = ExportItem.objects.for_organisation(organisation).filter(export=export)
    return Counts(
        imported=imported.imported + imported.updated,
        rejected=imported.rejected,
        recipients=people.count(),
        sent=sent,
        bounced=people.filter(progress=Progress.BOUNCED).count(),
        bounced_then_next_address=went_on,
        replied=people.filter(progress=Progress.REPLIED).count(),
        auto_replies=InboundMessage.objects.for_organisation(organisation)
        .filter(verdict=Verdict.AUTO_REPLY)
        .count(),
        reports=InboundMessage.objects.for_organisation(organisation).filter(verdict=Verdict.BOUNCE).count(),
        exported=items.filter(status__in=[ItemStatus.SENT, ItemStatus.UPDATED]).count(),
        uncertain=messages.filter(status=MessageStatus.UNCERTAIN).count(),
        lost=len(set(people.values_list("pk", flat=True)) - written - explained),
    )


def refusals(imported: ImportRun) -> list[tuple[int, str]]:
    """Line and reason of every rejected row."""
    notes = ImportNote.objects.for_organisation(imported.organisation_id).filter(import_run=imported)
    return list(notes.exclude(kind=NoteKind.NOTED).order_by("line").values_list("line", "reason"))


def answers_read(campaign: Campaign) -> int:
    """How many automatic answers (reports, replies, out of office) about the campaign's messages were read."""
    return (
        InboundMessage.objects.for_organisation(campaign.organisation_id)
        .filter(verdict__in=[Verdict.BOUNCE, Verdict.REPLY, Verdict.AUTO_REPLY])
        .exclude(candidate__isnull=True)
        .count()
    )
