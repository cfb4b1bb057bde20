"""One mail becomes exactly one row, with its verdict, its match and the news of it, in one transaction.

A mail that matches nobody keeps only its date, the hash of its Message-ID and its verdict: the private mail of
somebody who lends a mailbox is not stored (docs/behaviour.md §5).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

import structlog
from django.db import IntegrityError, connection, transaction

from foundation import events
from outreach import deliverability, unsubscribe
from outreach.inbound import answering
from outreach.inbound import match as matching
from outreach.inbound.classify import Classified, classify
from outreach.inbound.headers import hash_of_id
from outreach.inbound.interest import read_interest
from outreach.inbound.match import NOBODY, Certainty, Match
from outreach.inbound.parse import ParsedMail, parse
from outreach.models import InboundMessage, Mailbox, Message
from outreach.outbox import proofs
from outreach.outbox.wire import READ_BACK
from outreach.states import FailureClass, MessageStatus, Verdict
from sourcing import contact_points, sightings, suppressing, suppression
from sourcing.models import Candidate, ContactKind, SuppressionReason
from sourcing.normalising import InvalidAddress, compared_email, normalise_email

log = structlog.get_logger(__name__)

#: What of a matched mail's text is kept; the rest is in the mailbox.
LONGEST_TEXT = 100_000
#: Mail a person's own address wrote, by hand or by itself.
_FROM_THEM = frozenset({Verdict.REPLY, Verdict.AUTO_REPLY, Verdict.UNSUBSCRIBE})


@dataclass(frozen=True)
class Place:
    """Where a mail lies."""

    folder: str
    uidvalidity: int
    uid: int
    is_sent: bool = False


def ingest(
    *, mailbox: Mailbox, raw: bytes, place: Place, received_at: datetime, now: datetime
) -> InboundMessage:
    """Read one mail. The same mail again, from whatever folder, finds its row and only adds the place.

    ``received_at`` is the server's INTERNALDATE. Any bytes are read; none raise. ``slices`` reads many.
    """
    return ingest_parsed(mailbox=mailbox, mail=parse(raw), place=place, received_at=received_at, now=now)


def ingest_parsed(
    *,
    mailbox: Mailbox,
    mail: ParsedMail,
    place: Place,
    received_at: datetime,
    now: datetime,
    looks_new: bool = False,
) -> InboundMessage:
    """:func:`ingest` for a mail that is parsed already; ``looks_new``: its row was looked for a moment ago in vain."""
    if mail.step == READ_BACK and not place.is_sent:
        deliverability.came_back(mail, mailbox=mailbox, now=now)
    known = None if looks_new else _known(mailbox, mail.hash)
    if known is None:
        verdict = classify(mail, now=now, own_addresses=mailbox.own_addresses, in_sent=place.is_sent)
        try:
            with transaction.atomic():
                row = _store(mailbox, mail, verdict, place, received_at, now)
        except IntegrityError:
            # Two readers met the same mail; the other one's row stands.
            known = _known(mailbox, mail.hash)
            if known is None:
                raise
        else:
            log.info(
                "inbound.read", mailbox_id=mailbox.pk, inbound_id=row.pk, verdict=row.verdict, size=mail.size
            )
            return row
    _seen_again(known, mail, mailbox, place, now)
    return known


@transaction.atomic
def _seen_again(row: InboundMessage, mail: ParsedMail, mailbox: Mailbox, place: Place, now: datetime) -> None:
    """A known mail in another place. Met in Sent only now, one from the owner turns out to be an own copy."""
    _remember_place(row, mailbox, place)
    if not place.is_sent or mail.sender.address.lower() not in mailbox.own_addresses:
        return
    rows = InboundMessage.objects.for_organisation(mailbox.organisation_id).filter(pk=row.pk)
    if rows.filter(verdict=Verdict.OTHER).update(verdict=Verdict.OWN_COPY):
        row.verdict = Verdict.OWN_COPY
        _own_copy(row, mail, mailbox, now)


def _store(
    mailbox: Mailbox,
    mail: ParsedMail,
    verdict: Classified,
    place: Place,
    received_at: datetime,
    now: datetime,
) -> InboundMessage:
    own = verdict.verdict is Verdict.OWN_COPY
    found = (
        NOBODY
        if own
        else matching.match(mail, mailbox=mailbox, verdict=verdict.verdict, received_at=received_at)
    )
    row = bare_row(mailbox, mail, verdict, received_at, now)
    if not own:
        row.explanation = f"{row.explanation} {found.explanation}".strip()[:500]
    if found.certainty is not Certainty.NONE:
        _fill(row, mail, verdict, found)
    row.save()
    _remember_place(row, mailbox, place)
    if own:
        _own_copy(row, mail, mailbox, now)
    elif found.certainty is not Certainty.NONE:
        _act(row, verdict, found, now)
    return row


def bare_row(
    mailbox: Mailbox, mail: ParsedMail, verdict: Classified, received_at: datetime, now: datetime
) -> InboundMessage:
    """What is kept of every mail, unsaved; of one that matches nobody no more than this and the match's words."""
    return InboundMessage(
        organisation_id=mailbox.organisation_id,
        mailbox=mailbox,
        raw_hash=mail.hash,
        message_id_hash=hash_of_id(mail.message_id),
        received_at=received_at,
        read_at=now,
        verdict=verdict.verdict,
        explanation=verdict.explanation[:500],
        failure_class=verdict.failure or "",
        status_code=verdict.code[:20],
    )


