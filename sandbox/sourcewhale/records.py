"""The people a SourceWhale account holds, in SQLite, with the delay of its search index."""

from __future__ import annotations

import json
import re
import secrets
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.sourcewhale.schemas import PERSON
from sandbox.vendor_records import VendorRecords

_SCHEMA = """
CREATE TABLE IF NOT EXISTS person (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, fields TEXT NOT NULL, campaign_id TEXT NOT NULL,
    project_ids TEXT NOT NULL, created_at REAL NOT NULL, updated_at REAL NOT NULL,
    found_from REAL NOT NULL, found_before TEXT NOT NULL, outreach_started INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS person_of_account ON person (account, created_at);
-- Whom a value may mean, now or in what the search index still knows: asked first, so that many people cost nothing.
CREATE TABLE IF NOT EXISTS known_by (
    account TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, person TEXT NOT NULL,
    PRIMARY KEY (account, key, value, person)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS subscription (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, url TEXT NOT NULL, kind TEXT NOT NULL);
"""
SEARCH_KEYS = ("socialLink", "photo", "email", "phone")


@dataclass(frozen=True)
class Person:
    """One record; ``fields`` are named as in the API, times are epoch seconds."""

    id: str
    account: str
    fields: dict[str, Any]
    campaign_id: str
    project_ids: list[str]
    created_at: float
    updated_at: float
    outreach_started: bool


