"""Reads that pages and API share: mailboxes with their day, the Outbox, one message with its explanation."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from html import escape
from urllib.parse import quote

from django.db.models import Q, QuerySet

from accounts.models import Role, User
from accounts.permissions import Right, can
from foundation.problems import Missing
from outreach import breaks, lane_access, lending, mailbox_words
from outreach.gap_view import gap_words
from outreach.models import Mailbox, MailboxLoan, Message
from outreach.outbox import capacity, limits
from outreach.outbox.explaining import Explainer, Explanation
from outreach.states import FUSES, HELD, WAITING, MailboxStatus, MessageStatus

#: What stands for an address that only its adder may see (docs/behaviour.md §3).
PRIVATE_ADDRESS = "private address"


@dataclass(frozen=True)
class MailboxView:
    """A mailbox as the settings page shows it: today's count against its limit, and what is wrong.

    ``borrowers`` are the open loans, with their users; only its owner and administrators are told them.
    """

    mailbox: Mailbox
    used: int
    limit: int | None
    gap: str
    may_edit: bool
    health: mailbox_words.Health
    is_mine: bool
    borrowers: list[MailboxLoan]
    #: The viewer's own loan of somebody else's mailbox.
    borrowed: MailboxLoan | None
    #: When sending is tried again after a failure; None while nothing failed, or the next try is due.
    next_try: datetime | None
    #: The gap meter in a word; empty where it was not asked for.
    gap_word: str = ""

    @property
    def word(self) -> str:
        """The word on its badge."""
        return self.health.word

    @property
    def may_send(self) -> bool:
        """The viewer may choose it as a sender."""
        return self.is_mine or self.borrowed is not None

    @property
    def stopped_itself(self) -> bool:
        """Its fuse has blown: only its own page lets it go on."""
        return self.mailbox.status == MailboxStatus.PAUSED and self.mailbox.status_code in FUSES


@dataclass(frozen=True)
class MessageView:
    """A message as one viewer may see it: no word of it names another user's private address."""

    message: Message
    address: str
    explanation: Explanation
    subject: str
    text: str

    @property
    def word(self) -> str:
        """The word on its badge."""
        return str(MessageStatus(self.message.status).label)


def visible_mailboxes(viewer: User) -> QuerySet[Mailbox]:
    """Linked mailboxes the viewer may see: all of the organisation's; a mailbox owner sees only their own."""
    rows = Mailbox.objects.for_organisation(viewer.organisation_id).exclude(status=MailboxStatus.REMOVED)
    if not can(viewer, Right.CAMPAIGN_VIEW):
        rows = rows.filter(owner=viewer)
    return rows.select_related("owner").order_by("-is_default", "address", "pk")


def usable_mailboxes(viewer: User) -> QuerySet[Mailbox]:
    """Mailboxes the viewer may choose as a sender: their own, and those lent to them by name."""
    return visible_mailboxes(viewer).filter(lending.usable_by(viewer))


def mailbox_views(viewer: User, *, now: datetime) -> list[MailboxView]:
    """The list of Outreach Settings → Connected email accounts."""
    mailboxes = list(visible_mailboxes(viewer))
    words, loans = gap_words(mailboxes), _loans(viewer, mailboxes)
    return [
        replace(_view(viewer, mailbox, loans[mailbox.pk], now=now), gap_word=words[mailbox.pk])
        for mailbox in mailboxes
    ]


def mailbox_view(viewer: User, mailbox: Mailbox, *, now: datetime) -> MailboxView:
    """One mailbox with its figures of the last 24 hours."""
    return _view(viewer, mailbox, _loans(viewer, [mailbox])[mailbox.pk], now=now)


def _loans(viewer: User, mailboxes: Sequence[Mailbox]) -> defaultdict[int, list[MailboxLoan]]:
    found: defaultdict[int, list[MailboxLoan]] = defaultdict(list)
    for loan in lending.loans_of(mailboxes, organisation_id=viewer.tenant_id):
        found[loan.mailbox_id].append(loan)
    return found


def _view(viewer: User, mailbox: Mailbox, loans: list[MailboxLoan], *, now: datetime) -> MailboxView:
    rules = capacity.limits_of(mailbox)
    failing = mailbox.send_failures or mailbox.read_failures
    broken = breaks.standing(mailbox.organisation_id, [mailbox.pk], now=now) if failing else ()
    may_edit = can(viewer, Right.MAILBOX_LINK) and (
        mailbox.owner_id == viewer.pk or viewer.role == Role.ADMIN
    )
    shortest, longest = (each.total_seconds() for each in rules.gap)
    gap = f"{shortest:g}–{longest:g} s between two messages" if longest else "no gap between messages"
    return MailboxView(
        mailbox=mailbox,
        used=capacity.begun(mailbox, now=now),
        limit=limits.ceiling(rules, now=now).count,
        gap=gap,
        may_edit=may_edit,
        health=mailbox_words.health(mailbox, broken=[each.side for each in broken]),
        is_mine=mailbox.owner_id == viewer.pk,
        borrowers=loans if may_edit else [],
        next_try=mailbox.next_send_at if mailbox.send_failures and mailbox.next_send_at > now else None,
        borrowed=next((loan for loan in loans if loan.user_id == viewer.pk), None),
    )


