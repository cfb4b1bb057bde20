"""What an error of a vendor does to the work in hand: the policy (``error_policy``) carried out, for exports and syncs.

A refused credential is checked once before the connection is blamed for what may concern one person only.
"""

from __future__ import annotations

import random

import structlog
from django.conf import settings
from django.db import connection as database
from django.utils import timezone

from integrations import claims, connections, error_policy, opening
from integrations.base.errors import AuthError, ConnectorError, Forbidden, Incomplete
from integrations.models import Connection

log = structlog.get_logger(__name__)


def meet(work: claims.Work, error: ConnectorError, *, patient: bool = False) -> error_policy.Failed | None:
    """Give the work back to wait, or say how it failed; the caller writes that end down.

    ``patient``: a temporary failure is tried for as long as it lasts, at the pace of the last delay. Raises ClaimLost.
    """
    last = len(error_policy.RETRY_DELAYS) - 1
    decided = decide(work.connection, error, attempts=min(work.attempts, last) if patient else work.attempts)
    if isinstance(decided, error_policy.Failed):
        return decided
    claims.give_back(work, not_before=decided.not_before, counted=decided.counted, why=str(error))
    return None


def database_busy(work: claims.Work) -> bool:
    """A lock was not to be had, or two workers waited for each other: the work is taken again in a moment.

    What may have been written there meanwhile is found by the next try. False when the database does not answer at all;
    the work is then free when its lease ends. Raises ClaimLost.
    """
    if not database.is_usable():
        return False
    log.warning("integrations.database_busy", work=str(work))
    claims.give_back(work, not_before=timezone.now() + claims.SHORT_WAIT, counted=False)
    return True


def decide(
    connection: Connection, error: ConnectorError, *, attempts: int
) -> error_policy.Later | error_policy.Failed:
    """Wait or fail, after ``attempts`` that counted; what concerns the whole account is written on its connection."""
    now = timezone.now()
    decided = error_policy.verdict(
        error.cause if isinstance(error, Incomplete) else error,
        attempts=attempts,
        now=now,
        index_delay=settings.VENDOR_INDEX_DELAY,
        vendor=opening.vendor_of(connection).display_name,
        jitter=random.random(),  # noqa: S311 - spreads load, protects nothing
    )
    if isinstance(decided, error_policy.CheckCredential):
        if not _credential_refused(connection):
            return decided.otherwise
        connections.needs_reconnect(connection, trouble=str(error))
        connection.refresh_from_db(fields=["status"])
        return error_policy.Later(now, counted=False)
    if isinstance(decided, error_policy.Later) and decided.whole_account:
        connection.not_before = decided.not_before
        connection.save(update_fields=["not_before"])
    return decided


def _credential_refused(connection: Connection) -> bool:
    """Ask the cheapest question, with the credential as it is now; other trouble on the way is not the credential's."""
    connection.refresh_from_db(fields=["secret"])
    try:
        opening.open_connector(connection).check()
    except (AuthError, Forbidden, opening.NoCredential):
        return True
    except ConnectorError:
        return False
    return False
