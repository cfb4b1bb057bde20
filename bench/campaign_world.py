"""What the outbox bench and the crash test send: mailboxes with a started campaign each. Imported under Django.

Everything goes through the rooms' own operations, so what is measured is a campaign message as the product
makes it: late rendering, attempt, suppression, headers, events.
"""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta
from pathlib import Path

from django.utils import timezone

from accounts.models import Organisation, User
from bench.sink import RunningSink
from campaigns import editing, enrolment, lifecycle
from campaigns.models import Campaign, Recipient
from foundation import runs, secrets
from foundation.models import Delivery, Run
from outreach.models import Lane, Mailbox, Message
from outreach.outbox import wire
from sourcing.models import Candidate, ContactKind, ContactPoint, ContactType, Origin, Project

_BENCH = "the bench looks at everything"
#: No progress for this long means that something is broken.
_PATIENCE = 90.0
SUBJECT = "A position at {{ company | default: 'our client' }} for {{ first_name | default: 'you' }}"


def make_world(*, port: int, mailboxes: int, each: int, body: str) -> list[Mailbox]:
    """Resting mailboxes without gap or limit, each with a started and planned campaign of ``each`` people."""
    stamp = time.time_ns()
    organisation = Organisation.objects.create(name=f"Bench {stamp}", start_grace_minutes=0)
    owner = User.objects.create_user(f"bench{stamp}@bench.example", name="Bench", organisation=organisation)
    project = Project.objects.create(organisation=organisation, owner=owner, name="Bench")
    made = [_mailbox(owner, number, port) for number in range(mailboxes)]
    people = _people(organisation, count=mailboxes * each)
    now = timezone.now()
    for number, mailbox in enumerate(made):
        campaign = editing.create_campaign(
            project=project, name=f"Campaign {number}", actor=owner, mailbox=mailbox
        )
        step = campaign.steps.get()
        editing.edit_step(step=step, subject=SUBJECT, body=body, days=0, new_thread=False, actor=owner)
        enrolment.add_people(
            campaign=campaign, candidate_ids=people[number * each : (number + 1) * each], actor=owner, now=now
        )
        lifecycle.start(campaign=campaign, actor=owner, now=now)
    for run_id in Run.objects.for_organisation(organisation).values_list("pk", flat=True):
        while runs.work(run_id):
            pass
    lifecycle.end_of_grace(now=timezone.now())
    return made


def campaigns(owner: User, project: Project, *, count: int, port: int = 1, first: int = 0) -> list[Campaign]:
    """Draft campaigns of one step without people, each with a mailbox of its own without gap or limit.

    ``first`` is the number of the first one, for more campaigns of the same owner.
    """
    made = []
    for number in range(first, first + count):
        mailbox = _mailbox(owner, number, port)
        campaign = editing.create_campaign(
            project=project, name=f"Campaign {number}", actor=owner, mailbox=mailbox
        )
        editing.edit_step(
            step=campaign.steps.get(), subject=SUBJECT, body="Hello", days=0, new_thread=False, actor=owner
        )
        made.append(campaign)
    return made


def second_step(campaign: Campaign, owner: User) -> None:
    """A follow-up in the same thread."""
    editing.add_step(campaign=campaign, subject="", body="Did you see my first mail?", days=3, actor=owner)


def wake(mailboxes: list[Mailbox]) -> None:
    """Let them go."""
    rows = Mailbox.objects.for_organisation(mailboxes[0].organisation_id)
    rows.filter(pk__in=[mailbox.pk for mailbox in mailboxes]).update(next_send_at=timezone.now())


def wake_with_gap(mailboxes: list[Mailbox], *, gap: int) -> dict[int, datetime]:
    """Let them go one by one within the next ``gap`` seconds, each keeping that gap; mailbox → its first moment."""
    now = timezone.now()
    first = {
        mailbox.pk: now + timedelta(seconds=gap * place / len(mailboxes))
        for place, mailbox in enumerate(mailboxes)
    }
    rows = Mailbox.objects.for_organisation(mailboxes[0].organisation_id)
    for pk, moment in first.items():
        rows.filter(pk=pk).update(min_gap_seconds=gap, max_gap_seconds=gap, next_send_at=moment)
    return first


def limit_mailboxes(mailboxes: list[Mailbox], *, daily: int) -> None:
    """No more than this many messages of each in 24 hours."""
    rows = Mailbox.objects.for_organisation(mailboxes[0].organisation_id)
    rows.filter(pk__in=[mailbox.pk for mailbox in mailboxes]).update(daily_limit=daily)


def limit_campaigns(mailboxes: list[Mailbox], *, daily: int) -> None:
    """No more than this many messages a day of the campaign that each of these sends."""
    rows = Lane.objects.for_organisation(mailboxes[0].organisation_id)
    rows.filter(campaign__mailbox__in=mailboxes).update(daily_limit=daily)


def move_to(mailbox: Mailbox, *, port: int) -> None:
    """The mailbox's server is another one."""
    rows = Mailbox.objects.for_organisation(mailbox.organisation_id).filter(pk=mailbox.pk)
    rows.update(smtp_port=port)


def begun(mailboxes: list[Mailbox]) -> dict[int, list[datetime]]:
    """Mailbox → the moments at which its messages were begun, in order."""
    rows = Message.objects.for_organisation(mailboxes[0].organisation_id).filter(sending_at__isnull=False)
    found: dict[int, list[datetime]] = {mailbox.pk: [] for mailbox in mailboxes}
    for mailbox_id, moment in rows.order_by("sending_at").values_list("mailbox_id", "sending_at"):
        assert moment is not None
        found[mailbox_id].append(moment)
    return found


