"""Reads of the inbox: mail that concerns somebody we wrote to, as one viewer may see it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from foundation.problems import Missing
from outreach import lane_access, lending
from outreach.inbound.match import Certainty
from outreach.models import InboundMessage, Message, MessageOrigin
from outreach.selectors import PRIVATE_ADDRESS, address_for, masked, text_for
from outreach.states import HELD, KEEN, LEFT_US, WAITING, Interest, Verdict
from sourcing import slots
from sourcing.models import ContactKind, ContactPoint
from sourcing.normalising import compared_email
from sourcing.slots import Mark

#: How much of a conversation a page shows, newest last.
LONGEST_THREAD = 50
_WORDS = {
    Verdict.REPLY: "Replied",
    Verdict.BOUNCE: "Bounced",
    Verdict.DELAYED: "Delayed",
    Verdict.DELIVERED: "Delivered",
    Verdict.AUTO_REPLY: "Out of office",
    Verdict.UNSUBSCRIBE: "Unsubscribed",
    Verdict.COMPLAINT: "Spam complaint",
}
_KEEN = sorted(KEEN)
#: The lists of the inbox page, by the word in its address.
FILTERS: dict[str, Q] = {
    "all": Q(),
    "answer": Q(verdict=Verdict.REPLY, done_at__isnull=True),
    "interested": Q(corrected_interest__in=_KEEN) | Q(corrected_interest="", interest__in=_KEEN),
    "bounced": Q(verdict=Verdict.BOUNCE),
    "away": Q(verdict=Verdict.AUTO_REPLY),
}


@dataclass(frozen=True)
class MailView:
    """One mail that came in. ``address`` is what the viewer may know of who wrote it."""

    mail: InboundMessage
    word: str
    address: str
    marks: list[list[Mark]] = field(default_factory=list)
    #: Addresses the viewer must not see; they are taken out of the words of the mail too.
    secrets: frozenset[str] = frozenset()

    @property
    def meaning(self) -> str:
        """The word of what it means, as read or corrected; empty if it says nothing."""
        return str(Interest(self.mail.meaning).label) if self.mail.meaning else ""

    @property
    def parts(self) -> tuple[str, str, str]:
        """The text before the phrase that decided, the phrase, and the text after it."""
        mail, text = self.mail, masked(self.mail.body_text, self.secrets)
        if not mail.interest_phrase or mail.corrected_interest:
            return text, "", ""
        before, phrase, after = text.partition(mail.interest_phrase)
        return before, phrase, after

    @property
    def subject(self) -> str:
        """The subject."""
        return masked(self.mail.subject, self.secrets)

    @property
    def text(self) -> str:
        """What was written now."""
        return masked(self.mail.body_text, self.secrets)

    @property
    def quoted(self) -> str:
        """What it quotes."""
        return masked(self.mail.quoted_text, self.secrets)

    @property
    def needs_answer(self) -> bool:
        """A person wrote it and nobody has dealt with it."""
        return self.mail.verdict == Verdict.REPLY and self.mail.done_at is None

    @property
    def who(self) -> str:
        """The person if known, else the name in the mail, else the address."""
        person = self.mail.candidate
        return (person.name if person is not None else self.mail.from_name) or self.address or "Unknown"


@dataclass(frozen=True)
class Entry:
    """One mail of a conversation, ours or theirs; exactly one of ``sent`` and ``came`` is there."""

    at: datetime
    address: str
    sent: Message | None = None
    came: MailView | None = None
    #: The words of what was sent, as the viewer may read them.
    text: str = ""


def inbox(viewer: User, *, only: str = "all") -> QuerySet[InboundMessage]:
    """The newest mail of every conversation (a person and a mailbox), newest first.

    ``only`` is a key of :data:`FILTERS`, anything else means all; then it is the newest mail of that kind. *Needs
    answer* leaves out what somebody here has answered since, and what was set aside. Mail of nobody known stands alone.
    """
    wanted = FILTERS.get(only, Q())
    # Of what the viewer may see: a mail that is hidden from them hides no other.
    newer = visible(viewer).filter(wanted, mailbox=OuterRef("mailbox"), candidate=OuterRef("candidate"))
    # The bound is said once more by itself, so that the index of the conversation is entered there.
    newer = newer.filter(
        Q(received_at__gte=OuterRef("received_at")),
        Q(received_at__gt=OuterRef("received_at"))
        | Q(received_at=OuterRef("received_at"), pk__gt=OuterRef("pk")),
    )
    rows = visible(viewer).filter(wanted, ~Exists(newer))
    if only == "answer":
        answered = Message.objects.for_organisation(viewer.organisation_id).filter(
            candidate=OuterRef("candidate"), origin=MessageOrigin.REPLY, sent_at__gt=OuterRef("received_at")
        )
        rows = rows.filter(~Exists(answered))
    return rows.order_by("-received_at", "-pk")


def mail(viewer: User, inbound_id: int) -> InboundMessage:
    """One matched mail of the viewer's organisation; raises Missing for any other, private ones included."""
    row = visible(viewer).filter(pk=inbound_id).first()
    if row is None:
        raise Missing("There is no such mail.")
    return row


