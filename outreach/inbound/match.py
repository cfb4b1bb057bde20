"""Which of our messages, and which person, one inbound mail is about; explains its choice.

Strongest evidence first: one of our Message-IDs or of those the provider gave us and our signed token, nearest in the
thread first; a token that is only quoted; the writer's address alone. Ids and tokens are looked for among all messages
of the organisation, since an answer may come to a colleague's mailbox; addresses only among those this mailbox wrote
to. See docs/behaviour.md §5 for what each of them proves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from django.db import connection

from foundation.secrets import verify
from outreach.inbound.parse import ParsedMail, Place
from outreach.mime import token_of_reference
from outreach.models import Mailbox, Message
from outreach.states import LEFT_US, MessageStatus, Verdict
from outreach.unsubscribe import MAILTO_SUBJECT
from sourcing.models import ContactKind, ContactPoint
from sourcing.normalising import InvalidAddress, normalise_email

#: A mail may be about a message that is still being handed over: its answer can overtake our settle.
_MAY_BE_ANSWERED = [s.value for s in (*LEFT_US, MessageStatus.SENDING)]
#: For these a quoted token is enough whoever wrote: reports come from machines, and who holds the unsubscribe
#: link may press it.
_QUOTING_IS_ENOUGH = frozenset(
    {Verdict.BOUNCE, Verdict.DELAYED, Verdict.DELIVERED, Verdict.COMPLAINT, Verdict.UNSUBSCRIBE}
)
_SUBJECT_TOKEN = re.compile(rf"^\s*{MAILTO_SUBJECT}\s+(\S{{10,200}})", re.IGNORECASE)
#: IMAP servers give the moment of arrival in whole seconds, cut.
_RESOLUTION = timedelta(seconds=1)
_MOST_PEOPLE = 50


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


def match(mail: ParsedMail, *, mailbox: Mailbox, verdict: Verdict, received_at: datetime) -> Match:
    """Look the mail up among what was sent before it came (``received_at``, the server's word)."""
    found = _named(mailbox, _evidence(mail))
    if found is not None:
        return Match(Certainty.SURE, "It names a message of ours.", found, found.candidate_id)
    quoted = _named(mailbox, _quoted(mail))
    if quoted is not None:
        if verdict in _QUOTING_IS_ENOUGH:
            return Match(Certainty.SURE, "It quotes our unsubscribe link.", quoted, quoted.candidate_id)
        if _comes_from(mail, quoted):
            words = "It quotes our unsubscribe link and comes from a known address."
            return Match(Certainty.SURE, words, quoted, quoted.candidate_id)
        words = "It quotes our unsubscribe link, but comes from an unknown address."
        return Match(Certainty.POSSIBLE, words, quoted, quoted.candidate_id)
    return _by_address(mail, mailbox, received_at)


def strangers(mails: Sequence[ParsedMail], *, mailbox: Mailbox) -> list[bool]:
    """For each mail whether :func:`match` is bound to find nobody, whenever it came; two questions for all of them.

    Nothing in it names a message of ours, and nobody we know of has the address it comes from.
    """
    names = [[*_evidence(mail), *_quoted(mail)] for mail in mails]
    senders = [_normalised([mail.sender.address]) for mail in mails]
    found = _ids_by_name(mailbox, [name for each in names for name in each])
    known = _addresses_known(mailbox, [address for each in senders for address in each])
    return [
        not any(name in found for name in theirs) and not known.intersection(sender)
        for theirs, sender in zip(names, senders, strict=True)
    ]


def copied(mail: ParsedMail, *, mailbox: Mailbox) -> Message | None:
    """The message a mail in Sent is our copy of: by its own id, by Outlook's note of ours, by our header."""
    original = mail.header("x-microsoft-original-message-id").strip("<> ")
    own = [_signed(token) for token in _own_tokens(mail)]
    return _named(mailbox, [_id(mail.message_id), _id(original), *own])


def is_beckons(mail: ParsedMail) -> bool:
    """Whether Beckon wrote this mail, for whichever organisation: our header with a signature of ours."""
    return any(verify(token) is not None for token in _own_tokens(mail))


def receivers(mail: ParsedMail, *, mailbox: Mailbox, received_at: datetime) -> list[int]:
    """People among the receivers of a mail, by candidate id: those with the address, and those written to there."""
    addresses = _normalised(person.address for person in (*mail.to, *mail.cc))
    if not addresses:
        return []
    written_to = _people_written_to(mailbox, addresses, received_at)
    return sorted({*_people_with(mailbox, addresses), *written_to})


def _own_tokens(mail: ParsedMail) -> list[str]:
    return [token.token for token in mail.tokens if token.place is Place.OWN_HEADER]


@dataclass(frozen=True)
class _Name:
    """One thing a message of ours may be known by: an id, or the token inside a valid signature."""

    id: str = ""
    token: str = ""


def _id(identifier: str) -> _Name:
    """An id; the synthetic one in References stands for the token it carries."""
    carried = token_of_reference(identifier)
    return _signed(carried) if carried else _Name(id=identifier)


def _signed(token: str) -> _Name:
    return _Name(token=verify(token) or "")


def _evidence(mail: ParsedMail) -> list[_Name]:
    """What names our message, best first.

    What the mail says it answers comes first. A token in References is that of the last message of ours there,
    so it goes before the older ids beside it.
    """
    references = [_id(identifier) for identifier in reversed(mail.references)]
    back = mail.returned
    named = _SUBJECT_TOKEN.match(mail.subject)
    return [
        *(_id(identifier) for identifier in mail.in_reply_to),
        *(name for name in references if name.token),
        *references,
        *(_id(identifier) for identifier in (*back.message_ids, *mail.report.original_ids)),
        *(_signed(t.token) for t in mail.tokens if t.place is not Place.BODY),
        *(_id(identifier) for identifier in reversed(back.references)),
        *([_signed(named[1])] if named else []),
    ]


def _quoted(mail: ParsedMail) -> list[_Name]:
    """Tokens that stand somewhere in the text: weaker than the rest."""
    return [_signed(t.token) for t in mail.tokens if t.place is Place.BODY]


# Three questions and not one with OR: each is answered by its own index.
_BY_NAME = """
SELECT '', token, id FROM outreach_message
 WHERE organisation_id = %(organisation)s AND token = ANY(%(tokens)s)
UNION ALL
SELECT unnest(provider_message_ids), '', id FROM outreach_message
 WHERE organisation_id = %(organisation)s AND provider_message_ids && %(ids)s::varchar(998)[]
   AND NOT (provider_message_ids = '{}'::varchar(998)[])
UNION ALL
SELECT our_message_id, '', id FROM outreach_message
 WHERE organisation_id = %(organisation)s AND our_message_id = ANY(%(ids)s::varchar[])
"""


def _named(mailbox: Mailbox, names: Iterable[_Name]) -> Message | None:
    """The message that the first of ``names`` stands for.

    An id nobody could guess proves that the message left, whatever its status says; so the status is not asked.
    """
    wanted = list(names)
    found = _ids_by_name(mailbox, wanted)
    pk = next((found[name] for name in wanted if name in found), None)
    if pk is None:
        return None
    rows = Message.objects.for_organisation(mailbox.organisation_id)
    # Written out: making a statement of so many columns takes longer than answering it.
    return next(
        iter(rows.raw("SELECT * FROM outreach_message WHERE organisation_id = %s AND id = %s",
                      [mailbox.organisation_id, pk])),
        None,
    )  # fmt: skip


def _ids_by_name(mailbox: Mailbox, names: Iterable[_Name]) -> dict[_Name, int]:
    """The message that each of ``names`` stands for; one that stands for none is absent."""
    wanted = [name for name in dict.fromkeys(names) if name.id or name.token]
    ids = [name.id for name in wanted if name.id]
    tokens = [name.token for name in wanted if name.token]
    if not wanted:
        return {}
    values: dict[str, Any] = {"organisation": mailbox.organisation_id, "ids": ids, "tokens": tokens}
    with connection.cursor() as cursor:
        cursor.execute(_BY_NAME, values)
        # Ours come last: an id that is also somebody's provider's stands for the message it was made for.
        return {_Name(id=name, token=token): pk for name, token, pk in cursor.fetchall()}


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


def _by_address(mail: ParsedMail, mailbox: Mailbox, received_at: datetime) -> Match:
    people = _people_written_to(mailbox, _normalised([mail.sender.address]), received_at)
    if not people:
        return NOBODY
    more = " Several people have this address; it is the one written to last." if len(people) > 1 else ""
    return Match(
        Certainty.ADDRESS,
        f"It comes from a known address of a person this mailbox has written to.{more}",
        None,
        people[0],
    )


# Asked about all mail that names nothing of ours, which is most: one statement, written out. A message counts from its
# beginning, since an answer may come before the server has told us that it took it.
_WRITTEN_TO = """
WITH them AS (
    SELECT DISTINCT candidate_id FROM sourcing_contactpoint
     WHERE organisation_id = %(organisation)s AND kind = 'email' AND normalised = ANY(%(addresses)s)
     ORDER BY candidate_id DESC LIMIT %(most)s
), messages AS (
    (SELECT id, candidate_id FROM outreach_message
      WHERE mailbox_id = %(mailbox)s AND to_normalised = ANY(%(addresses)s)
        AND status = ANY(%(left)s) AND sending_at < %(until)s
      ORDER BY id DESC LIMIT %(most)s)
    UNION ALL
    (SELECT m.id, m.candidate_id FROM them JOIN outreach_message m USING (candidate_id)
      WHERE m.mailbox_id = %(mailbox)s AND m.status = ANY(%(left)s) AND m.sending_at < %(until)s
      ORDER BY m.id DESC LIMIT %(most)s)
)
SELECT candidate_id FROM messages WHERE candidate_id IS NOT NULL GROUP BY candidate_id ORDER BY max(id) DESC
"""


def _people_written_to(mailbox: Mailbox, addresses: Sequence[str], until: datetime) -> list[int]:
    """Candidates this mailbox had begun to write to by then, the one written to last first.

    A person counts by any of their known addresses, private ones of any user included, and by the address that was
    really written to.
    """
    if not addresses:
        return []
    values: dict[str, Any] = {
        "organisation": mailbox.organisation_id,
        "mailbox": mailbox.pk,
        "addresses": list(addresses),
        "left": _MAY_BE_ANSWERED,
        "until": until + _RESOLUTION,
        "most": _MOST_PEOPLE,
    }
    with connection.cursor() as cursor:
        cursor.execute(_WRITTEN_TO, values)
        return [candidate_id for (candidate_id,) in cursor.fetchall()]


_ADDRESSES_KNOWN = """
SELECT address FROM unnest(%(addresses)s::text[]) AS given (address)
 WHERE EXISTS (SELECT FROM sourcing_contactpoint
                WHERE organisation_id = %(organisation)s AND kind = 'email' AND normalised = address)
    OR EXISTS (SELECT FROM outreach_message WHERE mailbox_id = %(mailbox)s AND to_normalised = address)
"""


def _addresses_known(mailbox: Mailbox, addresses: Sequence[str]) -> set[str]:
    """Those that somebody has here, or that this mailbox has a message to: a reader's match is among them."""
    if not addresses:
        return set()
    values: dict[str, Any] = {
        "organisation": mailbox.organisation_id,
        "mailbox": mailbox.pk,
        "addresses": list(addresses),
    }
    with connection.cursor() as cursor:
        cursor.execute(_ADDRESSES_KNOWN, values)
        return {address for (address,) in cursor.fetchall()}


def _people_with(mailbox: Mailbox, addresses: Sequence[str]) -> list[int]:
    """Candidates that have one of these addresses, private ones of any user included."""
    points = ContactPoint.objects.for_organisation(mailbox.organisation_id).filter(
        kind=ContactKind.EMAIL, normalised__in=addresses
    )
    return list(
        points.order_by("-candidate_id").values_list("candidate_id", flat=True).distinct()[:_MOST_PEOPLE]
    )


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
