"""What comes back: delivery reports, out-of-office notes and replies, in the form real systems send them.

Pure: time and ids are passed in. Every function gives bytes with CRLF line ends, without trace headers.
"""

from __future__ import annotations

import datetime as dt
import email.header
import email.message
import email.policy
import re
from dataclasses import dataclass
from email.message import EmailMessage, Message
from email.utils import format_datetime, parseaddr

HOST = "mx.sandbox.example"
POLICY = email.policy.SMTP.clone(max_line_length=998, utf8=False)
_DIAGNOSES = {
    "5.1.1": "550 5.1.1 The email account that you tried to reach does not exist",
    "5.2.2": "552 5.2.2 The mailbox is full",
    "4.2.2": "452 4.2.2 The mailbox is full, delivery was given up",
    "5.7.1": "554 5.7.1 Message rejected for policy reasons",
    "5.3.4": "552 5.3.4 Message too big",
    "4.4.1": "451 4.4.1 The receiving host does not answer",
}


@dataclass(frozen=True)
class Answered:
    """The mail that is being answered: parsed, its bytes as received, and the recipient who answers."""

    message: Message
    raw: bytes
    sender: str
    recipient: str

    @property
    def message_id(self) -> str:
        """Message-ID as it arrived at the recipient."""
        return str(self.message.get("Message-ID", "")).strip()

    @property
    def subject(self) -> str:
        """Subject in readable form, without folding."""
        return readable(self.message.get("Subject", ""))

    @property
    def reply_to(self) -> str:
        """Where a person's answer goes: Reply-To, else From (RFC 5322 §3.6.2)."""
        for name in ("Reply-To", "From"):
            _, address = parseaddr(str(self.message.get(name, "")))
            if address:
                return address
        return self.sender

    @property
    def references(self) -> str:
        """References of an answer: those of the mail, then its own id (RFC 5322 §3.6.4)."""
        before = str(self.message.get("References") or self.message.get("In-Reply-To") or "").split()
        return " ".join([*before, self.message_id])

    def text(self) -> str:
        """The words a mail program would quote: the first text/plain part, else the HTML without its tags."""
        parts = {part.get_content_type(): part for part in reversed(list(self.message.walk()))}
        part = parts.get("text/plain") or parts.get("text/html")
        if part is None:
            return ""
        payload = part.get_payload(decode=True)
        charset = part.get_content_charset() or "utf-8"
        try:
            text = payload.decode(charset, "replace") if isinstance(payload, bytes) else ""
        except LookupError:
            text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
        return re.sub(r"<[^>]+>", "", text) if part.get_content_type() == "text/html" else text


def readable(value: object) -> str:
    """A header value decoded and on one line; as it stands if its charset is unknown."""
    try:
        decoded = str(email.header.make_header(email.header.decode_header(str(value))))
    except (LookupError, UnicodeError):
        decoded = str(value)
    return " ".join(decoded.split())


def delivery_report(
    answered: Answered, *, now: dt.datetime, message_id: str, status: str, action: str
) -> bytes:
    """A multipart/report of delivery-status (RFC 3462, RFC 3464) with the returned headers.

    ``status``: enhanced code (RFC 3463), ``action``: failed or delayed. The envelope sender of a report is empty.
    """
    diagnosis = _DIAGNOSES.get(status, f"{'550' if status[0] == '5' else '450'} {status} Delivery failed")
    report = _start(
        now, message_id, sender=f"Mail Delivery System <MAILER-DAEMON@{HOST}>", to=answered.sender
    )
    failed = action == "failed"
    report["Subject"] = (
        "Undelivered Mail Returned to Sender" if failed else "Delayed Mail (still being retried)"
    )
    report["Auto-Submitted"] = "auto-replied"
    report.set_content(_report_text(answered.recipient, diagnosis, failed=failed))
    status_lines = (
        f"Reporting-MTA: dns; {HOST}\r\nArrival-Date: {format_datetime(now)}\r\n\r\n"
        f"Final-Recipient: rfc822; {answered.recipient}\r\nOriginal-Recipient: rfc822;{answered.recipient}\r\n"
        f"Action: {action}\r\nStatus: {status}\r\nRemote-MTA: dns; {HOST}\r\n"
        f"Diagnostic-Code: smtp; {diagnosis}\r\n"
    )
    headers = answered.raw.partition(b"\r\n\r\n")[0] + b"\r\n"
    body = report.get_content()
    boundary = f"report.{message_id.strip('<>').partition('@')[0]}"
    del report["Content-Type"], report["Content-Transfer-Encoding"], report["MIME-Version"]
    report["MIME-Version"] = "1.0"
    report["Content-Type"] = f'multipart/report; report-type=delivery-status; boundary="{boundary}"'
    head = report.as_bytes(policy=POLICY).partition(b"\r\n\r\n")[0]
    parts = [
        b"Content-Description: Notification\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n"
        + body.replace("\n", "\r\n").encode("ascii", "replace"),
        b"Content-Description: Delivery report\r\nContent-Type: message/delivery-status\r\n\r\n"
        + status_lines.encode("ascii", "replace"),
        b"Content-Description: Undelivered Message Headers\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        + headers,
    ]
    rule = b"\r\n--" + boundary.encode()
    return head + b"\r\n\r\n" + b"".join(rule + b"\r\n" + part for part in parts) + rule + b"--\r\n"


