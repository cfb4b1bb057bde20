"""What the submission server saw: every accepted message, every refusal, and what arrived more than once.

Counting is by what was received, never by what the sender says it sent.
"""

from __future__ import annotations

import email
import email.message
import email.policy
import hashlib
import json
import re
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.mail.answers import readable
from sandbox.mail.behaviour import of_address

_SCHEMA = """
CREATE TABLE IF NOT EXISTS accepted (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, account TEXT NOT NULL, sender TEXT NOT NULL,
    message_id TEXT NOT NULL, delivered_message_id TEXT NOT NULL, subject TEXT NOT NULL,
    beckon_ref TEXT NOT NULL, beckon_step TEXT NOT NULL, list_unsubscribe TEXT NOT NULL,
    in_reply_to TEXT NOT NULL, size INTEGER NOT NULL, answered INTEGER NOT NULL, raw BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS arrival (
    accepted_id INTEGER NOT NULL REFERENCES accepted (id), recipient TEXT NOT NULL,
    behaviour TEXT NOT NULL, group_key TEXT NOT NULL, content_key TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS arrival_of_group ON arrival (group_key);
CREATE INDEX IF NOT EXISTS arrival_of_accepted ON arrival (accepted_id);
CREATE INDEX IF NOT EXISTS arrival_of_recipient ON arrival (recipient);
CREATE TABLE IF NOT EXISTS refused (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, account TEXT NOT NULL, sender TEXT NOT NULL,
    recipient TEXT NOT NULL, stage TEXT NOT NULL, answer TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS answer (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, accepted_id INTEGER NOT NULL, kind TEXT NOT NULL,
    recipient TEXT NOT NULL, mailbox TEXT NOT NULL, message_id TEXT NOT NULL);
"""
_COLUMNS = (
    "id, at, account, sender, message_id, delivered_message_id, subject, beckon_ref, beckon_step, "
    "list_unsubscribe, in_reply_to, size, answered"
)
_LINK = re.compile(r"https?://\S+|mailto:\S+")


@dataclass(frozen=True)
class Submission:
    """One message as it came: who, to whom, and its bytes with CRLF line ends."""

    account: str
    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    def parse(self) -> email.message.Message:
        """Headers and parts, without changing a byte of what was received."""
        return email.message_from_bytes(self.raw, policy=email.policy.compat32)


