"""Which of our messages, and which person, one inbound mail is about; explains its choice.

Strongest evidence first: one of our Message-IDs or of those the provider gave us, a signed token in the
thread or the returned headers, a token in the body together with a known address, the address alone.
See docs/behaviour.md §5 for what each of them proves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from django.db.models import Q, QuerySet

from foundation.secrets import verify
from outreach.inbound.parse import ParsedMail, Place
from outreach.models import Mailbox, Message
from outreach.states import LEFT_US, MessageStatus
from sourcing.models import ContactKind, ContactPoint
from sourcing.normalising import InvalidAddress, normalise_email

#: A mail may be about a message that is still being handed over: its answer can overtake our settle.
_MAY_BE_ANSWERED = [s.value for s in (*LEFT_US, MessageStatus.SENDING)]


class Certainty(Enum):
    """How much a match proves."""

    #: It names one of our messages.
    SURE = "sure"
    #: It comes from the address of somebody this mailbox has written to.
    ADDRESS = "address"
    #: It quotes one of our messages, but comes from nobody we know: a person decides.
    POSSIBLE = "possible"
    NONE = "none"


@dataclass(frozen=True)
class Match:
    """The message and person a mail is about. ``explanation`` holds no address."""

    certainty: Certainty
    explanation: str
    message: Message | None = None
    candidate_id: int | None = None


NOBODY = Match(Certainty.NONE, "It matches nobody this mailbox has written to.")


def match(mail: ParsedMail, *, mailbox: Mailbox) -> Match:
    """Look the mail up among the messages sent from this mailbox."""
    by_id = _by_ids(mailbox, (*mail.thread_ids, *mail.returned.message_ids, *mail.report.original_ids))
    if by_id is not None:
        return _sure(by_id, "It answers a Message-ID of ours.")
    strong, weak = _tokens(mail)
    by_token = _by_tokens(mailbox, strong)
    if by_token is not None:
        return _sure(by_token, "It carries our signed reference in its thread.")
    quoted = _by_tokens(mailbox, weak)
    if quoted is not None:
        if _comes_from(mail, quoted):
            return _sure(quoted, "It quotes our unsubscribe link and comes from a known address.")
        return Match(
            Certainty.POSSIBLE,
            "It quotes our unsubscribe link, but comes from an unknown address.",
            quoted,
            quoted.candidate_id,
        )
    return _by_address(mail, mailbox)


def copied(mail: ParsedMail, *, mailbox: Mailbox) -> Message | None:
    """The message a mail in Sent is our copy of: by its own id, by Outlook's note of ours, by our header."""
    original = mail.header("x-microsoft-original-message-id").strip("<> ")
    found = _by_ids(mailbox, (mail.message_id, original), any_status=True)
    if found is not None:
        return found
    own = [token.token for token in mail.tokens if token.place is Place.OWN_HEADER]
    return _by_tokens(mailbox, own, any_status=True)


def written_to(mail: ParsedMail, *, mailbox: Mailbox) -> list[int]:
    """People this mailbox has written to among the receivers of a mail, by candidate id."""
    addresses = _normalised(person.address for person in (*mail.to, *mail.cc))
    return list(_people_written_to(mailbox, addresses))


def _sure(message: Message, explanation: str) -> Match:
    return Match(Certainty.SURE, explanation, message, message.candidate_id)


def _by_ids(mailbox: Mailbox, ids: Iterable[str], *, any_status: bool = False) -> Message | None:
    wanted = [identifier for identifier in dict.fromkeys(ids) if identifier]
    if not wanted:
        return None
    rows = _messages(mailbox, any_status=any_status)
    ours = {m.our_message_id: m for m in rows.filter(our_message_id__in=wanted)}
    learnt = {
        identifier: m
        for m in rows.filter(provider_message_ids__overlap=wanted)
        for identifier in m.provider_message_ids
    }
    return next((found for i in wanted if (found := ours.get(i) or learnt.get(i)) is not None), None)


def _tokens(mail: ParsedMail) -> tuple[list[str], list[str]]:
    """Tokens whose signature is ours: those in thread or returned headers, and those only in the text."""
    strong: list[str] = []
    weak: list[str] = []
    for found in mail.tokens:
        (weak if found.place is Place.BODY else strong).append(found.token)
    if mail.returned.ref:
        strong.append(mail.returned.ref)
    return strong, weak


def _by_tokens(mailbox: Mailbox, signed: Iterable[str], *, any_status: bool = False) -> Message | None:
    tokens = [token for each in dict.fromkeys(signed) if (token := verify(each)) is not None]
    if not tokens:
        return None
    return _messages(mailbox, any_status=any_status).filter(token__in=tokens).order_by("-pk").first()


def _messages(mailbox: Mailbox, *, any_status: bool) -> QuerySet[Message]:
    rows = Message.objects.for_organisation(mailbox.organisation_id).filter(mailbox=mailbox)
    return rows if any_status else rows.filter(status__in=_MAY_BE_ANSWERED)


def _comes_from(mail: ParsedMail, message: Message) -> bool:
    """Whether the writer is the address written to, or another known one of the same person."""
    senders = _normalised(person.address for person in (mail.sender, *mail.reply_to))
    if message.to_normalised in senders:
        return True
    if message.candidate_id is None:
        return False
    return (
        ContactPoint.objects.for_organisation(message.organisation_id)
        .filter(candidate_id=message.candidate_id, kind=ContactKind.EMAIL, normalised__in=senders)
        .exists()
    )


def _by_address(mail: ParsedMail, mailbox: Mailbox) -> Match:
    senders = _normalised([mail.sender.address])
    people = _people_written_to(mailbox, senders)
    if not people:
        return NOBODY
    candidate_id = next(iter(people))
    more = " Several people have this address; it is the one written to last." if len(people) > 1 else ""
    return Match(
        Certainty.ADDRESS,
        f"It comes from a known address of a person this mailbox has written to.{more}",
        None,
        candidate_id,
    )


def _people_written_to(mailbox: Mailbox, addresses: list[str]) -> dict[int, Message]:
    """Candidate id → the last message from this mailbox to them, most recent first.

    A person counts by any of their known addresses, and by the address that was really written to.
    """
    if not addresses:
        return {}
    known = ContactPoint.objects.for_organisation(mailbox.organisation_id).filter(
        kind=ContactKind.EMAIL, normalised__in=addresses
    )
    rows = (
        _messages(mailbox, any_status=False)
        .filter(Q(to_normalised__in=addresses) | Q(candidate_id__in=known.values("candidate_id")))
        .filter(candidate_id__isnull=False)
        .order_by("-sent_at", "-pk")[:50]
    )
    people: dict[int, Message] = {}
    for message in rows:
        if message.candidate_id is not None:
            people.setdefault(message.candidate_id, message)
    return people


def _normalised(addresses: Iterable[str]) -> list[str]:
    found = []
    for address in addresses:
        if not address:
            continue
        try:
            found.append(normalise_email(address))
        except InvalidAddress:
            # Somebody's odd From field; it cannot be a person's address here, which are all valid.
            continue
    return found