def visible_messages(viewer: User) -> QuerySet[Message]:
    """Messages of the viewer's organisation, with what the pages show beside them.

    Those of a lane that a room above hides from the viewer (a confidential project's) do not exist for them.
    """
    rows = Message.objects.for_organisation(viewer.organisation_id)
    for lanes in lane_access.hidden_lanes(viewer):
        rows = rows.filter(Q(lane__isnull=True) | ~Q(lane__in=lanes))
    return rows.select_related("mailbox", "lane", "candidate")


def changeable(viewer: User, message_ids: Iterable[int]) -> list[int]:
    """Which of these messages the viewer sees and may change; the others are left out."""
    rows = visible_messages(viewer).filter(pk__in=set(message_ids)).values_list("pk", "lane_id")
    return [pk for pk, lane in rows.order_by("pk") if lane_access.may_change(viewer, lane)]


def waiting_messages(viewer: User) -> QuerySet[Message]:
    """What is written and has not left, soonest first."""
    rows = visible_messages(viewer).filter(status__in=WAITING | HELD)
    return rows.order_by("planned_at", "pk")


def uncertain_messages(viewer: User) -> QuerySet[Message]:
    """What nobody knows to have been sent, newest first: only proof or a person's word moves it on."""
    rows = visible_messages(viewer).filter(status=MessageStatus.UNCERTAIN)
    return rows.order_by("-settled_at", "-pk")


def settled_messages(viewer: User) -> QuerySet[Message]:
    """What became of the others, newest first."""
    return visible_messages(viewer).filter(settled_at__isnull=False).order_by("-settled_at", "-pk")


def message(viewer: User, message_id: int) -> Message:
    """One message of the viewer's organisation; raises Missing."""
    row = visible_messages(viewer).filter(pk=message_id).first()
    if row is None:
        raise Missing("There is no such message.")
    return row


def message_views(viewer: User, rows: Sequence[Message], *, now: datetime) -> list[MessageView]:
    """Messages with the address the viewer may see and why each one waits."""
    explainer = Explainer(now)
    explainer.look_at(row.lane for row in rows)
    return [
        MessageView(
            row,
            address_for(viewer, row),
            explained_to(viewer, row, explainer),
            text_for(viewer, row, row.subject),
            text_for(viewer, row, row.body_text),
        )
        for row in rows
    ]


def message_view(viewer: User, row: Message, *, now: datetime) -> MessageView:
    """One of them."""
    return message_views(viewer, [row], now=now)[0]


def is_hidden(viewer: User, row: Message) -> bool:
    """Whether the message goes to another user's private address (docs/behaviour.md §3)."""
    return row.private_to_id is not None and row.private_to_id != viewer.pk


def address_for(viewer: User, row: Message) -> str:
    """Whom the message goes to; another user's private address stays hidden."""
    return PRIVATE_ADDRESS if is_hidden(viewer, row) else row.to_address


def text_for(viewer: User, row: Message, text: str) -> str:
    """Words of or about the message, as a mail server says them too, without an address the viewer may not know."""
    return masked(text, {row.to_address, row.to_normalised} if is_hidden(viewer, row) else ())


def explained_to(viewer: User, row: Message, explainer: Explainer) -> Explanation:
    """Why the message waits or what became of it, in words the viewer may read."""
    found = explainer.why(row)
    return replace(found, text=text_for(viewer, row, found.text))


def masked(text: str, secrets: Collection[str]) -> str:
    """The text without these addresses, however they are written."""
    forms = {form for secret in secrets for form in (secret, escape(secret), quote(secret))}
    for form in sorted(forms, key=len, reverse=True):
        text = re.sub(re.escape(form), PRIVATE_ADDRESS, text, flags=re.IGNORECASE)
    return text


def messages_of(viewer: User, message_ids: Sequence[int], *, now: datetime) -> list[MessageView]:
    """These messages as far as the viewer may see messages at all, in the order of the ids."""
    if not can(viewer, Right.CAMPAIGN_VIEW):
        return []
    found = visible_messages(viewer).in_bulk(list(message_ids))
    return message_views(viewer, [found[pk] for pk in message_ids if pk in found], now=now)
