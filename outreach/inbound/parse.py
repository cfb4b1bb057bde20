"""The bytes of one mail as plain data. Pure; never raises, whatever the bytes are.

Mail that the standard parser cannot take apart (nesting without end, megabytes of headers) is read as far as
its header fields; ``problems`` says so.
"""

from __future__ import annotations

import email
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message
from email.policy import compat32
from enum import Enum
from functools import cached_property
from itertools import islice
from typing import TypeVar

from outreach.inbound.bodies import text_of, without_quotes
from outreach.inbound.headers import (
    UNREADABLE,
    Fields,
    Mailbox,
    clean,
    date_of,
    hash_without_trace,
    split,
)
from outreach.inbound.reports import Report, Returned, read_report, read_returned
from outreach.mime import REF_HEADER, STEP_HEADER, token_of_reference

#: Attachments come after the text: nothing of interest is further inside than this.
_ENOUGH = 2 * 1024 * 1024
_MOST_HEADER_BYTES = 128 * 1024
_BOUNDARY = re.compile(rb"\n--\S")
_MOST_BOUNDARIES = 1_000
#: ``/u/<signed token>/``, the unsubscribe link, in whatever a mail quotes.
_LINK_TOKEN = re.compile(
    r"/u/([A-Za-z0-9_~:-]+(?:\.[A-Za-z0-9_~:-]+)*\.[A-Za-z0-9_-]{16})(?:[/?\s>\"')\]]|$)"
)
_MOST_TOKENS = 20
T = TypeVar("T")


class Place(Enum):
    """Where a token was found; decides how much it proves (docs/behaviour.md §5)."""

    OWN_HEADER = "own header"
    THREAD = "thread"
    RETURNED = "returned mail"
    BODY = "body"


@dataclass(frozen=True)
class FoundToken:
    """A token that looks like ours. Whether it is, only its signature tells."""

    token: str
    place: Place


@dataclass(frozen=True)
class ParsedMail:
    """One mail. Ids are without angle brackets; texts hold no control characters; ``date`` is aware or None."""

    hash: str
    size: int
    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    sender: Mailbox = field(default_factory=lambda: Mailbox(""))
    reply_to: tuple[Mailbox, ...] = ()
    to: tuple[Mailbox, ...] = ()
    cc: tuple[Mailbox, ...] = ()
    subject: str = ""
    date: datetime | None = None
    #: The whole text.
    text: str = ""
    content_type: str = "text/plain"
    report: Report = field(default_factory=Report)
    returned: Returned = field(default_factory=Returned)
    tokens: tuple[FoundToken, ...] = ()
    #: ``X-Beckon-Step`` of a copy of our own mail.
    step: str = ""
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    problems: tuple[str, ...] = ()
    #: For second opinions that want the standard library's object; not part of what is compared or stored.
    source: Message = field(default_factory=Message, repr=False, compare=False)

    @cached_property
    def reply_text(self) -> str:
        """The part of ``text`` that the writer wrote now; looked for when it is asked for, as few mails' is."""
        return without_quotes(self.text)

    def header(self, name: str) -> str:
        """The first value of a field by lower-case name, decoded, on one line; empty if there is none."""
        values = self.headers.get(name)
        return " ".join(values[0].split()) if values else ""

    @property
    def thread_ids(self) -> tuple[str, ...]:
        """Every id the mail says it answers, nearest first, each once."""
        return tuple(dict.fromkeys((*self.in_reply_to, *reversed(self.references))))


def parse(raw: bytes) -> ParsedMail:
    """What is in a mail. ``raw`` is what IMAP gave for ``BODY[]``; line ends may be CRLF or LF."""
    problems: list[str] = []
    message = _message(raw, problems)
    fields = Fields.of(message)
    _to_ascii(message)
    text = _careful(lambda: text_of(message), "", "text", problems)
    report = _careful(lambda: read_report(message), Report(), "report", problems)
    returned = _careful(lambda: read_returned(message, text), Returned(), "returned mail", problems)
    senders = fields.mailboxes("from") or fields.mailboxes("sender")
    in_reply_to, references = fields.ids("in-reply-to"), fields.ids("references")
    return ParsedMail(
        hash=hash_without_trace(raw),
        size=len(raw),
        message_id=next(iter(fields.ids("message-id")), ""),
        in_reply_to=in_reply_to,
        references=references,
        sender=senders[0] if senders else Mailbox(""),
        reply_to=fields.mailboxes("reply-to"),
        to=fields.mailboxes("to"),
        cc=fields.mailboxes("cc"),
        subject=fields.text("subject"),
        date=date_of(fields),
        text=text,
        content_type=_careful(message.get_content_type, "text/plain", "content type", problems),
        report=report,
        returned=returned,
        tokens=_tokens(fields, (*in_reply_to, *references), returned, text),
        step=fields.text(STEP_HEADER.lower()),
        headers=fields.as_mapping(),
        problems=tuple(problems),
        source=message,
    )


def _message(raw: bytes, problems: list[str]) -> Message:
    head, _ = split(raw)
    if len(head) > _MOST_HEADER_BYTES:
        problems.append("headers cut")
        raw = head[: head.rfind(b"\n", 0, _MOST_HEADER_BYTES) + 1] + b"\n"
    elif len(raw) > _ENOUGH:
        problems.append("body cut")
        raw = raw[:_ENOUGH]
    too_many = next(islice(_BOUNDARY.finditer(raw), _MOST_BOUNDARIES, None), None)
    if too_many is not None:
        problems.append("parts cut")
        raw = raw[: too_many.start()]
    try:
        return email.message_from_bytes(raw, policy=compat32)
    except UNREADABLE:
        problems.append("structure")
    try:
        return email.message_from_bytes(split(raw)[0] + b"\n\n", policy=compat32)
    except UNREADABLE:
        return Message()


def _to_ascii(message: Message) -> None:
    """Raw 8-bit header fields as ASCII: the library gives them as objects that its users do not expect."""
    raw = {name: str(value) for name, value in message.raw_items() if not str(value).isascii()}
    for name, value in raw.items():
        message.replace_header(name, value.encode("ascii", "replace").decode())


def _careful(read: Callable[[], T], default: T, what: str, problems: list[str]) -> T:
    try:
        return read()
    except UNREADABLE:
        problems.append(what)
        return default


def _tokens(fields: Fields, thread: tuple[str, ...], returned: Returned, text: str) -> tuple[FoundToken, ...]:
    found = [FoundToken(token, Place.OWN_HEADER) for token in fields.raw(REF_HEADER.lower()) if token]
    found += [FoundToken(token, Place.THREAD) for one in thread if (token := token_of_reference(one))]
    if returned.ref:
        found.append(FoundToken(returned.ref, Place.RETURNED))
    found += [
        FoundToken(token, Place.RETURNED) for one in returned.references if (token := token_of_reference(one))
    ]
    found += [FoundToken(match[1], Place.BODY) for match in _LINK_TOKEN.finditer(text)]
    return tuple(dict.fromkeys(FoundToken(clean(one.token), one.place) for one in found))[:_MOST_TOKENS]
