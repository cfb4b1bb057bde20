"""What every stand-in vendor keeps the same way: one SQLite file, and a log of the requests that came."""

from __future__ import annotations

import json
import sqlite3
import time
from pathlib import Path
from typing import Any

_REQUESTS = """
CREATE TABLE IF NOT EXISTS request (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, account TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
    query TEXT NOT NULL, body TEXT NOT NULL, status INTEGER NOT NULL, note TEXT NOT NULL);
"""
_KEPT = 20_000


class VendorRecords:
    """The file of one vendor; a subclass brings its tables and what is done with them."""

    def __init__(self, path: Path, schema: str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.executescript(schema + _REQUESTS)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def log(
        self,
        *,
        account: str = "",
        method: str,
        path: str,
        query: dict[str, str],
        body: str,
        status: int,
        note: str,
    ) -> None:
        """Book one request. Headers are not kept, so neither is the key."""
        self._db.execute(
            "INSERT INTO request (at, account, method, path, query, body, status, note)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (time.time(), account, method, path, json.dumps(query), body, status, note),
        )
        self._db.execute("DELETE FROM request WHERE id <= (SELECT max(id) FROM request) - ?", (_KEPT,))

    def requests(self, *, limit: int = _KEPT) -> list[dict[str, Any]]:
        """Requests, newest first; status 0 is one that got no answer."""
        rows = self._db.execute("SELECT * FROM request ORDER BY id DESC LIMIT ?", (limit,))
        return [{**dict(row), "query": json.loads(row["query"])} for row in rows]

    def requests_by_status(self) -> dict[str, int]:
        """How many requests were answered how."""
        rows = self._db.execute("SELECT status, count(*) FROM request GROUP BY 1 ORDER BY 1")
        return {str(row[0]): row[1] for row in rows}