def _fill(row: InboundMessage, mail: ParsedMail, verdict: Classified, found: Match) -> None:
    row.certainty = found.certainty.value
    row.message = found.message
    row.candidate_id = found.candidate_id
    row.from_address = mail.sender.address[:320]
    row.from_name = mail.sender.name[:300]
    row.subject = mail.subject[:998]
    row.body_text = (mail.reply_text or mail.text)[:LONGEST_TEXT]
    row.quoted_text = _quoted(mail)[:LONGEST_TEXT]
    if mail.problems:
        row.explanation = f"{row.explanation} It is damaged; the whole mail is in the mailbox."[:500]
    if verdict.verdict is Verdict.REPLY:
        reading = read_interest(row.body_text, ours=found.message.body_text if found.message else "")
        row.interest = reading.interest or ""
        row.interest_phrase, row.interest_percent = reading.phrase, reading.percent
    row.rfc_message_id = mail.message_id[:998]
    row.references = " ".join(mail.references)[:20_000]
    if verdict.returns_on is not None:
        zone = ZoneInfo(row.mailbox.owner.time_zone)
        row.returns_at = datetime.combine(verdict.returns_on, time(12), tzinfo=zone)


def _quoted(mail: ParsedMail) -> str:
    """What stands around the words written now: the quoted mail, mostly."""
    written = mail.reply_text.strip()
    if not written or written == mail.text.strip():
        return ""
    before, found, after = mail.text.partition(written)
    return "\n".join(part.strip("\n") for part in (before, after) if part.strip()) if found else mail.text


def _act(row: InboundMessage, verdict: Classified, found: Match, now: datetime) -> None:
    """What the verdict does; a doubtful match only asks."""
    if found.certainty is Certainty.POSSIBLE:
        if verdict.verdict in {Verdict.REPLY, Verdict.UNSUBSCRIBE}:
            _tell(row, "message.possible_reply")
        return
    _seen(row, verdict)
    named = found.message
    if named is not None and verdict.verdict is not Verdict.BOUNCE and named.status != MessageStatus.SENT:
        proofs.prove_sent(named.pk, now=now, how="answered")
    match verdict.verdict:
        case Verdict.BOUNCE if named is not None:
            _bounce(row, verdict, named, now)
        case Verdict.REPLY:
            _tell(row, "message.replied")
        case Verdict.AUTO_REPLY:
            _tell(row, "message.auto_replied")
        case Verdict.UNSUBSCRIBE:
            _opt_out(row, found)
        case Verdict.COMPLAINT:
            _opt_out(row, found)
            if named is not None:
                _tell(row, "message.complained")
        case _:
            # Delays, receipts, and reports that name none of our messages are noted and change nothing.
            pass


def _seen(row: InboundMessage, verdict: Classified) -> None:
    """The person's own mail, an automatic one too, shows that its address is in use."""
    if row.candidate_id is None or verdict.verdict not in _FROM_THEM:
        return
    try:
        address = normalise_email(row.from_address)
    except InvalidAddress:
        return
    sightings.seen(
        organisation_id=row.organisation_id,
        points=[(row.candidate_id, ContactKind.EMAIL, address)],
        at=row.received_at,
        private_too=True,
    )