class Records(VendorRecords):
    """All accounts' people, subscriptions and the request log."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, _SCHEMA)
        if self._db.execute("SELECT 1 FROM known_by").fetchone() is None:
            for person in self.people():  # a file of an earlier version
                self._remember(person)

    def clear(self) -> None:
        """Forget people, subscriptions and requests."""
        for table in ("person", "known_by", "subscription", "request"):
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - names from the line above

    def create(
        self,
        account: str,
        given: dict[str, Any],
        *,
        campaign_id: str,
        project_ids: list[str],
        index_delay: float,
        send: bool,
    ) -> Person:
        """A new record."""
        now = time.time()
        number = secrets.token_hex(12)
        self._db.execute(
            "INSERT INTO person VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                number,
                account,
                json.dumps(_known(given)),
                campaign_id,
                json.dumps(project_ids),
                now,
                now,
                now + index_delay,
                "null",
                int(send and bool(campaign_id)),
            ),
        )
        return self._remember(self.get(account, number))

    def update(
        self,
        person: Person,
        given: dict[str, Any],
        *,
        campaign_id: str = "",
        project_ids: list[str] | None = None,
        index_delay: float,
        send: bool = False,
    ) -> Person:
        """Replace the given fields, whole lists for lists; join a campaign and projects, leave none.

        Until the index has caught up, search still finds the record as it was.
        """
        now = time.time()
        fields = {**person.fields, **_known(given)}
        projects = list(dict.fromkeys([*person.project_ids, *(project_ids or [])]))
        self._db.execute(
            "UPDATE person SET found_before = CASE WHEN found_from <= ? THEN fields ELSE found_before END,"
            " found_from = ?, fields = ?, campaign_id = ?, project_ids = ?, updated_at = ?,"
            " outreach_started = max(outreach_started, ?) WHERE id = ?",
            (
                now,
                now + index_delay,
                json.dumps(fields),
                campaign_id or person.campaign_id,
                json.dumps(projects),
                now,
                int(send and bool(campaign_id)),
                person.id,
            ),
        )
        return self._remember(self.get(person.account, person.id))

    def _remember(self, person: Person) -> Person:
        rows = [
            (person.account, key, _comparable(key, value), person.id)
            for key in SEARCH_KEYS
            for value in _values(key, person.fields)
        ]
        self._db.executemany("INSERT OR IGNORE INTO known_by VALUES (?, ?, ?, ?)", rows)
        return person

    def get(self, account: str, number: str) -> Person:
        """One record; KeyError if the account has none of that id."""
        row = self._db.execute(
            "SELECT * FROM person WHERE account = ? AND id = ?", (account, number)
        ).fetchone()
        if row is None:
            raise KeyError(number)
        return _person(row)

    def people(self, account: str = "") -> list[Person]:
        """Every record, oldest first."""
        rows = self._db.execute(
            "SELECT * FROM person WHERE ? = '' OR account = ? ORDER BY created_at, rowid", (account, account)
        )
        return [_person(row) for row in rows]

    def with_email(self, account: str, emails: list[str]) -> Person | None:
        """The first record that has any of ``emails``, whatever the index knows."""
        wanted = {email.strip().lower() for email in emails}
        found = [row for email in wanted for row in self._known_by(account, "email", email)]
        for row in sorted(found, key=lambda row: (row["created_at"], row["rowid"])):
            person = _person(row)
            if wanted & {email.strip().lower() for email in person.fields.get("emails", [])}:
                return person
        return None

    def _known_by(self, account: str, key: str, value: str) -> list[sqlite3.Row]:
        rows = self._db.execute(
            "SELECT rowid, * FROM person WHERE account = ? AND id IN"
            " (SELECT person FROM known_by WHERE account = ? AND key = ? AND value = ?) ORDER BY created_at, rowid",
            (account, account, key, value),
        )
        return rows.fetchall()

    def search(self, account: str, key: str, value: str) -> list[Person]:
        """Records the index knows by this value. E-mails in any case of letters, phones by their digits."""
        now = time.time()
        wanted = _comparable(key, value)
        found = []
        for row in self._known_by(account, key, wanted):
            indexed = json.loads(row["fields"] if row["found_from"] <= now else row["found_before"])
            if indexed is not None and wanted in {_comparable(key, each) for each in _values(key, indexed)}:
                found.append(_person(row, fields=indexed))
        return found

    def subscribe(self, account: str, url: str, kind: str) -> str:
        """Remember a hook; its id."""
        number = secrets.token_hex(12)
        self._db.execute("INSERT INTO subscription VALUES (?, ?, ?, ?)", (number, account, url, kind))
        return number

    def unsubscribe(self, account: str, number: str) -> bool:
        """Forget a hook; whether there was one."""
        changed = self._db.execute("DELETE FROM subscription WHERE account = ? AND id = ?", (account, number))
        return changed.rowcount > 0

    def hooks(self, account: str, kind: str) -> list[str]:
        """Addresses to tell of ``kind``."""
        rows = self._db.execute(
            "SELECT url FROM subscription WHERE account = ? AND kind = ?", (account, kind)
        )
        return [row["url"] for row in rows]

    def counts(self) -> dict[str, Any]:
        """Numbers over all accounts; ``duplicates`` are records beyond the first of one account and e-mail."""
        emails: list[tuple[str, str]] = []
        people = self.people()
        for person in people:
            emails += {(person.account, email.lower()) for email in person.fields.get("emails", [])}
        return {
            "people": len(people),
            "duplicates": len(emails) - len(set(emails)),
            "in_a_campaign": sum(bool(person.campaign_id) for person in people),
            "in_a_project": sum(bool(person.project_ids) for person in people),
            "outreach_started": sum(person.outreach_started for person in people),
            "requests_by_status": self.requests_by_status(),
        }


def _known(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name in PERSON}


def _person(row: sqlite3.Row, fields: dict[str, Any] | None = None) -> Person:
    return Person(
        id=row["id"],
        account=row["account"],
        fields=json.loads(row["fields"]) if fields is None else fields,
        campaign_id=row["campaign_id"],
        project_ids=json.loads(row["project_ids"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        outreach_started=bool(row["outreach_started"]),
    )


def _values(key: str, fields: dict[str, Any]) -> list[str]:
    if key == "photo":
        return [fields["photo"]] if fields.get("photo") else []
    name = {"email": "emails", "phone": "phones", "socialLink": "socialLinks"}[key]
    return list(fields.get(name, []))


def _comparable(key: str, value: str) -> str:
    if key == "phone":
        return re.sub(r"\D", "", value)
    if key == "socialLink":
        return re.sub(r"^https?://(www\.)?", "", value.strip().lower()).rstrip("/")
    return value.strip().lower() if key == "email" else value
