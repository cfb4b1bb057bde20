"""The right of one worker to replace the secret a row keeps: taken by compare-and-set, stored if it still stands.

For tokens that are refreshed at another system outside of any transaction. Whoever finds the row leased waits and
reads it again (docs/architecture.md, "Ground rules"). Lease times are the database's.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection


@dataclass(frozen=True)
class SecretLease:
    """Where the lease stands: a table with a column ``secret`` and the columns ``by`` and ``until``; names of ours."""

    table: str
    by: str
    until: str
    lasts: timedelta

    def take(self, row: int, *, secret: str) -> str | None:
        """The lease, if the row still keeps ``secret`` and nobody has it; None otherwise."""
        token = uuid.uuid4().hex
        taken = self._update(
            f"{self.by} = %s, {self.until} = now() + make_interval(secs => %s)",
            f"id = %s AND secret = %s AND ({self.until} IS NULL OR {self.until} < now())",
            [token, self.lasts.total_seconds(), row, secret],
        )
        return token if taken else None

    def give_back(self, row: int, lease: str) -> bool:
        """End it; False if it was not ours any more."""
        return self._update(self._free, f"id = %s AND {self.by} = %s", [row, lease])

    def store(self, row: int, lease: str, *, secret: str, **more: Any) -> bool:
        """Replace the secret, and other columns with it, and end the lease; False if it was not ours any more."""
        columns = "".join(f", {name} = %s" for name in more)
        return self._update(
            f"secret = %s{columns}, {self._free}",
            f"id = %s AND {self.by} = %s",
            [secret, *more.values(), row, lease],
        )

    @property
    def _free(self) -> str:
        return f"{self.by} = '', {self.until} = NULL"

    def _update(self, values: str, condition: str, given: list[Any]) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {self.table} SET {values} WHERE {condition}",  # noqa: S608 - names of ours
                given,
            )
            return bool(cursor.rowcount)
