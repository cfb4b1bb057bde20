"""Many mails at once: what concerns nobody, which is most of a mailbox, is told apart and stored together.

A mail that may be about a message or a person of ours goes through ``ingest`` by itself, in its own transaction, after
the others; so does everything when storing together fails. Nothing depends on the order: mail that concerns nobody is
nobody's news. Whoever reads moves the checkpoint after the whole slice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import DatabaseError, connection, transaction

from outreach.inbound import match as matching
from outreach.inbound.classify import classify
from outreach.inbound.ingest import Place, bare_row, ingest_parsed
from outreach.inbound.parse import ParsedMail, parse
from outreach.models import InboundLocation, InboundMessage, Mailbox
from outreach.outbox.wire import READ_BACK
from outreach.states import Verdict

log = structlog.get_logger(__name__)

#: Parsed mails are held in memory together: no more than this, and no more bytes.
LARGEST = 50
_LARGEST_BYTES = 1_000_000


@dataclass(frozen=True)
class Arrived:
    """One mail as a server gave it; ``received_at`` is its INTERNALDATE."""

    raw: bytes
    place: Place
    received_at: datetime


def cut(mails: Iterable[Arrived]) -> Iterator[list[Arrived]]:
    """In order, in slices small enough to be held in memory; one large mail is a slice by itself."""
    found: list[Arrived] = []
    size = 0
    for mail in mails:
        if found and (len(found) >= LARGEST or size + len(mail.raw) > _LARGEST_BYTES):
            yield found
            found, size = [], 0
        found.append(mail)
        size += len(mail.raw)
    if found:
        yield found


def ingest_all(*, mailbox: Mailbox, mails: Sequence[Arrived], now: datetime) -> list[InboundMessage]:
    """The row of each mail, in order; as ``ingest`` for one after the other, in fewer questions."""
    parsed = [parse(each.raw) for each in mails]
    new = _first_of_each(parsed, _known(mailbox, parsed))
    rows = _store_strangers(mailbox, [(n, mails[n], parsed[n]) for n in new], now)
    return [
        rows.get(number)
        or ingest_parsed(
            mailbox=mailbox,
            mail=parsed[number],
            place=each.place,
            received_at=each.received_at,
            now=now,
            looks_new=number in new,
        )
        for number, each in enumerate(mails)
    ]


def _known(mailbox: Mailbox, mails: Sequence[ParsedMail]) -> set[str]:
    """Hashes of mails that have a row already: met again, or met in another folder."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT raw_hash FROM outreach_inboundmessage WHERE mailbox_id = %s AND raw_hash = ANY(%s)",
            [mailbox.pk, [mail.hash for mail in mails]],
        )
        return {raw_hash for (raw_hash,) in cursor.fetchall()}


def _first_of_each(mails: Sequence[ParsedMail], known: set[str]) -> dict[int, None]:
    """Where the unknown mails stand, in order; a copy of one before it is known once that has its row."""
    first: dict[str, int] = {}
    for number, mail in enumerate(mails):
        if mail.hash not in known:
            first.setdefault(mail.hash, number)
    return dict.fromkeys(first.values())


def _store_strangers(
    mailbox: Mailbox, new: Sequence[tuple[int, Arrived, ParsedMail]], now: datetime
) -> dict[int, InboundMessage]:
    """The rows of those among ``new`` that concern nobody, by their place in the slice, with where they lie."""
    none_of_ours = matching.strangers([mail for _, _, mail in new], mailbox=mailbox)
    rows: dict[int, InboundMessage] = {}
    places: list[InboundLocation] = []
    for (number, each, mail), is_strange in zip(new, none_of_ours, strict=True):
        if not is_strange or mail.step == READ_BACK:
            continue
        verdict = classify(mail, now=now, own_addresses=mailbox.own_addresses, in_sent=each.place.is_sent)
        if verdict.verdict is Verdict.OWN_COPY:
            continue
        row = bare_row(mailbox, mail, verdict, each.received_at, now)
        row.explanation = f"{row.explanation} {matching.NOBODY.explanation}".strip()[:500]
        rows[number] = row
        places.append(_location(row, mailbox, each.place))
    try:
        with transaction.atomic():
            InboundMessage.objects.bulk_create(rows.values())
            InboundLocation.objects.bulk_create(places)
    except DatabaseError:
        # Another reader met one of them, or one cannot be stored: each by itself, so that it keeps no other out.
        return {}
    for number, _, mail in new:
        if number in rows:
            log.info(
                "inbound.read", mailbox_id=mailbox.pk, inbound_id=rows[number].pk,
                verdict=rows[number].verdict, size=mail.size,
            )  # fmt: skip
    return rows


def _location(row: InboundMessage, mailbox: Mailbox, place: Place) -> InboundLocation:
    return InboundLocation(
        organisation_id=mailbox.organisation_id,
        inbound=row,
        mailbox=mailbox,
        folder=place.folder,
        uidvalidity=place.uidvalidity,
        uid=place.uid,
    )
