"""What outreach keeps about a person: the mail to and from them, on their timeline; registered with sourcing."""

from __future__ import annotations

from collections.abc import Iterable

from accounts.models import User
from accounts.permissions import Right, can
from outreach.models import InboundMessage, Message
from outreach.states import MessageStatus, Verdict
from sourcing import person_data
from sourcing.models import Candidate

#: Status → (icon, words, tone); a message that is still waiting is the campaign's to tell.
_SENT = {
    MessageStatus.SENT: ("send", "E-mail sent", ""),
    MessageStatus.BOUNCED: ("mail-x", "E-mail bounced", "red"),
    MessageStatus.REFUSED: ("mail-x", "E-mail refused", "red"),
    MessageStatus.FAILED: ("mail-x", "E-mail failed", "red"),
    MessageStatus.UNCERTAIN: ("mail-question-mark", "E-mail perhaps sent", "amber"),
}
_READ = {
    Verdict.REPLY: ("reply", "Replied", "green"),
    Verdict.AUTO_REPLY: ("calendar-off", "Automatic answer", ""),
    Verdict.UNSUBSCRIBE: ("ban", "Asked for no more e-mail", "red"),
    Verdict.COMPLAINT: ("ban", "Reported as spam", "red"),
}


def timeline(candidate: Candidate, viewer: User, limit: int) -> Iterable[person_data.Moment]:
    """Messages sent and mail received, newest first; subjects only, never an address."""
    if not can(viewer, Right.CAMPAIGN_VIEW):
        return
    sent = Message.objects.for_organisation(candidate.organisation_id).filter(
        candidate=candidate, status__in=_SENT, settled_at__isnull=False
    )
    for message in sent.order_by("-settled_at")[:limit]:
        icon, text, tone = _SENT[MessageStatus(message.status)]
        yield person_data.Moment(
            at=message.sent_at or message.settled_at or message.planned_at,
            icon=icon,
            text=text,
            note=message.subject,
            tone=tone,
        )
    received = InboundMessage.objects.for_organisation(candidate.organisation_id).filter(
        candidate=candidate, verdict__in=_READ
    )
    for mail in received.order_by("-received_at")[:limit]:
        icon, text, tone = _READ[Verdict(mail.verdict)]
        yield person_data.Moment(at=mail.received_at, icon=icon, text=text, note=mail.subject, tone=tone)


person_data.register(
    app="outreach",
    tables=[("outreach.Message", "candidate"), ("outreach.InboundMessage", "candidate")],
    timeline=timeline,
)
