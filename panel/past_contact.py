"""Who in the organisation wrote to a person, and what came back, as far as a viewer may know of it."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

from accounts.models import User
from accounts.permissions import Right, can
from outreach.inbound import selectors as inbound
from outreach.models import MessageOrigin
from outreach.selectors import text_for, visible_messages
from outreach.states import LEFT_US, Verdict
from sourcing import slots
from sourcing.models import Candidate

#: Of each kind, the newest.
SHOWN = 3
#: The notice that an e-mail left lately; the messages themselves say more.
_LAST_EMAIL = "contacted"


@dataclass(frozen=True)
class Contact:
    """What to know, and when it was; None where it is about now or about no single moment."""

    text: str
    at: datetime.datetime | None = None


def of(viewer: User, candidate: Candidate) -> list[Contact]:
    """What is going on first, as every page warns of it, then the newest messages and answers."""
    lines = _lines(viewer, candidate) if can(viewer, Right.CAMPAIGN_VIEW) else []
    but = {slots.DO_NOT_CONTACT, *([_LAST_EMAIL] if lines else [])}
    notices = slots.notices_of(viewer, [candidate.pk], but=but)[candidate.pk]
    return [*(Contact(text) for text in notices), *lines]


def _lines(viewer: User, candidate: Candidate) -> list[Contact]:
    lines = list(_sent(viewer, candidate))
    if lines or candidate.last_contacted_at is not None:  # nobody answers who was never written to
        lines += _came(viewer, candidate)
    return [Contact(text, at) for at, text in sorted(lines, key=lambda line: line[0], reverse=True)[:SHOWN]]


def _sent(viewer: User, candidate: Candidate) -> Iterator[tuple[datetime.datetime, str]]:
    sent = visible_messages(viewer).filter(candidate=candidate, status__in=LEFT_US)
    sent = sent.exclude(origin=MessageOrigin.TEST).select_related("created_by", "mailbox__owner")
    for message in sent.order_by("-pk")[:SHOWN]:
        who = message.created_by or message.mailbox.owner
        subject = text_for(viewer, message, message.subject) or "(no subject)"
        at = message.sent_at or message.sending_at or message.planned_at
        yield at, f"{who.name} wrote “{subject}”"


def _came(viewer: User, candidate: Candidate) -> Iterator[tuple[datetime.datetime, str]]:
    came = inbound.visible(viewer).filter(candidate=candidate, verdict=Verdict.REPLY)
    newest = list(came.order_by("-received_at")[:SHOWN])
    for view in inbound.mail_views(viewer, newest, with_marks=False):
        subject = view.subject or "(no subject)"
        meaning = f", {view.meaning.lower()}" if view.meaning else ""
        yield view.mail.received_at, f"{candidate.name} answered “{subject}”{meaning}"
