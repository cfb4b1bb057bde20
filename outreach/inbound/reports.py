"""Machine-readable parts of reports: delivery status (RFC 3464), feedback (RFC 5965), the returned mail. Pure."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser

from outreach.inbound.bodies import content, parts
from outreach.inbound.headers import UNREADABLE, Fields, clean

_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_HEADERS_ONLY = frozenset(("text/rfc822-headers", "message/rfc822-headers", "message/global-headers"))
_MOST_BLOCKS = 100
_ID_LINE = re.compile(r"^[> \t]*message-id:\s*<([^<>\s]{3,998})>", re.IGNORECASE | re.MULTILINE)
_REFERENCES_LINE = re.compile(r"^[> \t]*references:\s*((?:<[^<>\s]+>\s*)+)", re.IGNORECASE | re.MULTILINE)
_REF_LINE = re.compile(r"^[> \t]*x-beckon-ref:\s*(\S{3,200})", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class RecipientReport:
    """One recipient's block of a delivery status report; absent fields are empty."""

    final: str = ""
    original: str = ""
    action: str = ""
    status: str = ""
    diagnostic: str = ""
    remote_mta: str = ""

    @property
    def recipient(self) -> str:
        """The address as the sender wrote it where the report says so."""
        return self.original or self.final


@dataclass(frozen=True)
class Returned:
    """What a report gives back of our own mail: ids and references without brackets, our token, its To."""

    message_ids: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    ref: str = ""
    step: str = ""
    to: tuple[str, ...] = ()
    subject: str = ""

    @property
    def empty(self) -> bool:
        """Whether nothing came back."""
        return not (self.message_ids or self.references or self.ref)


@dataclass(frozen=True)
class Report:
    """The machine-readable part of a mail. ``kind`` is delivery-status, disposition-notification, … or empty."""

    kind: str = ""
    recipients: tuple[RecipientReport, ...] = ()
    reporting_mta: str = ""
    feedback_type: str = ""
    original_recipient: str = ""
    original_ids: tuple[str, ...] = ()


def read_report(message: Message) -> Report:
    """The report in a mail; an empty one if there is none. A report outside multipart/report counts too."""
    kind = ""
    for part in parts(message):
        content_type = part.get_content_type()
        if content_type == "multipart/report":
            kind = kind or _parameter(part, "report-type")
        elif content_type in {"message/delivery-status", "message/global-delivery-status"}:
            return _delivery(part)
        elif content_type == "message/feedback-report":
            fields = _only_block(part)
            return Report(
                kind="feedback-report",
                feedback_type=fields.text("feedback-type").lower(),
                original_recipient=_address(fields.text("original-rcpt-to")),
            )
        elif content_type in {"message/disposition-notification", "message/global-disposition-notification"}:
            fields = _only_block(part)
            return Report(
                kind="disposition-notification",
                original_recipient=_address(fields.text("final-recipient")),
                original_ids=fields.ids("original-message-id"),
            )
    return Report(kind=kind)


def read_returned(message: Message, text: str) -> Returned:
    """Our mail as it came back: in a part of its own, else as lines in the text of a report."""
    for part in parts(message):
        kind = part.get_content_type()
        if kind in {"message/rfc822", "message/global"}:
            payload = part.get_payload()
            if isinstance(payload, list) and payload and isinstance(payload[0], Message):
                found = _returned(Fields.of(payload[0]))
                if not found.empty:
                    return found
        elif kind in _HEADERS_ONLY:
            found = _returned(_fields(content(part)))
            if not found.empty:
                return found
    refs = _REF_LINE.findall(text)
    threads = " ".join(_REFERENCES_LINE.findall(text))
    return Returned(
        message_ids=tuple(dict.fromkeys(_ID_LINE.findall(text))),
        references=tuple(dict.fromkeys(re.findall(r"<([^<>\s]+)>", threads))),
        ref=refs[0] if refs else "",
    )


def enhanced_code(text: str) -> str:
    """The first enhanced status code (RFC 3463) in a text; empty if there is none."""
    match = _STATUS.search(text)
    return ".".join(str(int(number)) for number in match.groups()) if match else ""


def recipients_of(text: str) -> tuple[RecipientReport, ...]:
    """The recipients' blocks among the paragraphs of a text."""
    return _recipients(
        [_fields(chunk) for chunk in re.split(r"\n\s*\n", text)[:_MOST_BLOCKS] if chunk.strip()]
    )


def _delivery(part: Message) -> Report:
    blocks = _blocks(part)
    head = blocks[0] if blocks else Fields([])
    return Report(
        kind="delivery-status",
        recipients=_recipients(blocks),
        reporting_mta=head.text("reporting-mta").rpartition(";")[2].strip(),
        original_ids=head.ids("x-original-message-id"),
    )


def _recipients(blocks: list[Fields]) -> tuple[RecipientReport, ...]:
    return tuple(
        RecipientReport(
            final=_address(block.text("final-recipient")),
            original=_address(block.text("original-recipient")),
            action=block.text("action").partition(" ")[0].lower(),
            status=enhanced_code(block.text("status")),
            diagnostic=block.text("diagnostic-code"),
            remote_mta=block.text("remote-mta").rpartition(";")[2].strip(),
        )
        for block in blocks
        if "final-recipient" in block or "original-recipient" in block or "action" in block
    )


def _blocks(part: Message) -> list[Fields]:
    """The groups of fields of a report part. Some senders put the whole part in base64, against the RFC."""
    payload = part.get_payload()
    if not isinstance(payload, list):
        chunks = re.split(r"\n\s*\n", content(part))
        return [_fields(chunk) for chunk in chunks[:_MOST_BLOCKS] if chunk.strip()]
    blocks = [block for block in payload[:_MOST_BLOCKS] if isinstance(block, Message)]
    if str(part.get("content-transfer-encoding", "")).strip().lower() == "base64":
        text = "".join(str(block.get_payload() or "") for block in blocks)
        try:
            plain = base64.b64decode("".join(text.split())).decode("utf-8", "replace")
        except UNREADABLE:
            plain = ""
        if ":" in plain:
            return [_fields(chunk) for chunk in re.split(r"\r?\n\s*\r?\n", plain) if chunk.strip()]
    return [Fields.of(block) for block in blocks if block.keys()]


def _only_block(part: Message) -> Fields:
    blocks = _blocks(part)
    return blocks[0] if blocks else Fields([])


def _returned(fields: Fields) -> Returned:
    return Returned(
        # Exchange gives our own id back under the second name when it has replaced it.
        message_ids=(*fields.ids("message-id"), *fields.ids("x-microsoft-original-message-id")),
        references=fields.ids("references"),
        ref=fields.text("x-beckon-ref"),
        step=fields.text("x-beckon-step"),
        to=tuple(person.address for person in fields.mailboxes("to")),
        subject=fields.text("subject"),
    )


def _fields(text: str) -> Fields:
    try:
        return Fields.of(HeaderParser().parsestr(text.strip("\n") + "\n\n"))
    except UNREADABLE:
        return Fields([])


def _address(value: str) -> str:
    """The address of ``rfc822; eva@example.com``, with or without brackets and a comment."""
    bare = value.rpartition(";")[2].strip().partition(" ")[0]
    return clean(bare.strip("<>"))


def _parameter(part: Message, name: str) -> str:
    try:
        return str(part.get_param(name) or "").lower()
    except UNREADABLE:
        return ""
