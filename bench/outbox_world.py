"""What the outbox bench sends: an organisation, mailboxes, and messages in their queues. Imported under Django."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from accounts.models import Organisation, User
from bench.sink import RunningSink
from foundation import secrets
from outreach.models import Lane, Mailbox, Message, MessageOrigin
from outreach.outbox import queue, wire
from outreach.states import MailboxStatus

_BENCH = "the bench looks at everything"
#: No progress for this long means that something is broken.
_PATIENCE = 60.0


def sample_contents(count: int, *, body: str) -> list[bytes]:
    """Mails as they leave, for the bare loop to send."""
    mailbox = make_mailboxes(1, port=1, paused=True)[0]
    messages = queue.write(
        [_draft(mailbox, None, number, body) for number in range(count)],
        organisation_id=mailbox.organisation_id,
        now=timezone.now(),
    )
    for message in messages:
        message.claimed_at = timezone.now()
    Message.objects.for_organisation(mailbox.organisation_id).update(status="cancelled")
    return [wire.content(message, mailbox) for message in messages]


def make_mailboxes(count: int, *, port: int, paused: bool) -> list[Mailbox]:
    """Mailboxes without gap, limit or ramp, all at the same server."""
    organisation = Organisation.objects.create(name="Bench")
    owner = User.objects.create_user(
        f"bench{time.time_ns()}@bench.example", name="Bench", organisation=organisation
    )
    made = []
    for number in range(count):
        mailbox = Mailbox.objects.create(
            organisation=organisation,
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
            next_send_at=timezone.now(),
            next_read_at=timezone.now() + timedelta(days=1),
            read_completely_at=timezone.now(),
            min_gap_seconds=0,
            max_gap_seconds=0,
            daily_limit=0,
            status=MailboxStatus.PAUSED if paused else MailboxStatus.CONNECTED,
        )
        mailbox.secret = secrets.seal(
            {"smtp_password": "bench", "imap_password": "bench"},
            table="outreach_mailbox",
            row=mailbox.pk,
            organisation=organisation.pk,
        )
        mailbox.save(update_fields=["secret"])
        made.append(mailbox)
    return made


def send_all(sink: RunningSink, *, mailboxes: int, each: int, body: str) -> list[dict[str, object]]:
    """Fill the queues, let the worker loose, and return what the sink took once it has everything."""
    made = make_mailboxes(mailboxes, port=sink.port, paused=True)
    before = len(sink.taken())
    for mailbox in made:
        lane = Lane.objects.create(organisation_id=mailbox.organisation_id)
        queue.write(
            [_draft(mailbox, lane, number, body) for number in range(each)],
            organisation_id=mailbox.organisation_id,
            now=timezone.now(),
        )
    Mailbox.objects.for_organisation(made[0].organisation_id).update(status=MailboxStatus.CONNECTED)
    _wait(sink, before + mailboxes * each)
    return sink.taken()[before:]


def _draft(mailbox: Mailbox, lane: Lane | None, number: int, body: str) -> queue.Draft:
    address = f"person{number}.{mailbox.pk}@example.org"
    return queue.Draft(
        mailbox_id=mailbox.pk,
        lane_id=lane.pk if lane else None,
        origin=MessageOrigin.CAMPAIGN,
        step_ref="step:1:v1",
        to_address=address,
        to_normalised=address,
        to_name=f"Person {number}",
        subject="A position that may interest you",
        body_text=body,
        planned_at=timezone.now() - timedelta(minutes=1),
    )


def _wait(sink: RunningSink, wanted: int) -> None:
    seen, moved = 0, time.monotonic()
    while seen < wanted:
        time.sleep(0.2)
        now_there = len(sink.taken())
        if now_there > seen:
            seen, moved = now_there, time.monotonic()
        if time.monotonic() - moved > _PATIENCE:
            raise RuntimeError(f"only {seen} of {wanted} arrived")


def breakdown(logs: Path) -> dict[str, float]:
    """Milliseconds of a worker's thread per message and part, from the turns it logged."""
    spent: dict[str, float] = {}
    tried = 0
    for line in (logs / "worker-send.log").read_text(errors="replace").splitlines():
        if "outbox.turn" not in line:
            continue
        turn = json.loads(line[line.index("{") :])
        tried += int(turn["tried"])
        for part, seconds in turn.get("spent", {}).items():
            spent[part] = spent.get(part, 0.0) + float(seconds)
    return {part: 1000 * seconds / max(tried, 1) for part, seconds in sorted(spent.items())}
