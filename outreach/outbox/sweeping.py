"""What a lost worker leaves: claims go back to the queue, half-sent messages become ``uncertain``.

A claim is alive while its token is the mailbox's running lease; both are read in the database's time.
"""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db import connection, transaction

from outreach.models import Message, SendTry
from outreach.outbox.transitions import tell
from outreach.states import MessageStatus, Reason, check, sentence

log = structlog.get_logger(__name__)

_EVERYONE = "the outbox serves everyone"

_STALE = """
    UPDATE outreach_message m SET {assignments}
    FROM outreach_mailbox b
    WHERE b.id = m.mailbox_id AND m.status = %(status)s
      AND NOT (b.leased_by = m.claim_token::text AND b.lease_until > now())
    RETURNING m.*
"""
_TO_QUEUE = _STALE.format(assignments="status = 'queued', claim_token = NULL")
# The token stays: the lost worker may only be slow, and its late settle is then the truth.
_TO_UNCERTAIN = _STALE.format(
    assignments="status = 'uncertain', settled_at = %(now)s, reason_code = %(reason)s, reason_text = %(text)s"
)


def sweep(*, now: datetime) -> tuple[int, int]:
    """Settle what nobody holds any more; returns how many were put back and how many became uncertain."""
    return _put_back_stale_claims(), _mark_stale_sendings(now)


def _put_back_stale_claims() -> int:
    check(MessageStatus.CLAIMED, MessageStatus.QUEUED)
    with connection.cursor() as cursor:
        cursor.execute(_TO_QUEUE, {"status": MessageStatus.CLAIMED.value})
        found = int(cursor.rowcount)
    if found:
        log.info("outbox.stale_claims", count=found)
    return found


@transaction.atomic
def _mark_stale_sendings(now: datetime) -> int:
    """Nobody knows whether these were sent; only proof or a person moves them on, never a timer."""
    check(MessageStatus.SENDING, MessageStatus.UNCERTAIN)
    reason = Reason.WORKER_LOST
    lost = list(
        Message.objects.across_organisations(_EVERYONE).raw(
            _TO_UNCERTAIN,
            {
                "status": MessageStatus.SENDING.value,
                "now": now,
                "reason": reason.value,
                "text": sentence(reason),
            },
        )
    )
    SendTry.objects.bulk_create(
        SendTry(
            organisation_id=message.organisation_id,
            message=message,
            at=now,
            outcome="worker_lost",
            text=sentence(reason),
        )
        for message in lost
    )
    for message in lost:
        tell(message, MessageStatus.UNCERTAIN)
        log.warning("outbox.uncertain", message_id=message.pk, reason=reason.value)
    return len(lost)