def out_of_office(answered: Answered, *, now: dt.datetime, message_id: str, back: dt.date) -> bytes:
    """An automatic answer with a return date (RFC 3834), as Exchange words it."""
    note = _start(now, message_id, sender=_named(answered.recipient), to=answered.sender)
    note["Subject"] = f"Automatic reply: {answered.subject}"
    note["In-Reply-To"] = answered.message_id
    note["References"] = answered.references
    note["Auto-Submitted"] = "auto-replied"
    note["X-Auto-Response-Suppress"] = "All"
    note.set_content(
        "Thank you for your message.\n\n"
        f"I am out of the office and will be back on {back.day} {back:%B %Y}. Your message is not forwarded.\n\n"
        f"Kind regards\n{_name(answered.recipient)}\n"
    )
    return note.as_bytes(policy=POLICY)


def reply(answered: Answered, *, now: dt.datetime, message_id: str) -> bytes:
    """A person's reply: same thread, same subject, the mail quoted below."""
    answer = _start(now, message_id, sender=_named(answered.recipient), to=answered.reply_to)
    subject = answered.subject
    answer["Subject"] = subject if subject.lower().startswith("re:") else f"Re: {subject}"
    answer["In-Reply-To"] = answered.message_id
    answer["References"] = answered.references
    answer.set_content(
        "Hi,\n\nthanks for writing. This sounds interesting, could we talk on Thursday afternoon?\n\n"
        f"Best\n{_name(answered.recipient)}\n\n{_quoted(answered, now)}"
    )
    return answer.as_bytes(policy=POLICY)


def reply_from_another_address(answered: Answered, *, now: dt.datetime, message_id: str, keeps: str) -> bytes:
    """A reply from a private address with a new subject.

    ``keeps`` "references": References are kept, In-Reply-To is not, as phones do that start a new mail from the
    old one. "token": no reference headers at all; only the quoted text still names the mail.
    """
    answer = _start(now, message_id, sender=_other_address(answered.recipient), to=answered.reply_to)
    answer["Subject"] = "Your message"
    if keeps == "references":
        answer["References"] = answered.references
    answer.set_content(
        "Hello,\n\nI write from my private address, the other one is for work only. Please tell me more.\n\n"
        f"{_name(answered.recipient)}\n\n{_quoted(answered, now)}"
    )
    return answer.as_bytes(policy=POLICY)


def with_trace(raw: bytes, *, now: dt.datetime, envelope_from: str, mailbox: str, queue_id: str) -> bytes:
    """The headers that the last hop puts on top: Return-Path, Delivered-To, Received (RFC 5321 §4.4)."""
    trace = (
        f"Return-Path: <{envelope_from}>\r\nDelivered-To: {mailbox}\r\n"
        f"Received: from {HOST} (localhost [127.0.0.1])\r\n\tby mail.sandbox.example with ESMTP id {queue_id}\r\n"
        f"\tfor <{mailbox}>; {format_datetime(now)}\r\n"
    )
    return trace.encode("ascii", "replace") + raw


def with_new_message_id(raw: bytes, message_id: str) -> bytes:
    """The same mail under a new Message-ID, the old one kept as Exchange keeps it."""
    head, gap, body = raw.partition(b"\r\n\r\n")
    kept = re.sub(
        rb"^Message-ID:",
        b"X-Microsoft-Original-Message-ID:",
        head,
        count=1,
        flags=re.IGNORECASE | re.MULTILINE,
    )
    return b"Message-ID: " + message_id.encode() + b"\r\n" + kept + gap + body


def _start(now: dt.datetime, message_id: str, *, sender: str, to: str) -> EmailMessage:
    message = EmailMessage(policy=POLICY)
    message["From"] = sender
    message["To"] = to
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id
    return message


def _report_text(recipient: str, diagnosis: str, *, failed: bool) -> str:
    what = "could not be delivered to" if failed else "has not yet been delivered to"
    more = "" if failed else "\nYou do not need to send it again; further attempts will be made.\n"
    return (
        f"This is the mail system at host {HOST}.\n\nYour message {what} one or more recipients.\n{more}\n"
        f"<{recipient}>: host {HOST} said: {diagnosis}\n"
    )


def _quoted(answered: Answered, now: dt.datetime) -> str:
    lines = "\n".join(f"> {line}".rstrip() for line in answered.text().splitlines())
    return f"On {now:%a, %d %b %Y at %H:%M}, {answered.reply_to} wrote:\n{lines}\n"


def _name(address: str) -> str:
    words = re.findall(r"[^\W\d_]+", address.partition("@")[0])
    return " ".join(word.capitalize() for word in words[1:] or words) or "Someone"


def _named(address: str) -> str:
    return f"{_name(address)} <{address}>"


def _other_address(address: str) -> str:
    local = re.sub(r"[^a-z0-9]+", ".", address.partition("@")[0].lower()).strip(".")
    return f"{_name(address)} <private.{local}@post.example>"
