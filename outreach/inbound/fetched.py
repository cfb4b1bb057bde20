"""The mails in what imaplib makes of an answer to ``UID FETCH``. Pure.

A server may put the attributes in any order, send other news in between (``* 3 FETCH (FLAGS …)``), and write a
short text as a quoted string instead of a literal (RFC 3501 §7.4.2).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

#: What is asked for: of a large mail only the beginning, cut at a fixed place of its text, so that two copies of
#: one mail that differ in their trace headers still are the same.
LARGEST_HEADER = 200_000
LARGEST_TEXT = 2_000_000
QUESTION = f"(UID INTERNALDATE BODY.PEEK[HEADER]<0.{LARGEST_HEADER}> BODY.PEEK[TEXT]<0.{LARGEST_TEXT}>)"

_BEGINS = re.compile(rb"\d+ \(")
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_DATE = re.compile(rb'INTERNALDATE "([^"]+)"')
_LITERAL = re.compile(rb"BODY\[(HEADER|TEXT)\](?:<\d+>)? \{\d+\}$")
_INLINE = re.compile(rb'BODY\[(HEADER|TEXT)\](?:<\d+>)? (?:"((?:[^"\\]|\\.)*)"|NIL)')
_ESCAPED = re.compile(rb"\\(.)")
#: What is asked for to recognise a mail: its Message-ID alone, and of that no more than an id may be long.
ID_QUESTION = "(UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]<0.2048>)"
_ID_LITERAL = re.compile(rb'BODY\[HEADER\.FIELDS \("?MESSAGE-ID"?\)\](?:<\d+>)? \{\d+\}$', re.IGNORECASE)
_ID_INLINE = re.compile(
    rb'BODY\[HEADER\.FIELDS \("?MESSAGE-ID"?\)\](?:<\d+>)? (?:"((?:[^"\\]|\\.)*)"|NIL)', re.IGNORECASE
)

#: One element of imaplib's answer: a line, or a line that ends in a literal and the literal.
Part = bytes | tuple[bytes, bytes] | None


@dataclass(frozen=True)
class FetchedMail:
    """One mail as the server has it; ``received_at`` is None if the server gave no readable date."""

    uid: int
    received_at: datetime | None
    raw: bytes


@dataclass
class _Group:
    """The elements that belong to one ``* n FETCH (…)``."""

    words: bytes = b""
    sections: dict[bytes, bytes] = field(default_factory=dict)


def mails(answer: Iterable[Part]) -> Iterator[FetchedMail]:
    """Every mail in an answer to :data:`QUESTION`; news without a text is passed over."""
    for group in _groups(answer):
        for section, quoted in _INLINE.findall(group.words):
            group.sections.setdefault(section, _ESCAPED.sub(rb"\1", quoted))
        uid, date = _UID.search(group.words), _DATE.search(group.words)
        if uid is None or not group.sections:
            continue
        head = group.sections.get(b"HEADER", b"")
        if not head.endswith((b"\r\n\r\n", b"\n\n")):
            head += b"\r\n" if head.endswith(b"\n") else b"\r\n\r\n"
        yield FetchedMail(
            int(uid[1]), _moment(date[1] if date else b""), head + group.sections.get(b"TEXT", b"")
        )


def sizes(answer: Iterable[Part]) -> dict[int, int]:
    """UID → size in bytes, from an answer to ``(UID RFC822.SIZE)``."""
    found = {}
    for group in _groups(answer):
        uid, size = _UID.search(group.words), _SIZE.search(group.words)
        if uid is not None and size is not None:
            found[int(uid[1])] = int(size[1])
    return found


def id_headers(answer: Iterable[Part]) -> dict[int, bytes]:
    """UID → the Message-ID field as it stands in the header, from an answer to :data:`ID_QUESTION`.

    Empty for a mail without one; a mail that the server did not answer for is absent.
    """
    found = {}
    for group in _groups(answer, _ID_LITERAL):
        uid = _UID.search(group.words)
        quoted = _ID_INLINE.search(group.words)
        if quoted is not None:
            group.sections[b""] = _ESCAPED.sub(rb"\1", quoted[1] or b"")
        if uid is not None and group.sections:
            found[int(uid[1])] = next(iter(group.sections.values()))
    return found


def _groups(answer: Iterable[Part], literals: re.Pattern[bytes] = _LITERAL) -> Iterator[_Group]:
    group: _Group | None = None
    for part in answer:
        if part is None:
            continue
        words, literal = part if isinstance(part, tuple) else (part, None)
        if group is None or _BEGINS.match(words):
            if group is not None:
                yield group
            group = _Group()
        group.words += b" " + words
        section = literals.search(words)
        if literal is not None and section is not None:
            group.sections[section[1] if section.re.groups else b""] = literal
    if group is not None:
        yield group


def _moment(written: bytes) -> datetime | None:
    try:
        return datetime.strptime(written.decode("ascii").strip(), "%d-%b-%Y %H:%M:%S %z").astimezone(UTC)
    except ValueError:
        return None