def newest_of(viewer: User, *, candidate_id: int, mailbox_ids: Collection[int]) -> int | None:
    """The id of the newest mail from a person into these mailboxes; None while nothing came."""
    rows = visible(viewer).filter(candidate_id=candidate_id, mailbox_id__in=mailbox_ids)
    return rows.order_by("-received_at", "-pk").values_list("pk", flat=True).first()


def mail_views(viewer: User, rows: Sequence[InboundMessage], *, with_marks: bool = True) -> list[MailView]:
    """A page of mail with what upper rooms say about each person; a fixed number of queries."""
    people = {row.candidate_id for row in rows if row.candidate_id is not None}
    marks = (
        [slot.marks(people, viewer) for slot in slots.candidate_mark.visible(viewer)] if with_marks else []
    )
    hidden = _hidden(viewer, rows, people)
    return [
        MailView(
            row,
            word_of(row, viewer),
            PRIVATE_ADDRESS if row.pk in hidden else row.from_address,
            [list(kind.get(row.candidate_id or 0, ())) for kind in marks],
            frozenset(_secrets_of(row)) if row.pk in hidden else frozenset(),
        )
        for row in rows
    ]


def word_of(row: InboundMessage, viewer: User) -> str:
    """The word on its badge; a return date is told in the viewer's zone."""
    if row.verdict == Verdict.REPLY and row.certainty == Certainty.POSSIBLE.value:
        return "Possible reply"
    word = _WORDS.get(Verdict(row.verdict), "Other")
    if row.returns_at is not None:
        day = row.returns_at.astimezone(ZoneInfo(viewer.time_zone))
        return f"{word} until {day.day} {day:%b}"
    return word


def thread(viewer: User, row: InboundMessage) -> list[Entry]:
    """What was sent to the person from this mailbox and what came back, oldest first.

    Without a person (erased, or a message to nobody known) it is the message the mail names and the mail.
    """
    on_its_way = Q(origin=MessageOrigin.REPLY, status__in=WAITING | HELD)
    sent = Message.objects.for_organisation(viewer.organisation_id).filter(Q(status__in=LEFT_US) | on_its_way)
    for lanes in lane_access.hidden_lanes(viewer):
        sent = sent.exclude(lane__in=lanes)
    came = visible(viewer).filter(mailbox=row.mailbox)
    if row.candidate_id is not None:
        about = Q(candidate_id=row.candidate_id, mailbox_id=row.mailbox_id)
        sent = sent.filter(about | Q(pk=row.message_id)) if row.message_id else sent.filter(about)
        came = came.filter(candidate_id=row.candidate_id)
    else:
        sent, came = sent.filter(pk=row.message_id or 0), came.filter(pk=row.pk)
    latest = list(sent.select_related("mailbox").order_by("-pk")[:LONGEST_THREAD])
    views = mail_views(viewer, list(came.order_by("-received_at", "-pk")[:LONGEST_THREAD]), with_marks=False)
    entries = [
        Entry(
            each.sending_at or each.planned_at,
            address_for(viewer, each),
            sent=each,
            text=text_for(viewer, each, each.body_text),
        )
        for each in latest
    ]
    entries += [Entry(each.mail.received_at, each.address, came=each) for each in views]
    return sorted(entries, key=lambda entry: (entry.at, entry.came is not None))[-LONGEST_THREAD:]


def visible(viewer: User) -> QuerySet[InboundMessage]:
    """Mail of somebody we wrote to, as far as the viewer may see it at all, with its person, mailbox and message."""
    rows = InboundMessage.objects.for_organisation(viewer.organisation_id).exclude(certainty="")
    rows = rows.filter(lending.within_reach(viewer))
    for lanes in lane_access.hidden_lanes(viewer):
        rows = rows.filter(Q(message__lane__isnull=True) | ~Q(message__lane__in=lanes))
    return rows.select_related("candidate", "mailbox", "message")


def _hidden(viewer: User, rows: Sequence[InboundMessage], people: Collection[int]) -> set[int]:
    """Mails whose writer's address belongs to another user alone (docs/behaviour.md §3)."""
    points = ContactPoint.objects.for_organisation(viewer.organisation_id).filter(
        candidate_id__in=people, kind=ContactKind.EMAIL
    )
    seen: set[tuple[int, str]] = set()
    private: set[tuple[int, str]] = set()
    for candidate_id, address, shared, added_by in points.values_list(
        "candidate_id", "normalised", "shared", "added_by_id"
    ):
        (seen if shared or added_by == viewer.pk else private).add((candidate_id, address))
    secret = private - seen
    return {
        row.pk
        for row in rows
        if (row.candidate_id, compared_email(row.from_address)) in secret or _private_message(viewer, row)
    }


def _secrets_of(row: InboundMessage) -> set[str]:
    found = {row.from_address, compared_email(row.from_address)}
    if row.message is not None and row.message.private_to_id is not None:
        found |= {row.message.to_address, row.message.to_normalised}
    return found - {""}


def _private_message(viewer: User, row: InboundMessage) -> bool:
    """The mail comes from the very address that was written to as somebody's private one."""
    message = row.message
    if message is None or message.private_to_id in {None, viewer.pk}:
        return False
    return message.to_normalised == compared_email(row.from_address)