class Ledger:
    """The books, in one SQLite file; used from the event loop's thread only."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def accept(
        self, submission: Submission, message: email.message.Message, *, delivered_id: str, answered: bool
    ) -> int:
        """Book an accepted message; its id. ``answered``: False if the line is cut before the sender hears of it."""
        header = {name: _one_line(message.get(name, "")) for name in _KEPT_HEADERS}
        content = content_hash(message)
        self._db.execute("BEGIN")
        number = self._db.execute(
            "INSERT INTO accepted (at, account, sender, message_id, delivered_message_id, subject, beckon_ref,"
            " beckon_step, list_unsubscribe, in_reply_to, size, answered, raw)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                time.time(),
                submission.account,
                submission.sender,
                header["Message-ID"],
                delivered_id,
                readable(message.get("Subject", "")),
                header["X-Beckon-Ref"],
                header["X-Beckon-Step"],
                header["List-Unsubscribe"],
                header["In-Reply-To"],
                len(submission.raw),
                int(answered),
                submission.raw,
            ),
        ).lastrowid
        assert number is not None
        step = header["X-Beckon-Step"] or header["X-Beckon-Ref"]
        self._db.executemany(
            "INSERT INTO arrival VALUES (?, ?, ?, ?, ?)",
            [
                (
                    number,
                    recipient,
                    of_address(recipient).value,
                    _key(recipient, step or f"{header['Subject']}\n{content}"),
                    _key(recipient, f"{header['Subject']}\n{content}"),
                )
                for recipient in submission.recipients
            ],
        )
        self._db.execute("COMMIT")
        return number

    def refuse(self, *, account: str, sender: str, recipient: str, stage: str, answer: str) -> None:
        """Book a refusal or a cut line. ``stage``: greeting, login, mail, rcpt, data, middle or answer."""
        self._db.execute(
            "INSERT INTO refused (at, account, sender, recipient, stage, answer) VALUES (?, ?, ?, ?, ?, ?)",
            (time.time(), account, sender, recipient, stage, answer),
        )

    def answered_with(
        self, accepted_id: int, *, kind: str, recipient: str, mailbox: str, message_id: str
    ) -> None:
        """Book an automatic answer. ``mailbox`` is empty if the sender's address has none here."""
        self._db.execute(
            "INSERT INTO answer (at, accepted_id, kind, recipient, mailbox, message_id) VALUES (?, ?, ?, ?, ?, ?)",
            (time.time(), accepted_id, kind, recipient, mailbox, message_id),
        )

    def clear(self) -> None:
        """Forget everything."""
        for table in ("accepted", "arrival", "refused", "answer"):
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - names from the line above

    def summary(self) -> dict[str, Any]:
        """Counts; ``duplicates`` are arrivals beyond the first of one group, ``accepted`` are messages.

        A group is one address and one ``X-Beckon-Step``; without that header one ``X-Beckon-Ref``; without both,
        subject and text with links left out. ``duplicates_by_content`` always goes by subject and text.
        """
        return {
            "accepted": self._number("SELECT count(*) FROM accepted"),
            "arrivals": self._number("SELECT count(*) FROM arrival"),
            "recipients": self._number("SELECT count(DISTINCT recipient) FROM arrival"),
            "unanswered": self._number("SELECT count(*) FROM accepted WHERE NOT answered"),
            "refused": self._number("SELECT count(*) FROM refused"),
            "bytes": self._number("SELECT coalesce(sum(size), 0) FROM accepted"),
            "duplicates": self._surplus("group_key"),
            "duplicates_by_content": self._surplus("content_key"),
            "by_behaviour": self._counts("SELECT behaviour, count(*) FROM arrival GROUP BY 1 ORDER BY 1"),
            "refused_at": self._counts("SELECT stage, count(*) FROM refused GROUP BY 1 ORDER BY 1"),
            "answers": self._counts("SELECT kind, count(*) FROM answer GROUP BY 1 ORDER BY 1"),
            "answers_without_mailbox": self._number("SELECT count(*) FROM answer WHERE mailbox = ''"),
        }

    def duplicate_groups(self) -> list[dict[str, Any]]:
        """Every group that arrived more than once, with the ids of its messages."""
        rows = self._db.execute(
            "SELECT group_key, recipient, count(*) AS times, group_concat(accepted_id) AS messages"
            " FROM arrival GROUP BY group_key HAVING count(*) > 1 ORDER BY min(accepted_id)"
        )
        return [
            {
                "recipient": row["recipient"],
                "times": row["times"],
                "messages": [int(number) for number in row["messages"].split(",")],
            }
            for row in rows
        ]

    def messages(
        self,
        *,
        after: int = 0,
        recipient: str = "",
        account: str = "",
        limit: int = 10_000,
        newest_first: bool = False,
    ) -> list[dict[str, Any]]:
        """Accepted messages with their recipients, oldest first; ``after`` is an id already seen."""
        order = "DESC" if newest_first else "ASC"
        rows = self._db.execute(
            f"SELECT {_COLUMNS},"  # noqa: S608 - constants only
            " (SELECT json_group_array(recipient) FROM arrival WHERE accepted_id = accepted.id) AS recipients"
            " FROM accepted WHERE id > ? AND (? = '' OR account = ?) AND (? = '' OR id IN"
            f" (SELECT accepted_id FROM arrival WHERE recipient = ?)) ORDER BY id {order} LIMIT ?",
            (after, account, account, recipient, recipient, limit),
        )
        return [_message(row) for row in rows]

    def message(self, number: int) -> dict[str, Any] | None:
        """One accepted message with all its headers."""
        row = self._db.execute(
            f"SELECT {_COLUMNS}, raw, (SELECT json_group_array(recipient) FROM arrival"  # noqa: S608
            " WHERE accepted_id = accepted.id) AS recipients FROM accepted WHERE id = ?",
            (number,),
        ).fetchone()
        if row is None:
            return None
        parsed = email.message_from_bytes(row["raw"], policy=email.policy.compat32)
        headers = [[name, _one_line(value)] for name, value in parsed.items()]
        return {**_message(row), "headers": headers}

    def raw(self, number: int) -> bytes | None:
        """The bytes of one accepted message."""
        row = self._db.execute("SELECT raw FROM accepted WHERE id = ?", (number,)).fetchone()
        return None if row is None else row["raw"]

    def refusals(self, *, limit: int = 10_000) -> list[dict[str, Any]]:
        """Refusals and cut lines, newest first."""
        rows = self._db.execute("SELECT * FROM refused ORDER BY id DESC LIMIT ?", (limit,))
        return [dict(row) for row in rows]

    def answers(self, *, limit: int = 10_000) -> list[dict[str, Any]]:
        """Automatic answers, newest first."""
        return [
            dict(row) for row in self._db.execute("SELECT * FROM answer ORDER BY id DESC LIMIT ?", (limit,))
        ]

    def _number(self, query: str) -> int:
        return int(self._db.execute(query).fetchone()[0])

    def _counts(self, query: str) -> dict[str, int]:
        return {row[0]: row[1] for row in self._db.execute(query)}

    def _surplus(self, column: str) -> int:
        return self._number(f"SELECT count(*) - count(DISTINCT {column}) FROM arrival")  # noqa: S608


_KEPT_HEADERS = ("Message-ID", "Subject", "X-Beckon-Ref", "X-Beckon-Step", "List-Unsubscribe", "In-Reply-To")


def content_hash(message: email.message.Message) -> str:
    """A hash of the words of a mail: its first text part without links (they carry tokens) and spacing."""
    for part in message.walk():
        if part.get_content_maintype() == "text":
            payload = part.get_payload(decode=True)
            text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else str(payload)
            words = " ".join(_LINK.sub("", text).split())
            return hashlib.sha256(words.encode()).hexdigest()
    return hashlib.sha256(b"").hexdigest()


def _key(recipient: str, what: str) -> str:
    return hashlib.sha256(f"{recipient.lower()}\n{what}".encode()).hexdigest()


def _one_line(value: object) -> str:
    return " ".join(str(value).split())


def _message(row: sqlite3.Row) -> dict[str, Any]:
    columns = {name.strip(): row[name.strip()] for name in _COLUMNS.split(",")}
    return {**columns, "answered": bool(row["answered"]), "recipients": json.loads(row["recipients"])}
