"""What an error of a vendor does to the work in hand: the policy (``error_policy``) carried out, for exports and syncs.

A refused credential is checked once before the connection is blamed for what may concern one person only.
"""

from __future__ import annotations

import random

from django.conf import settings
from django.utils import timezone

from integrations import claims, connections, error_policy, opening
from integrations.base.errors import AuthError, ConnectorError, Forbidden, Incomplete
from integrations.models import Connection


def meet(work: claims.Work, error: ConnectorError, *, patient: bool = False) -> error_policy.Failed | None:
    """Give the work back to wait, or say how it failed; the caller writes that end down.

    ``patient``: a temporary failure is tried for as long as it lasts, at the pace of the last delay. Raises ClaimLost.
    """
    now = timezone.now()
    error = error.cause if isinstance(error, Incomplete) else error
    last = len(error_policy.RETRY_DELAYS) - 1
    decided = error_policy.verdict(
        error,
        attempts=min(work.attempts, last) if patient else work.attempts,
        now=now,
        index_delay=settings.VENDOR_INDEX_DELAY,
        vendor=opening.vendor_of(work.connection).display_name,
        jitter=random.random(),  # noqa: S311 - spreads load, protects nothing
    )
    if isinstance(decided, error_policy.CheckCredential):
        if _credential_refused(work.connection):
            connections.needs_reconnect(work.connection, trouble=str(error))
            work.connection.refresh_from_db(fields=["status"])
            claims.give_back(work, not_before=now, counted=False, why=str(error))
            return None
        decided = decided.otherwise
    if isinstance(decided, error_policy.Failed):
        return decided
    if decided.whole_account:
        work.connection.not_before = decided.not_before
        work.connection.save(update_fields=["not_before"])
    claims.give_back(work, not_before=decided.not_before, counted=decided.counted, why=str(error))
    return None


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
