"""What outreach keeps about a person: the mail to and from them, on their timeline; registered with sourcing."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from django.urls import reverse

from accounts.models import User
from accounts.permissions import Right, can
from outreach import forgetting, lending
from outreach.inbound import selectors
from outreach.models import InboundMessage, Message
from outreach.selectors import address_for, is_hidden, text_for
from outreach.states import LEFT_US, LIVE, MessageStatus, Verdict
from sourcing import person_data
from sourcing.models import Candidate
from sourcing.moving import Journal, move_back
from sourcing.person_data import Moment, Words

#: What of a reply is quoted.
_QUOTE = 280
#: Status → (icon, words, tone) of its end; a message that is still waiting is the campaign's to tell.
_ENDS = {
    MessageStatus.BOUNCED: ("mail-x", "E-mail bounced", "red"),
    MessageStatus.REFUSED: ("mail-x", "E-mail refused", "red"),
    MessageStatus.FAILED: ("mail-x", "E-mail failed", "red"),
}
#: Bounces are told from the message, with their reason; delays and receipts would only be noise.
_READ = {
    Verdict.REPLY: ("reply", "green"),
    Verdict.AUTO_REPLY: ("calendar-off", ""),
    Verdict.UNSUBSCRIBE: ("ban", "red"),
    Verdict.COMPLAINT: ("ban", "red"),
}


def timeline(candidate: Candidate, viewer: User, limit: int) -> list[Moment]:
    """The newest e-mails to and from the person; another user's private address is never named."""
    if not can(viewer, Right.CAMPAIGN_VIEW):
        return []
    moments = [*_sent(candidate, viewer, limit), *_came(candidate, viewer, limit)]
    return sorted(moments, key=lambda moment: moment.at, reverse=True)[:limit]


def _sent(candidate: Candidate, viewer: User, limit: int) -> Iterator[Moment]:
    rows = Message.objects.for_organisation(candidate.organisation_id).filter(
        candidate=candidate, status__in={*LEFT_US, *_ENDS}
    )
    for message in rows.order_by("-pk")[:limit]:
        status = MessageStatus(message.status)
        hidden = is_hidden(viewer, message)
        subject = text_for(viewer, message, message.subject) or "(no subject)"
        url = reverse("outreach:message", args=[message.pk])
        if status in LEFT_US:
            uncertain = status == MessageStatus.UNCERTAIN
            yield Moment(
                at=message.sent_at or message.sending_at or message.planned_at,
                icon="mail-question-mark" if uncertain else "send",
                text="E-mail perhaps sent" if uncertain else "E-mail sent",
                note=f"{subject} · to {address_for(viewer, message)}",
                tone="amber" if uncertain else "",
                url=url,
            )
        if status in _ENDS:
            icon, text, tone = _ENDS[status]
            # The server's words may name the address.
            note = "" if hidden else message.reason_text
            at = message.settled_at or message.planned_at
            yield Moment(at=at, icon=icon, text=text, note=note, tone=tone, url=url)


def _came(candidate: Candidate, viewer: User, limit: int) -> Iterator[Moment]:
    rows = InboundMessage.objects.for_organisation(candidate.organisation_id).filter(
        lending.within_reach(viewer), candidate=candidate, verdict__in=_READ
    )
    newest = list(rows.select_related("candidate", "message").order_by("-received_at")[:limit])
    for view in selectors.mail_views(viewer, newest, with_marks=False):
        row = view.mail
        icon, tone = _READ[Verdict(row.verdict)]
        words = " ".join(view.text.split())
        yield Moment(
            at=row.received_at,
            icon=icon,
            text=f"{view.word} · {view.meaning}" if view.meaning else view.word,
            note=view.subject,
            quote=words if len(words) <= _QUOTE else f"{words[:_QUOTE].rstrip()} …",
            tone=tone,
            url=reverse("outreach:inbound", args=[row.pk]),
        )


def lock(organisation_id: int, candidate_ids: Collection[int]) -> None:
    """Messages that may still move, in id order; what has left waits for nobody."""
    rows = Message.objects.for_organisation(organisation_id).filter(
        candidate_id__in=candidate_ids, status__in=LIVE
    )
    list(rows.order_by("pk").select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))


def move(source: Candidate, target: Candidate) -> dict[str, Any]:
    """The mail to and from the source is the target's; addresses on messages stay what they were."""
    journal = Journal()
    for model in (Message, InboundMessage):
        journal.hand_over(model, "candidate", source=source.pk, target=target.pk)
    return journal.as_json() | {"target": target.pk}


person_data.register(
    app="outreach",
    tables=[("outreach.Message", "candidate"), ("outreach.InboundMessage", "candidate")],
    timeline=timeline,
    erase=forgetting.erase,
    scrub=forgetting.scrub,
    collect=forgetting.collect,
    elsewhere=forgetting.elsewhere,
    words={
        "outreach.SendTry": Words.ERASED,
        "outreach.DeliverabilityCheck": Words.NOBODY,
        "outreach.FolderGap": Words.NOBODY,
        "outreach.FuseTrip": Words.NOBODY,
        "outreach.GapMeter": Words.NOBODY,
        "outreach.Holiday": Words.NOBODY,
        "outreach.InboundLocation": Words.NOBODY,
        "outreach.OfficeHours": Words.NOBODY,
        "outreach.Lane": Words.NOBODY,
        "outreach.MailboxBreak": Words.NOBODY,
        "outreach.OAuthGrant": Words.NOBODY,
        "outreach.Mailbox": Words.NOBODY,
        "outreach.MailboxFolder": Words.NOBODY,
        "outreach.ContentFile": Words.ERASED,
        "outreach.Template": Words.NOBODY,
        "outreach.Open": Words.NOBODY,
    },
    lock=lock,
    move=move,
    move_back=move_back,
)
