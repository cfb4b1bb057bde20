"""What a note says about an activity: plain sentences for people who do not use Beckon.

What happened, when in the organisation's zone, by whom, in which campaign; then the words of the e-mail, quoted up to
a limit. No address of anybody is in it.
"""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

from campaigns.models import Campaign, ManualTask, Recipient
from campaigns.states import StepKind
from integrations.base.records import NoteKind
from outreach.models import InboundMessage, Message
from outreach.states import Interest

#: Characters of an e-mail's text that travel with its note.
LONGEST_QUOTE = 2_000

#: What a done task is told as.
TASK_KIND = {
    StepKind.CALL: NoteKind.CALL,
    StepKind.LINKEDIN: NoteKind.LINKEDIN_MESSAGE,
    StepKind.SMS: NoteKind.SMS,
}
_TASK_WORDS = {
    StepKind.CALL: "Called",
    StepKind.LINKEDIN: "Wrote a LinkedIn message",
    StepKind.SMS: "Wrote an SMS",
}


def sent(message: Message, campaign: Campaign | None) -> str:
    """An e-mail left."""
    assert message.sent_at is not None
    lead = _lead("E-mail sent", message.sent_at, message, campaign, by=str(message.created_by or ""))
    return _mail(lead, message.subject, message.body_text)


def bounced(message: Message, campaign: Campaign | None, at: datetime.datetime) -> str:
    """An e-mail came back; the server's own words are left out, they name the address."""
    return _mail(_lead("E-mail bounced", at, message, campaign), message.subject, "")


def replied(inbound: InboundMessage, campaign: Campaign | None) -> str:
    """The person wrote back."""
    lead = _lead("Reply received", inbound.received_at, inbound, campaign)
    return _mail(lead, inbound.subject, inbound.body_text)


def task_done(task: ManualTask, campaign: Campaign) -> str:
    """A step that a person did."""
    assert task.done_at is not None
    what = _TASK_WORDS.get(StepKind(task.step.kind), "Task done")
    lead = _lead(what, task.done_at, task, campaign, by=str(task.done_by or ""))
    return f"{lead}\n{task.note.strip()[:LONGEST_QUOTE]}".strip()


def interest(recipient: Recipient, value: str, at: datetime.datetime) -> str:
    """A mark was set, changed or taken back."""
    by = str(recipient.interest_by) if recipient.interest_by else "Beckon, from the answer" if value else ""
    what = f"Marked “{Interest(value).label}”" if value else "The mark of interest was taken back"
    lead = _lead(what, at, recipient, recipient.campaign, by=by)
    return f"{lead}\n{recipient.interest_reason}".strip() if value else lead


def opted_out(at: datetime.datetime, zone: str) -> str:
    """The person wants no more mail."""
    return f"Asked not to be written to any more, {_when(at, zone)}. Do not contact this person."


def _lead(
    what: str,
    at: datetime.datetime,
    row: Message | InboundMessage | ManualTask | Recipient,
    campaign: Campaign | None,
    *,
    by: str = "",
) -> str:
    parts = [what, _when(at, row.organisation.time_zone)]
    if by:
        parts.append(f"by {by}")
    if campaign is not None:
        parts.append(f"campaign “{campaign.name}”")
    return ", ".join(parts) + "."


def _when(at: datetime.datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%d %b %Y, %H:%M} ({zone})"


def _mail(lead: str, subject: str, body: str) -> str:
    lines = [lead]
    if subject.strip():
        lines.append(f"Subject: {' '.join(subject.split())}")
    text = body.strip()
    if text:
        cut = text[:LONGEST_QUOTE].rstrip() + (" […]" if len(text) > LONGEST_QUOTE else "")
        lines += ["", *(f"> {line}" for line in cut.splitlines())]
    return "\n".join(lines)