def _bounce(row: InboundMessage, verdict: Classified, message: Message, now: datetime) -> None:
    """Marks the address only if the report's failed recipient is the one this message went to.

    A report that names no recipient ends the message, but says too little about the address: it counts as soft.
    """
    failure = verdict.failure or FailureClass.SOFT
    failed = {compared_email(address) for address in verdict.recipients}
    if failed and message.to_normalised not in failed:
        proofs.prove_sent(message.pk, now=now, how="answered")
        row.explanation = f"{row.explanation} The failed address is not the one written to."[:500]
        row.save(update_fields=["explanation"])
        return
    if failure is FailureClass.HARD and not failed:
        failure = FailureClass.SOFT
    words = verdict.diagnostic or verdict.explanation
    news = proofs.note_bounce(
        message.pk, failure_class=failure, code=verdict.code, text=f"{verdict.code} {words}".strip(), now=now
    )
    if news and failure is FailureClass.HARD and message.candidate_id is not None:
        contact_points.mark_bounced(
            organisation_id=row.organisation_id,
            candidate_id=message.candidate_id,
            address=message.to_normalised,
            at=now,
            cause=f"{verdict.code} {words}".strip(),
        )


def _opt_out(row: InboundMessage, found: Match) -> None:
    if found.message is not None:
        unsubscribe.opt_out(found.message)
        return
    candidate = (
        Candidate.objects.for_organisation(row.organisation_id).filter(pk=row.candidate_id or 0).first()
    )
    if candidate is None or suppression.suppressed_people(row.organisation_id, [candidate.pk]):
        return
    suppressing.suppress_person(candidate=candidate, actor=None, reason=SuppressionReason.OPT_OUT)
    events.emit(
        "candidate.opted_out",
        organisation_id=row.organisation_id,
        subject=f"candidate:{candidate.pk}",
        candidate_id=candidate.pk,
        message_id=None,
    )


def _own_copy(row: InboundMessage, mail: ParsedMail, mailbox: Mailbox, now: datetime) -> None:
    """Learn what the provider calls our message; a mail that Beckon did not write pauses its receivers' campaigns."""
    message = matching.copied(mail, mailbox=mailbox)
    if message is not None:
        proofs.learn_provider_id(message.pk, provider_message_id=mail.message_id)
        proofs.prove_sent(message.pk, now=now, how=proofs.SEEN_IN_SENT)
        return
    if matching.is_beckons(mail):
        # Written for another organisation that uses the same account.
        return
    written_to = matching.receivers(mail, mailbox=mailbox, received_at=row.received_at)
    answering.answered_elsewhere(mailbox=mailbox, candidate_ids=written_to, at=row.received_at)
    for candidate_id in written_to:
        events.emit(
            "candidate.written_by_hand",
            organisation_id=mailbox.organisation_id,
            subject=f"candidate:{candidate_id}",
            candidate_id=candidate_id,
            mailbox_id=mailbox.pk,
            inbound_id=row.pk,
        )


def _tell(row: InboundMessage, kind: str) -> None:
    subject = f"message:{row.message_id}" if row.message_id else f"candidate:{row.candidate_id}"
    events.emit(
        kind,
        organisation_id=row.organisation_id,
        subject=subject,
        message_id=row.message_id,
        inbound_id=row.pk,
    )


def _known(mailbox: Mailbox, raw_hash: str) -> InboundMessage | None:
    # Asked about every mail, and nearly always in vain.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM outreach_inboundmessage WHERE mailbox_id = %s AND raw_hash = %s",
            [mailbox.pk, raw_hash],
        )
        row = cursor.fetchone()
    return InboundMessage.objects.for_organisation(mailbox.organisation_id).get(pk=row[0]) if row else None


def _remember_place(row: InboundMessage, mailbox: Mailbox, place: Place) -> None:
    with connection.cursor() as cursor:
        # A place that is known stays what it is.
        cursor.execute(
            """
            INSERT INTO outreach_inboundlocation (organisation_id, inbound_id, mailbox_id, folder, uidvalidity, uid)
            VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (mailbox_id, folder, uidvalidity, uid) DO NOTHING
            """,
            [mailbox.organisation_id, row.pk, mailbox.pk, place.folder, place.uidvalidity, place.uid],
        )