def lateness(sink: RunningSink, allowed: dict[int, datetime], *, gap: int) -> list[float]:
    """Seconds from the moment each message was allowed (``allowed``: the first of each mailbox) to its arrival."""
    arrived = {str(each["id"]).strip("<>"): float(str(each["at"])) for each in sink.taken()}
    moments = dict(allowed)
    rows = Message.objects.across_organisations(_BENCH).filter(mailbox__in=allowed, sending_at__isnull=False)
    late = []
    for mailbox_id, message_id, began in rows.order_by("sending_at").values_list(
        "mailbox_id", "our_message_id", "sending_at"
    ):
        if message_id in arrived:
            late.append(arrived[message_id] - moments[mailbox_id].timestamp())
        assert began is not None
        moments[mailbox_id] = began + timedelta(seconds=gap)
    return late


def _mailbox(owner: User, number: int, port: int) -> Mailbox:
    mailbox = Mailbox.objects.create(
        organisation_id=owner.tenant_id,
        owner=owner,
        address=f"sender{number}@bench.example",
        display_name="Bench Sender",
        smtp_host="127.0.0.1",
        smtp_port=port,
        smtp_security="none",
        smtp_username="bench",
        imap_host="127.0.0.1",
        imap_port=1,
        imap_security="none",
        imap_username="bench",
        # Nothing leaves before wake().
        next_send_at=timezone.now() + timedelta(days=1),
        next_read_at=timezone.now() + timedelta(days=1),
        min_gap_seconds=0,
        max_gap_seconds=0,
        daily_limit=0,
    )
    mailbox.secret = secrets.seal(
        {"smtp_password": "bench", "imap_password": "bench"},
        table="outreach_mailbox",
        row=mailbox.pk,
        organisation=mailbox.organisation_id,
    )
    mailbox.save(update_fields=["secret"])
    # No ramp: the account is old.
    rows = Mailbox.objects.for_organisation(mailbox.organisation_id).filter(pk=mailbox.pk)
    rows.update(created_at=timezone.now() - timedelta(days=365))
    return mailbox


def _people(organisation: Organisation, *, count: int) -> list[int]:
    people = Candidate.objects.bulk_create(
        Candidate(
            organisation=organisation, first_name=f"Person{number}", last_name="Example", company="Acme"
        )
        for number in range(count)
    )
    ContactPoint.objects.bulk_create(
        ContactPoint(
            organisation=organisation,
            candidate=person,
            kind=ContactKind.EMAIL,
            type=ContactType.PERSONAL,
            value=f"person{person.pk}@example.org",
            normalised=f"person{person.pk}@example.org",
            origin=Origin.IMPORTED,
        )
        for person in people
    )
    return [person.pk for person in people]


def send_all(sink: RunningSink, *, mailboxes: int, each: int, body: str) -> list[dict[str, object]]:
    """Let the worker loose on a fresh world; returns what the sink took once it has everything."""
    made = make_world(port=sink.port, mailboxes=mailboxes, each=each, body=body)
    before = len(sink.taken())
    wake(made)
    wait_for(sink, before + mailboxes * each)
    return sink.taken()[before:]


def contents_as_sent(count: int) -> list[bytes]:
    """Mails as they left, for the bare loop to send."""
    rows = Message.objects.across_organisations(_BENCH).filter(status="sent").select_related("mailbox")
    return [wire.content(message, message.mailbox) for message in rows.order_by("-pk")[:count]]


def wait_for(sink: RunningSink, wanted: int, *, patience: float = _PATIENCE) -> None:
    """Until so many have arrived; raises RuntimeError when nothing has for ``patience`` seconds."""
    seen, moved = 0, time.monotonic()
    while seen < wanted:
        time.sleep(0.2)
        now_there = len(sink.taken())
        if now_there > seen:
            seen, moved = now_there, time.monotonic()
        if time.monotonic() - moved > patience:
            raise RuntimeError(f"only {seen} of {wanted} arrived")


def breakdown(log: Path, *, after: int) -> dict[str, float]:
    """Milliseconds of a worker's thread per message and part, from the turns logged after a byte position."""
    spent: dict[str, float] = {}
    tried = 0
    for line in log.read_bytes()[after:].decode(errors="replace").splitlines():
        if "outbox.turn" not in line or "{" not in line:
            continue
        turn = json.loads(line[line.index("{") :])
        tried += int(turn["tried"])
        for part, seconds in turn.get("spent", {}).items():
            spent[part] = spent.get(part, 0.0) + float(seconds)
    return {part: 1000 * seconds / max(tried, 1) for part, seconds in sorted(spent.items())}


def settle_down(*, quiet: float) -> None:
    """Wait until every message is sent or uncertain and every event delivered, or nothing has moved for long."""
    before, since = None, time.monotonic()
    while True:
        now_there = (_open_messages(), unwritten(), undelivered_events())
        if not any(now_there):
            return
        if now_there != before:
            before, since = now_there, time.monotonic()
        if time.monotonic() - since > quiet:
            return
        time.sleep(0.5)


def _open_messages() -> int:
    rows = Message.objects.across_organisations(_BENCH)
    return rows.filter(status__in=["queued", "claimed", "sending"]).count()


def unwritten() -> int:
    """People whose step was never written and who do not stand anywhere with a reason."""
    rows = Recipient.objects.across_organisations(_BENCH)
    return rows.filter(attempts=None, hold="none").count()


def undelivered_events() -> int:
    """News that no consumer has heard."""
    return Delivery.objects.across_organisations(_BENCH).count()


def verdicts(mailboxes: list[Mailbox]) -> list[tuple[str, str, str]]:
    """(our Message-ID, status, reason) of every message."""
    rows = Message.objects.for_organisation(mailboxes[0].organisation_id)
    return list(rows.values_list("our_message_id", "status", "reason_code"))
