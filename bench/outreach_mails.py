"""Mails as they come into a mailbox, about messages of ``outreach_past``; nothing of the product makes them."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils import timezone

from bench.outreach_past import World
from outreach.inbound import slices
from outreach.inbound.classify import classify
from outreach.inbound.ingest import Place
from outreach.inbound.parse import parse
from outreach.models import InboundMessage, Mailbox, Message
from outreach.outbox import wire

_FILLER = "We read your message with interest and would like to add a few words of our own to it. " * 3
_NEWS = "<p>Ten offers of this week that you should not miss, and how to read them.</p>" * 40


@dataclass(frozen=True)
class Incoming:
    """Raw bytes for a mailbox, and the verdict they have to get."""

    mailbox: Mailbox
    raw: bytes
    verdict: str
    number: int


def mails(world: World, *, count: int, seed: int = 1) -> list[Incoming]:
    """``count`` mails about messages drawn from all of them, in the mixture of a recruiter's day."""
    chance = random.Random(seed)
    boxes = Mailbox.objects.for_organisation(world.organisation).select_related("owner").in_bulk()
    ids = [chance.randrange(1, world.messages) for _ in range(count)]
    sent = Message.objects.for_organisation(world.organisation).filter(pk__in=ids, status="sent").in_bulk()
    everyone = list(sent.values())
    found = []
    for number in range(count):
        message = chance.choice(everyone)
        message.claimed_at = message.sent_at
        make, verdict = chance.choices(_KINDS, weights=[60, 18, 5, 8, 9])[0]
        box = boxes[message.mailbox_id]
        found.append(Incoming(box, make(message, box, number), verdict, number))
    return found


def read(found: Sequence[Incoming]) -> list[InboundMessage]:
    """Ingest them as the reader does: mailbox by mailbox, in its slices; the rows in the order of ``found``."""
    now = timezone.now()
    of_mailbox: dict[Mailbox, list[Incoming]] = {}
    for each in found:
        of_mailbox.setdefault(each.mailbox, []).append(each)
    rows: dict[int, InboundMessage] = {}
    for mailbox, mails in of_mailbox.items():
        arrived = (slices.Arrived(each.raw, Place("INBOX", 1, each.number + 1), now) for each in mails)
        for slice_ in slices.cut(arrived):
            read_now = slices.ingest_all(mailbox=mailbox, mails=slice_, now=now)
            rows |= {mail.place.uid - 1: row for mail, row in zip(slice_, read_now, strict=True)}
    return [rows[each.number] for each in found]


def wrong(found: Sequence[Incoming], rows: Sequence[InboundMessage]) -> int:
    """How many got another verdict than they have to."""
    return sum(each.verdict != row.verdict for each, row in zip(found, rows, strict=True))


def counted(rows: Sequence[InboundMessage]) -> Counter[str]:
    """Mails per verdict and certainty."""
    return Counter(f"{row.verdict} {row.certainty or '-'}" for row in rows)


def parts(found: Sequence[Incoming]) -> dict[str, float]:
    """Milliseconds a mail of parsing and of parsing and classifying; the rest is the database's."""
    now = timezone.now()
    begun = time.perf_counter()
    parsed = [parse(each.raw) for each in found]
    parsing = time.perf_counter() - begun
    begun = time.perf_counter()
    for mail, each in zip(parsed, found, strict=True):
        classify(mail, now=now, own_addresses=[each.mailbox.address], in_sent=False)
    classifying = time.perf_counter() - begun
    return {"parsing": 1_000 * parsing / len(found), "classifying": 1_000 * classifying / len(found)}


def _head(message: Message, box: Mailbox, number: int, *, sender: str, subject: str, more: str = "") -> str:
    return (
        f"Received: from mx.example (mx.example [192.0.2.7]) by in.example; Tue, 12 May 2026 10:00:00 +0000\r\n"
        f"From: {sender}\r\nTo: {box.address}\r\nSubject: {subject}\r\nDate: Tue, 12 May 2026 10:00:00 +0000\r\n"
        f"Message-ID: <in{number}.{message.pk}@mail.example>\r\n{more}MIME-Version: 1.0\r\n"
    )


def _text(head: str, text: str) -> bytes:
    return f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n".encode()


def _newsletter(message: Message, box: Mailbox, number: int) -> bytes:
    head = _head(
        message, box, number, sender=f"News <news{number}@shop.example>", subject="Ten offers of this week",
        more="List-Unsubscribe: <https://shop.example/u>\r\nPrecedence: bulk\r\n",
    )  # fmt: skip
    return (
        f'{head}Content-Type: multipart/alternative; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n'
        f"{_FILLER}\r\n--b\r\nContent-Type: text/html\r\n\r\n{_NEWS}\r\n--b--\r\n"
    ).encode()


def _reply(message: Message, box: Mailbox, number: int) -> bytes:
    ours = f"<{message.our_message_id}>"
    quoted = "\r\n".join(f"> {line}" for line in message.body_text.splitlines())
    head = _head(
        message, box, number, sender=f"Somebody <{message.to_address}>", subject=f"Re: {message.subject}",
        more=f"In-Reply-To: {ours}\r\nReferences: {ours}\r\n",
    )  # fmt: skip
    return _text(head, f"{_FILLER}\r\n\r\nOn Tue, 12 May 2026 Bench wrote:\r\n{quoted}")


def _by_address(message: Message, box: Mailbox, number: int) -> bytes:
    head = _head(message, box, number, sender=f"Somebody <{message.to_address}>", subject="About your mail")
    return _text(head, _FILLER)


def _bounce(message: Message, box: Mailbox, number: int) -> bytes:
    ours = wire.content(message, box).partition(b"\r\n\r\n")[0].decode()
    head = _head(
        message, box, number, sender="Mail Delivery System <MAILER-DAEMON@mx.example>",
        subject="Undelivered Mail Returned to Sender", more="Return-Path: <>\r\n",
    )  # fmt: skip
    return (
        f'{head}Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nYour message could not be delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {message.to_address}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 User unknown\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\n{ours}\r\n\r\n--b--\r\n"
    ).encode()


def _absence(message: Message, box: Mailbox, number: int) -> bytes:
    ours = f"<{message.our_message_id}>"
    head = _head(
        message, box, number, sender=f"Somebody <{message.to_address}>", subject="Automatic reply: A position",
        more=f"In-Reply-To: {ours}\r\nAuto-Submitted: auto-replied\r\n",
    )  # fmt: skip
    return _text(head, "I am out of the office until 20 May 2026.")


_Make = Callable[[Message, Mailbox, int], bytes]
_KINDS: list[tuple[_Make, str]] = [
    (_newsletter, "other"),
    (_reply, "reply"),
    (_by_address, "reply"),
    (_bounce, "bounce"),
    (_absence, "auto_reply"),
]
