"""Who sends from a mailbox: a lease on its row, in the database's time, renewed before each ``begin``.

Never a session lock: a pooled connection or a lost worker would keep it. The lease's token is also the claim
token of every message claimed under it, so a worker that lost its mailbox can change none of them any more.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import connection

from outreach.models import Mailbox


@dataclass(frozen=True)
class Lease:
    """The right to send from one mailbox until it runs out; ``mailbox`` is its row as it was when leased."""

    mailbox: Mailbox
    token: uuid.UUID


def length() -> timedelta:
    """How long a worker may be silent before others take its mailbox over (``SEND_LEASE_SECONDS``)."""
    lease: timedelta = settings.SEND_LEASE
    return lease


def take(mailbox_id: int) -> Lease | None:
    """Lease a connected mailbox; None if somebody else holds it, or it may not send."""
    token = uuid.uuid4()
    rows = list(
        Mailbox.objects.across_organisations("workers serve everyone").raw(
            """
            UPDATE outreach_mailbox SET leased_by = %s, lease_until = now() + make_interval(secs => %s)
            WHERE id = %s AND status = 'connected' AND (lease_until IS NULL OR lease_until < now())
            RETURNING *
            """,
            [str(token), length().total_seconds(), mailbox_id],
        )
    )
    return Lease(rows[0], token) if rows else None


def give_back(lease: Lease) -> None:
    """End the lease if it is still ours."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE outreach_mailbox SET leased_by = '', lease_until = NULL WHERE id = %s AND leased_by = %s",
            [lease.mailbox.pk, str(lease.token)],
        )
