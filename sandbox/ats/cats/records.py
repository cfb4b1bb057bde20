"""What the accounts hold, in SQLite: people as documents, what they are found by, pipelines, list items, the feed."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sandbox.vendor_records import VendorRecords

_SCHEMA = """
CREATE TABLE IF NOT EXISTS thing (
    id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, kind TEXT NOT NULL, about INTEGER NOT NULL,
    body TEXT NOT NULL, created_at REAL NOT NULL, updated_at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS thing_of_kind ON thing (account, kind, about, id);
CREATE TABLE IF NOT EXISTS term (
    account TEXT NOT NULL, kind TEXT NOT NULL, term TEXT NOT NULL, thing INTEGER NOT NULL, found_from REAL NOT NULL,
    PRIMARY KEY (account, kind, term, thing)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS term_of_thing ON term (thing);
CREATE TABLE IF NOT EXISTS event (
    id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, at REAL NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS event_of_account ON event (account, id);
"""
#: Real ids are large and shared by all customers; the account's own few numbers lie below.
_FIRST_ID = 400_000
_WORD = re.compile(r"[\w.+'@-]+")


class Records(VendorRecords):
    """All accounts' data and the request log. ``about`` ties a thing to another (an item to its list)."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, _SCHEMA)
        self._begin_ids()

    def clear(self) -> None:
        """Forget everything that came from outside."""
        for table in ("thing", "term", "event", "request"):
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - names from the line above
        self._begin_ids()

    # --- things -----------------------------------------------------------------------------------------------------

    def add(self, account: str, kind: str, body: dict[str, Any], *, about: int = 0) -> int:
        """Keep a thing; its id."""
        now = time.time()
        made = self._db.execute(
            "INSERT INTO thing (account, kind, about, body, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)",
            (account, kind, about, json.dumps(body), now, now),
        )
        assert made.lastrowid is not None
        return made.lastrowid

    def replace(self, number: int, body: dict[str, Any]) -> None:
        """Keep another body for a thing."""
        self._db.execute(
            "UPDATE thing SET body = ?, updated_at = ? WHERE id = ?", (json.dumps(body), time.time(), number)
        )

    def get(self, account: str, kind: str, number: int) -> dict[str, Any] | None:
        """One thing with ``id``, ``about`` and both moments, if the account has it."""
        row = self._db.execute(
            "SELECT * FROM thing WHERE account = ? AND kind = ? AND id = ?", (account, kind, number)
        ).fetchone()
        return _thing(row) if row else None

    def all(self, account: str, kind: str, *, about: int | None = None) -> list[dict[str, Any]]:
        """Things of a kind, oldest first."""
        rows = self._db.execute(
            "SELECT * FROM thing WHERE (? = '' OR account = ?) AND kind = ? AND (? IS NULL OR about = ?) ORDER BY id",
            (account, account, kind, about, about),
        )
        return [_thing(row) for row in rows]

    def page(self, account: str, kind: str, *, offset: int, limit: int) -> tuple[list[dict[str, Any]], int]:
        """Some things of a kind, and how many there are."""
        where = (account, kind)
        total = self._db.execute(
            "SELECT count(*) FROM thing WHERE account = ? AND kind = ?", where
        ).fetchone()[0]
        rows = self._db.execute(
            "SELECT * FROM thing WHERE account = ? AND kind = ? ORDER BY id LIMIT ? OFFSET ?",
            (*where, limit, offset),
        )
        return [_thing(row) for row in rows], total

    def remove(self, number: int) -> None:
        """Forget a thing and what it was found by."""
        self._db.execute("DELETE FROM thing WHERE id = ?", (number,))
        self._db.execute("DELETE FROM term WHERE thing = ?", (number,))

    # --- search -----------------------------------------------------------------------------------------------------

    def index(self, account: str, kind: str, number: int, texts: Iterable[str], *, delay: float) -> None:
        """Let a thing be found by the words of ``texts``, new ones after ``delay``."""
        words = {word for text in texts for word in terms(text)}
        known = {row[0] for row in self._db.execute("SELECT term FROM term WHERE thing = ?", (number,))}
        self._db.executemany(
            "DELETE FROM term WHERE thing = ? AND term = ?", [(number, word) for word in known - words]
        )
        self._db.executemany(
            "INSERT INTO term VALUES (?, ?, ?, ?, ?)",
            [(account, kind, word, number, time.time() + delay) for word in words - known],
        )

    def search(self, account: str, kind: str, query: str) -> list[int]:
        """Ids of things with any word of ``query``, those with most words first."""
        words = terms(query)
        marks = ", ".join("?" * len(words))
        rows = self._db.execute(
            f"SELECT thing FROM term WHERE account = ? AND kind = ? AND found_from <= ? AND term IN ({marks})"  # noqa: S608
            " GROUP BY thing ORDER BY count(*) DESC, thing",
            (account, kind, time.time(), *words),
        )
        return [row[0] for row in rows]

    # --- the feed ---------------------------------------------------------------------------------------------------

    def tell(self, account: str, body: dict[str, Any]) -> int:
        """Add an event to the feed."""
        told = self._db.execute(
            "INSERT INTO event (account, at, body) VALUES (?, ?, ?)", (account, time.time(), json.dumps(body))
        )
        assert told.lastrowid is not None
        return told.lastrowid

    def events(
        self, account: str, *, after: int = 0, since: float = 0.0, limit: int = 25
    ) -> list[dict[str, Any]]:
        """Events after an id and a moment, oldest first."""
        rows = self._db.execute(
            "SELECT * FROM event WHERE account = ? AND id > ? AND at > ? ORDER BY id LIMIT ?",
            (account, after, since, limit),
        )
        return [{**json.loads(row["body"]), "id": row["id"]} for row in rows]

    # --- counting ---------------------------------------------------------------------------------------------------

    def counts(self) -> dict[str, Any]:
        """Numbers over all accounts; ``duplicates`` are records beyond the first of one account, type and address."""
        by_kind = dict(self._db.execute("SELECT kind, count(*) FROM thing GROUP BY kind").fetchall())
        addresses = [
            (account, kind, email["email"].lower())
            for account, kind, body in self._db.execute(
                "SELECT account, kind, body FROM thing WHERE kind IN ('candidates', 'contacts')"
            )
            for email in json.loads(body).get("emails", [])
        ]
        pipelines = self._db.execute(
            "SELECT count(*), count(DISTINCT body) FROM thing WHERE kind = 'pipelines'"
        ).fetchone()
        return {
            **{kind: by_kind.get(kind, 0) for kind in ("candidates", "contacts", "companies", "activities")},
            "pipelines": pipelines[0],
            "pipelines_doubled": pipelines[0] - pipelines[1],
            "duplicates": len(addresses) - len(set(addresses)),
            "requests_by_status": self.requests_by_status(),
        }

    def _begin_ids(self) -> None:
        if not self._db.execute(
            "SELECT 1 FROM sqlite_sequence WHERE name = 'thing' AND seq >= ?", (_FIRST_ID,)
        ).fetchone():
            self._db.execute("DELETE FROM sqlite_sequence WHERE name = 'thing'")
            self._db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('thing', ?)", (_FIRST_ID,))


def terms(text: str) -> list[str]:
    """The words of a text as the search knows them; an address is one word."""
    return list(dict.fromkeys(word.strip(".'-").lower() for word in _WORD.findall(text) if word.strip(".'-")))


def _thing(row: sqlite3.Row) -> dict[str, Any]:
    kept = {
        "id": row["id"],
        "about": row["about"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }
    return {**json.loads(row["body"]), **kept}
