"""SEARCH: keys of RFC 3501 §6.4.4 as a test on one message. Pure apart from the loader it is given."""

from __future__ import annotations

import datetime as dt
import email
import email.header
import email.policy
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from sandbox.mail.imap_fetch import header_lines
from sandbox.mail.imap_syntax import BadCommand, Word, in_set, is_set, text
from sandbox.mail.store import Message

_FLAGS = {name: f"\\{name.capitalize()}" for name in ("ANSWERED", "DELETED", "DRAFT", "FLAGGED", "SEEN")}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True)
class Subject:
    """What a key may look at: the message, its sequence number, and its bytes when asked for."""

    message: Message
    number: int
    load: Callable[[], bytes]


Test = Callable[[Subject], bool]


class Criteria:
    """Parsed search keys, all of which must hold. ``numbers`` and ``uids`` are the folder's, ascending."""

    def __init__(
        self, items: Sequence[Word | bytes | list], *, numbers: Sequence[int], uids: Sequence[int]
    ) -> None:
        self._items = list(items)
        self._at = 0
        self._numbers = numbers
        self._uids = uids
        if len(self._items) > 1 and isinstance(self._items[0], Word) and self._items[0].upper() == "CHARSET":
            charset = text(self._items[1]).upper()
            if charset not in ("UTF-8", "US-ASCII"):
                raise BadCommand("only UTF-8 and US-ASCII searches are supported")
            self._at = 2
        if self._at >= len(self._items):
            raise BadCommand("SEARCH needs at least one key")
        self._tests = []
        while self._at < len(self._items):
            self._tests.append(self._key())

    def holds(self, subject: Subject) -> bool:
        """Whether all keys hold."""
        return all(test(subject) for test in self._tests)

    def _next(self) -> Word | bytes | list:
        if self._at >= len(self._items):
            raise BadCommand("a search key lacks its argument")
        self._at += 1
        return self._items[self._at - 1]

    def _key(self) -> Test:
        item = self._next()
        if isinstance(item, list):
            return Criteria(item, numbers=self._numbers, uids=self._uids).holds
        word = text(item).upper()
        if is_set(word):
            chosen = set(in_set(word, self._numbers))
            return lambda subject: subject.number in chosen
        for kind in (self._simple, self._flags, self._texts, self._dates):
            test = kind(word)
            if test is not None:
                return test
        raise BadCommand(f"search key {word} is not supported by the sandbox")

    def _simple(self, word: str) -> Test | None:
        if word == "ALL":
            return lambda _subject: True
        if word == "NOT":
            negated = self._key()
            return lambda subject: not negated(subject)
        if word == "OR":
            left, right = self._key(), self._key()
            return lambda subject: left(subject) or right(subject)
        if word == "UID":
            chosen = set(in_set(text(self._next()), self._uids))
            return lambda subject: subject.message.uid in chosen
        if word in ("LARGER", "SMALLER"):
            size = int(text(self._next()))
            larger = word == "LARGER"
            return lambda subject: subject.message.size > size if larger else subject.message.size < size
        return None

    def _flags(self, word: str) -> Test | None:
        if word in ("NEW", "RECENT"):  # nothing here is ever \Recent
            return lambda _subject: False
        if word == "OLD":
            return lambda _subject: True
        if word in ("KEYWORD", "UNKEYWORD"):
            flag, present = text(self._next()), word == "KEYWORD"
        elif word in _FLAGS:
            flag, present = _FLAGS[word], True
        elif word.removeprefix("UN") in _FLAGS:
            flag, present = _FLAGS[word.removeprefix("UN")], False
        else:
            return None
        return lambda subject: (flag in subject.message.flags) is present

    def _texts(self, word: str) -> Test | None:
        if word == "HEADER":
            name, wanted = text(self._next()).lower(), text(self._next()).lower()
            return lambda subject: any(wanted in value for value in _values(subject.load(), name))
        if word in ("FROM", "TO", "CC", "BCC", "SUBJECT"):
            field, words = word.lower(), text(self._next()).lower()
            return lambda subject: any(words in value for value in _values(subject.load(), field))
        if word in ("BODY", "TEXT"):
            sought, whole = text(self._next()).lower(), word == "TEXT"
            return lambda subject: sought in _words(subject.load(), whole=whole)
        return None

    def _dates(self, word: str) -> Test | None:
        kind = word.removeprefix("SENT")
        if kind not in ("BEFORE", "ON", "SINCE"):
            return None
        day = _date(text(self._next()))
        when = _sent_on if word.startswith("SENT") else _received_on

        def test(subject: Subject) -> bool:
            found = when(subject)
            if found is None:
                return False
            return {"BEFORE": found < day, "ON": found == day, "SINCE": found >= day}[kind]

        return test


def _date(word: str) -> dt.date:
    found = re.fullmatch(r"(\d{1,2})-([A-Za-z]{3})-(\d{4})", word)
    if not found or found[2].lower() not in _MONTHS:
        raise BadCommand(f"{word!r} is not a date")
    return dt.date(int(found[3]), _MONTHS.index(found[2].lower()) + 1, int(found[1]))


def _received_on(subject: Subject) -> dt.date | None:
    return dt.datetime.fromtimestamp(subject.message.received, dt.UTC).date()


def _sent_on(subject: Subject) -> dt.date | None:
    for value in _values(subject.load(), "date"):
        try:
            return parsedate_to_datetime(value).date()
        except ValueError:
            return None
    return None


def _values(raw: bytes, name: str) -> list[str]:
    found = (line.partition(b":")[2] for field, line in header_lines(raw) if field == name)
    return [_decoded(" ".join(value.decode("utf-8", "replace").split())).lower() for value in found]


def _decoded(value: str) -> str:
    try:
        return str(email.header.make_header(email.header.decode_header(value)))
    except (LookupError, UnicodeError):
        return value


def _words(raw: bytes, *, whole: bool) -> str:
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    parts = [
        part.get_payload(decode=True) for part in message.walk() if part.get_content_maintype() == "text"
    ]
    body = b"\n".join(part for part in parts if isinstance(part, bytes)) or raw.partition(b"\r\n\r\n")[2]
    head = " ".join(_decoded(str(value)) for value in message.values()) + "\n" if whole else ""
    return (head + body.decode("utf-8", "replace")).lower()
