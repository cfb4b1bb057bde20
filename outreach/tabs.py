"""What outreach brings to a person's page: *Send e-mail* and the Messages tab; and who was written to, for sourcing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right, can
from foundation import events
from foundation.models import Event
from outreach import selectors
from outreach.inbound import selectors as inbound
from outreach.models import Message
from outreach.selectors import MessageView
from outreach.states import MessageStatus
from sourcing import people, slots
from sourcing.merging import current
from sourcing.models import Candidate

#: Of each kind, the newest.
SHOWN = 50


@dataclass(frozen=True)
class Line:
    """One e-mail to or from the person; exactly one of ``sent`` and ``came`` is there."""

    at: datetime
    sent: MessageView | None = None
    came: inbound.MailView | None = None


def messages_of(candidate: Candidate, viewer: User) -> Mapping[str, object]:
    """What was written and what came back, the newest first; what waits says when it leaves."""
    now = timezone.now()
    sent = selectors.visible_messages(viewer).filter(candidate=candidate).order_by("-pk")[:SHOWN]
    came = inbound.inbox(viewer).filter(candidate=candidate)[:SHOWN]
    lines = [
        Line(view.message.sent_at or view.message.planned_at, sent=view)
        for view in selectors.message_views(viewer, list(sent), now=now)
    ]
    lines += [
        Line(view.mail.received_at, came=view)
        for view in inbound.mail_views(viewer, list(came), with_marks=False)
    ]
    return {
        "lines": sorted(lines, key=lambda line: line.at, reverse=True),
        "may_write": can(viewer, Right.CAMPAIGN_EDIT),
    }


@events.consumer("outreach.contacted", "candidate.written_to")
def written_to(event: Event) -> None:
    """A single e-mail has left: the person was contacted."""
    message = (
        Message.objects.for_organisation(event.organisation_id)
        .filter(pk=event.ids["message_id"], status__in=[MessageStatus.SENT, MessageStatus.BOUNCED])
        .select_related("created_by")
        .first()
    )
    if message is not None and message.sent_at is not None:
        candidate_id = current(event.organisation_id, event.ids["candidate_id"])
        people.contacted(candidate_id, message.sent_at, message.created_by)


slots.candidate_action(
    id="write",
    label="Send e-mail",
    order=10,
    right=Right.CAMPAIGN_EDIT,
    url_name="outreach:write",
    icon="mail-plus",
)
slots.candidate_tab(
    id="messages",
    label="Messages",
    order=15,
    right=Right.CAMPAIGN_VIEW,
    template="outreach/_person_messages.html",
    context=messages_of,
)
