"""What the accounts hold, in SQLite: applications, their custom attributes and comments, webhooks, requests."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.vendor_records import VendorRecords

_SCHEMA = """
CREATE TABLE IF NOT EXISTS application (
    id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, job TEXT NOT NULL, stage TEXT NOT NULL,
    email TEXT NOT NULL, fields TEXT NOT NULL, tags TEXT NOT NULL, created_at REAL NOT NULL, updated_at REAL NOT NULL,
    hired_at REAL, rejected_at REAL, emailed INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS application_by_change ON application (account, updated_at, id);
CREATE INDEX IF NOT EXISTS application_of_job ON application (account, job, id);
CREATE TABLE IF NOT EXISTS attribute (
    id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, application INTEGER NOT NULL, field TEXT NOT NULL,
    value TEXT NOT NULL, created_at REAL NOT NULL, updated_at REAL NOT NULL, UNIQUE (application, field));
CREATE TABLE IF NOT EXISTS comment (
    id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, application INTEGER NOT NULL, text TEXT NOT NULL,
    created_at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS comment_of_application ON comment (application, id);
CREATE TABLE IF NOT EXISTS webhook (account TEXT NOT NULL, url TEXT NOT NULL, secret TEXT NOT NULL,
    UNIQUE (account, url));
"""
_TABLES = ("application", "attribute", "comment", "webhook", "request")
#: Numbers like the vendor's; those of accounts' own things lie below.
_FIRST_ID = 1_000_500


@dataclass(frozen=True)
class Application:
    """A person on a job. ``tags`` are name and context, ``emailed`` whether the vendor wrote to them on creation."""

    id: int
    account: str
    job: str
    stage: str
    fields: dict[str, Any]
    tags: list[dict[str, str]]
    created_at: float
    updated_at: float
    hired_at: float | None
    rejected_at: float | None
    emailed: bool


class Records(VendorRecords):
    """All accounts' data and the request log."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, _SCHEMA)
        self._begin_ids()

    def clear(self) -> None:
        """Forget everything that came from outside."""
        for table in _TABLES:
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - names from this file
        self._begin_ids()

    # --- applications -----------------------------------------------------------------------------------------------

    def apply(
        self, account: str, people: Iterable[dict[str, Any]], *, job: str, stage: str, emailed: bool
    ) -> int:
        """Make an application of each of ``people`` on a job; the id of the last."""
        now = time.time()
        last = 0
        self._db.execute("BEGIN")
        for fields in people:
            made = self._db.execute(
                "INSERT INTO application (account, job, stage, email, fields, tags, created_at, updated_at, emailed)"
                " VALUES (?, ?, ?, ?, ?, '[]', ?, ?, ?)",
                (
                    account,
                    job,
                    stage,
                    str(fields.get("email", "")).lower(),
                    json.dumps(fields),
                    now,
                    now,
                    int(emailed),
                ),
            )
            last = made.lastrowid or 0
        self._db.execute("COMMIT")
        return last

    def change(
        self,
        application: Application,
        *,
        fields: dict[str, Any] | None = None,
        tags: list[dict[str, str]] | None = None,
        stage: str = "",
        basic_type: str = "",
    ) -> Application:
        """Replace what is given; being hired or rejected has its moment."""
        now = time.time()
        kept = {**application.fields, **(fields or {})}
        self._db.execute(
            "UPDATE application SET fields = ?, email = ?, tags = ?, stage = ?, hired_at = ?, rejected_at = ?,"
            " updated_at = ? WHERE id = ?",
            (
                json.dumps(kept),
                str(kept.get("email", "")).lower(),
                json.dumps(application.tags if tags is None else tags),
                stage or application.stage,
                now if basic_type == "hired" else application.hired_at,
                now if basic_type == "rejected" else application.rejected_at,
                now,
                application.id,
            ),
        )
        found = self.application(application.account, application.id)
        assert found is not None
        return found

    def application(self, account: str, number: int) -> Application | None:
        """One application of an account, or None."""
        row = self._db.execute(
            "SELECT * FROM application WHERE account = ? AND id = ?", (account, number)
        ).fetchone()
        return _application(row) if row else None

    def applications(
        self, account: str, where: list[tuple[str, Any]], *, order: str, limit: int, skip: int
    ) -> list[Application]:
        """A page of applications. ``where``: conditions of ``operations`` with one value each, or a list for IN."""
        text, values = "account = ?", [account]
        for condition, value in where:
            text += f" AND {condition}"
            values += value if isinstance(value, list) else [value]
        rows = self._db.execute(
            f"SELECT * FROM application WHERE {text} ORDER BY {order} LIMIT ? OFFSET ?",  # noqa: S608 - see above
            (*values, limit, skip),
        )
        return [_application(row) for row in rows]

    def everybody(self, *, limit: int = 1_000_000) -> list[Application]:
        """The newest applications of all accounts."""
        rows = self._db.execute("SELECT * FROM application ORDER BY id DESC LIMIT ?", (limit,))
        return [_application(row) for row in rows]

    # --- custom attributes ------------------------------------------------------------------------------------------

    def attributes(self, account: str, applications: Iterable[int]) -> list[dict[str, Any]]:
        """The custom attributes of applications, in the order they were made."""
        numbers = list(applications)
        marks = ", ".join("?" * len(numbers))
        rows = self._db.execute(
            f"SELECT * FROM attribute WHERE account = ? AND application IN ({marks}) ORDER BY id",  # noqa: S608
            (account, *numbers),
        )
        return [_attribute(row) for row in rows]

    def attribute(self, account: str, number: int) -> dict[str, Any] | None:
        """One custom attribute, or None."""
        row = self._db.execute(
            "SELECT * FROM attribute WHERE account = ? AND id = ?", (account, number)
        ).fetchone()
        return _attribute(row) if row else None

    def set_attribute(self, account: str, application: int, field: str, value: Any) -> int:
        """Make the attribute, or give it another value; its id."""
        now = time.time()
        self._db.execute(
            "INSERT INTO attribute (account, application, field, value, created_at, updated_at)"
            " VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (application, field) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at",
            (account, application, field, json.dumps(value), now, now),
        )
        self._touch(application, now)
        row = self._db.execute(
            "SELECT id FROM attribute WHERE application = ? AND field = ?", (application, field)
        ).fetchone()
        return int(row["id"])

    def drop_attribute(self, attribute: dict[str, Any]) -> None:
        """Remove one."""
        self._db.execute("DELETE FROM attribute WHERE id = ?", (attribute["id"],))
        self._touch(attribute["application"], time.time())

    def _touch(self, application: int, now: float) -> None:
        self._db.execute("UPDATE application SET updated_at = ? WHERE id = ?", (now, application))

    # --- comments and webhooks --------------------------------------------------------------------------------------

    def add_comment(self, account: str, application: int, text: str) -> dict[str, Any]:
        """Write a comment."""
        made = self._db.execute(
            "INSERT INTO comment (account, application, text, created_at) VALUES (?, ?, ?, ?)",
            (account, application, text, time.time()),
        )
        return dict(self._db.execute("SELECT * FROM comment WHERE id = ?", (made.lastrowid,)).fetchone())

    def comments(self, account: str, application: int | None) -> list[dict[str, Any]]:
        """Comments on one application or on all, the oldest first."""
        rows = self._db.execute(
            "SELECT * FROM comment WHERE account = ? AND (? IS NULL OR application = ?) ORDER BY id",
            (account, application, application),
        )
        return [dict(row) for row in rows]

    def add_webhook(self, account: str, url: str, secret: str) -> None:
        """What a customer does under Settings > API & Webhooks."""
        self._db.execute("INSERT OR REPLACE INTO webhook VALUES (?, ?, ?)", (account, url, secret))

    def webhooks(self, account: str) -> list[tuple[str, str]]:
        """Addresses to tell, with their secrets."""
        rows = self._db.execute("SELECT url, secret FROM webhook WHERE account = ?", (account,))
        return [(row["url"], row["secret"]) for row in rows]

    # --- counting ---------------------------------------------------------------------------------------------------

    def counts(self) -> dict[str, Any]:
        """Numbers over all accounts. ``duplicates``: applications beyond the first of one job and address."""
        applications, distinct, emailed = self._db.execute(
            "SELECT count(*), count(DISTINCT account || ' ' || job || ' ' || email), coalesce(sum(emailed), 0)"
            " FROM application"
        ).fetchone()
        comments, texts = self._db.execute(
            "SELECT count(*), count(DISTINCT application || ' ' || text) FROM comment"
        ).fetchone()
        return {
            "applications": applications,
            "duplicates": applications - distinct,
            "emailed": emailed,
            "comments": comments,
            "comments_doubled": comments - texts,
            "requests_by_status": self.requests_by_status(),
        }

    def _begin_ids(self) -> None:
        for table in ("application", "attribute", "comment"):
            known = self._db.execute("SELECT 1 FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
            if not known:
                self._db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, _FIRST_ID))


def _application(row: sqlite3.Row) -> Application:
    return Application(
        id=row["id"],
        account=row["account"],
        job=row["job"],
        stage=row["stage"],
        fields=json.loads(row["fields"]),
        tags=json.loads(row["tags"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        hired_at=row["hired_at"],
        rejected_at=row["rejected_at"],
        emailed=bool(row["emailed"]),
    )


def _attribute(row: sqlite3.Row) -> dict[str, Any]:
    return {**dict(row), "value": json.loads(row["value"])}
