"""Header fields of mails from anywhere: decoding that never fails, ids, addresses, dates. Pure.

Mail software writes raw 8-bit text, unknown charsets, ids broken over two lines and dates of the year 97. What
can be read is read, the rest is empty.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.policy import compat32
from email.utils import getaddresses, parsedate_to_datetime

#: Whatever the standard library raises on garbage. Everything else is a bug of ours and stays loud.
UNREADABLE = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    OverflowError,
    RecursionError,
    HeaderParseError,
    binascii.Error,
)
_MOST_HEADERS = 400
_LONGEST_VALUE = 20_000
#: The address parser takes quadratic time on broken ones, and calls itself for each comment inside another.
_LONGEST_ADDRESSES = 8_000
_MOST_COMMENTS = 100
_ID_IN_ANGLES = re.compile(r"<([^<>]{3,998})>")
#: The field as nearly all mail has it: read without the parser, which takes ten times as long.
_PLAIN_ID = re.compile(rb"message-id:[ \t]*<([!-;=?-~]{3,900})>[ \t]*(?:\r?\n)*", re.IGNORECASE)
_BARE_ID = re.compile(r"[^\s<>,;\"()]+@[^\s<>,;\"()]+")
_ADDRESS = re.compile(r"[^\s<>,;:\"()\[\]]+@[^\s<>,;:\"()\[\]]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

#: Written by servers on the way or by the mailbox itself: they differ between two copies of the same mail.
_TRACE = frozenset(
    b"received return-path delivered-to x-original-to envelope-to x-envelope-to x-envelope-from x-received "
    b"received-spf authentication-results x-authentication-results x-delivered-to x-uid x-uidl x-keywords "
    b"x-status status x-mozilla-status x-mozilla-status2 x-mozilla-keys lines content-length x-folder "
    b"x-gmail-labels x-gm-thrid x-gm-msgid x-google-smtp-source x-gm-message-state x-google-dkim-signature "
    b"x-evolution-source x-antiabuse x-virus-scanned x-barracuda-connect x-proofpoint-virus-version".split()
)
_TRACE_PREFIXES = (
    b"arc-",
    b"x-ms-exchange-",
    b"x-microsoft-antispam",
    b"x-forefront-",
    b"x-spam-",
    b"x-rspamd",
)


@dataclass(frozen=True)
class Mailbox:
    """Somebody in From, To or Cc: the address as written and the decoded name."""

    address: str
    name: str = ""


class Fields:
    """The header fields of one message, by lower-case name, decoded to clean text."""

    def __init__(self, items: Iterable[tuple[str, object]]) -> None:
        self._raw: dict[str, list[str]] = {}
        for count, (name, value) in enumerate(items):
            if count >= _MOST_HEADERS:
                break
            self._raw.setdefault(name.lower().strip(), []).append(_eight_bit(str(value))[:_LONGEST_VALUE])

    @classmethod
    def of(cls, message: Message) -> Fields:
        """The fields of a parsed message."""
        return cls(message.raw_items())

    def __contains__(self, name: str) -> bool:
        return name in self._raw

    def raw(self, name: str) -> list[str]:
        """Every value of a field as written, unfolded, encoded words left alone."""
        return [" ".join(value.split()) for value in self._raw.get(name, [])]

    def text(self, name: str) -> str:
        """The first value of a field, decoded and on one line; empty if there is none."""
        values = self._raw.get(name)
        return " ".join(decoded(values[0]).split()) if values else ""

    def ids(self, name: str) -> tuple[str, ...]:
        """Message ids in a field, without angle brackets, in order, each once."""
        found: dict[str, None] = {}
        for value in self._raw.get(name, []):
            inside = _ID_IN_ANGLES.findall(value)
            for identifier in inside or _BARE_ID.findall(value):
                found["".join(clean(identifier).split())] = None
        return tuple(found)

    def mailboxes(self, name: str) -> tuple[Mailbox, ...]:
        """People in an address field. A field that cannot be parsed still gives the addresses in it."""
        values = [value[:_LONGEST_ADDRESSES] for value in self._raw.get(name, [])[:3]]
        if not values:
            return ()
        pairs = addresses_in(values)
        people = [Mailbox(clean(address), decoded(label)) for label, address in pairs]
        return tuple(people) or tuple(Mailbox(found) for found in _ADDRESS.findall(clean(" ".join(values))))

    def as_mapping(self) -> Mapping[str, tuple[str, ...]]:
        """All fields decoded; for explanations and tests."""
        return {name: tuple(decoded(value) for value in values) for name, values in self._raw.items()}


def message_id_of(head: bytes) -> str:
    """The first id of the Message-ID field in a header block, without angle brackets; empty if there is none."""
    plain = _PLAIN_ID.fullmatch(head)
    if plain is not None:
        return plain[1].decode("ascii")
    fields = Fields.of(message_from_bytes(head, policy=compat32))
    return next(iter(fields.ids("message-id")), "")


def hash_of_id(message_id: str) -> str:
    """What is kept of a Message-ID; empty for a mail without one."""
    return hashlib.sha256(message_id.encode()).hexdigest() if message_id else ""


def addresses_in(values: Sequence[str]) -> list[tuple[str, str]]:
    """``(label, address)`` of address fields; none where they cannot be taken apart."""
    if any(value.count("(") > _MOST_COMMENTS for value in values):
        return []
    try:
        return [(label, address) for label, address in getaddresses(values) if "@" in address]
    except UNREADABLE:
        return []


def decoded(value: str) -> str:
    """Encoded words (RFC 2047) as text; what cannot be decoded stays as written."""
    if "=?" not in value:
        return clean(value)
    try:
        parts = decode_header(value)
    except UNREADABLE:
        return clean(value)
    return clean(
        "".join(part if isinstance(part, str) else to_text(part, charset) for part, charset in parts)
    )


def to_text(data: bytes, charset: str | None) -> str:
    """Bytes as text: the charset they claim, else UTF-8, else Windows-1252, which reads anything."""
    for name in (charset, "utf-8"):
        if name:
            try:
                return data.decode(name)
            except (LookupError, ValueError):
                continue
    return data.decode("cp1252", errors="replace")


def clean(text: str) -> str:
    """Without NUL, other control characters and lone surrogates: neither a database nor a page takes them."""
    return _CONTROL.sub("", text)


def date_of(fields: Fields) -> datetime | None:
    """When the mail says it was written, aware, UTC; None if it does not say so in earnest."""
    try:
        moment = parsedate_to_datetime(fields.text("date"))
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except UNREADABLE:
        return None
    return moment if 1990 <= moment.year <= 2100 else None


def split(raw: bytes) -> tuple[bytes, bytes]:
    """Header block and body, at the first empty line, whatever the line ends are."""
    match = re.search(rb"\r?\n\r?\n", raw)
    return (raw[: match.start()], raw[match.end() :]) if match else (raw, b"")


def hash_without_trace(raw: bytes) -> str:
    """SHA-256 over a mail without what servers add on the way: the same for every copy in a mailbox."""
    head, body = split(raw)
    digest = hashlib.sha256()
    keep = True
    for line in head.replace(b"\r\n", b"\n").split(b"\n"):
        if line[:1] not in (b" ", b"\t"):
            name = line.partition(b":")[0].strip().lower()
            keep = name not in _TRACE and not name.startswith(_TRACE_PREFIXES)
        if keep:
            digest.update(line + b"\n")
    digest.update(b"\n")
    digest.update(body.replace(b"\r\n", b"\n").rstrip())
    return digest.hexdigest()


def _eight_bit(value: str) -> str:
    """Raw 8-bit bytes, which the parser keeps as surrogates, as the text they most likely are."""
    if value.isascii():
        return value
    try:
        return to_text(value.encode("ascii", "surrogateescape"), "utf-8")
    except UnicodeEncodeError:
        return value
