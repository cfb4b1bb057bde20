"""People, their applications, notes, subscriptions and the request log of a stand-in account, in SQLite."""

from __future__ import annotations

import datetime as dt
import json
import secrets
import time
from pathlib import Path
from typing import Any

from sandbox.vendor_records import VendorRecords

_SCHEMA = """
CREATE TABLE IF NOT EXISTS person (
    number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, email TEXT NOT NULL, row TEXT NOT NULL,
    properties TEXT NOT NULL, updated_at REAL NOT NULL, found_from REAL NOT NULL);
CREATE INDEX IF NOT EXISTS person_email ON person (email);
CREATE TABLE IF NOT EXISTS message (id TEXT PRIMARY KEY, candidate TEXT NOT NULL, row TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS access (refresh TEXT PRIMARY KEY, user TEXT NOT NULL, scopes TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS subscription (id TEXT PRIMARY KEY, row TEXT NOT NULL);
"""
_TABLES = ("person", "message", "subscription", "request")


def stamp(moment: float) -> str:
    """Epoch seconds as the vendor writes moments."""
    return dt.datetime.fromtimestamp(moment, dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Records(VendorRecords):
    """One account's rows. A person's ``row`` is CandidateDetails; ``properties`` are values by property id."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, _SCHEMA)

    def clear(self) -> None:
        """Forget everything but who allowed access."""
        for table in _TABLES:
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - names from the line above

    def allow(self, refresh: str, user: str, scopes: frozenset[str]) -> None:
        """Keep what a user allowed, under its refresh token."""
        self._db.execute("INSERT INTO access VALUES (?, ?, ?)", (refresh, user, " ".join(sorted(scopes))))

    def allowed(self, refresh: str) -> tuple[str, frozenset[str]] | None:
        """The user and scopes of a refresh token."""
        found = self._db.execute("SELECT user, scopes FROM access WHERE refresh = ?", (refresh,)).fetchone()
        return (found["user"], frozenset(found["scopes"].split())) if found else None

    def disallow(self, refresh: str = "") -> None:
        """Forget one refresh token, or all."""
        self._db.execute("DELETE FROM access WHERE ? = '' OR refresh = ?", (refresh, refresh))

    def create(self, row: dict[str, Any], *, index_delay: float) -> dict[str, Any]:
        """A new person; ``row`` gains id and moments."""
        now = time.time()
        made = {"id": secrets.token_hex(12), **row, "createdOn": stamp(now), "updatedOn": stamp(now)}
        self._db.execute(
            "INSERT INTO person (id, email, row, properties, updated_at, found_from) VALUES (?, ?, ?, '{}', ?, ?)",
            (made["id"], made["email"].lower(), json.dumps(made), now, now + index_delay),
        )
        return made

    def fill(self, count: int) -> None:
        """So many made-up people on the first job, for long lists."""
        now = time.time()
        rows = []
        for number in range(count):
            row = {
                "id": f"filled-{number:07}",
                "internal": False,
                "firstName": "Filled",
                "lastName": f"Nº {number}",
                "email": f"filled-{number}@people.example",
                "tags": [],
                "createdOn": stamp(now),
                "updatedOn": stamp(now),
                "primaryAssignment": {"job": {"id": "job-platform"}, "status": "NEW"},
                "secondaryAssignments": [],
            }
            rows.append((row["id"], row["email"], json.dumps(row), "{}", now, now))
        self._db.execute("BEGIN")
        self._db.executemany(
            "INSERT INTO person (id, email, row, properties, updated_at, found_from) VALUES (?, ?, ?, ?, ?, ?)",
            rows,
        )
        self._db.execute("COMMIT")

    def get(self, number: str) -> dict[str, Any] | None:
        """One person's row."""
        found = self._db.execute("SELECT row FROM person WHERE id = ?", (number,)).fetchone()
        return json.loads(found["row"]) if found else None

    def put(self, row: dict[str, Any], properties: dict[str, Any] | None = None) -> dict[str, Any]:
        """Store a changed row, and its properties if they changed."""
        now = time.time()
        row = {**row, "updatedOn": stamp(now)}
        self._db.execute(
            "UPDATE person SET row = ?, email = ?, updated_at = ? WHERE id = ?",
            (json.dumps(row), row["email"].lower(), now, row["id"]),
        )
        if properties is not None:
            self._db.execute(
                "UPDATE person SET properties = ? WHERE id = ?", (json.dumps(properties), row["id"])
            )
        return row

    def properties(self, number: str) -> dict[str, Any]:
        """Values by property id."""
        found = self._db.execute("SELECT properties FROM person WHERE id = ?", (number,)).fetchone()
        return json.loads(found["properties"]) if found else {}

    def delete(self, number: str) -> bool:
        """Whether there was one."""
        return self._db.execute("DELETE FROM person WHERE id = ?", (number,)).rowcount > 0

    def with_email(self, email: str) -> dict[str, Any] | None:
        """The first person with this address, whatever the index knows."""
        found = self._db.execute(
            "SELECT row FROM person WHERE email = ? ORDER BY number", (email.lower(),)
        ).fetchone()
        return json.loads(found["row"]) if found else None

    def people(
        self,
        *,
        after: int = 0,
        limit: int = -1,
        words: str = "",
        updated_after: float = 0.0,
        everybody: bool = True,
    ) -> list[tuple[int, dict[str, Any]]]:
        """(number, row) in order; not ``everybody``: only people on a job that the index knows."""
        rows = self._db.execute(
            "SELECT number, row FROM person WHERE number > ? AND updated_at > ? AND (? = '' OR instr(lower(row), ?))"
            " AND (? OR (found_from <= ? AND json_extract(row, '$.primaryAssignment.job.id') IS NOT NULL))"
            " ORDER BY number LIMIT ?",
            (after, updated_after, words, json.dumps(words.lower())[1:-1], everybody, time.time(), limit),
        )
        return [(row["number"], json.loads(row["row"])) for row in rows]

    def total(self) -> int:
        """How many people."""
        return int(self._db.execute("SELECT count(*) FROM person").fetchone()[0])

    def add_message(self, candidate: str, row: dict[str, Any]) -> str:
        """Keep a note; its id."""
        number = secrets.token_hex(8)
        self._db.execute("INSERT INTO message VALUES (?, ?, ?)", (number, candidate, json.dumps(row)))
        return number

    def messages(self, candidate: str = "") -> list[dict[str, Any]]:
        """Notes, oldest first."""
        rows = self._db.execute(
            "SELECT row FROM message WHERE ? = '' OR candidate = ? ORDER BY rowid", (candidate, candidate)
        )
        return [json.loads(row["row"]) for row in rows]

    def subscribe(self, row: dict[str, Any]) -> dict[str, Any]:
        """Keep a subscription."""
        self._db.execute("INSERT OR REPLACE INTO subscription VALUES (?, ?)", (row["id"], json.dumps(row)))
        return row

    def subscriptions(self) -> list[dict[str, Any]]:
        """All of them."""
        return [json.loads(row["row"]) for row in self._db.execute("SELECT row FROM subscription")]

    def unsubscribe(self, number: str) -> bool:
        """Whether there was one."""
        return self._db.execute("DELETE FROM subscription WHERE id = ?", (number,)).rowcount > 0
