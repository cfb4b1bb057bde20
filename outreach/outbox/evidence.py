"""What inbound mail proves about a message: that it left, that it bounced, what the provider calls it.

The last writers of a message's status besides ``transitions``; both go through ``states.check`` and
compare-and-set, and each tells its news in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from outreach.models import Message, SendTry
from outreach.outbox.transitions import tell
from outreach.states import REASON_OF_CLASS, FailureClass, MessageStatus, check, sentence

#: A provider gives one id per copy; more than this are somebody's loop.
_MOST_IDS = 10
_TEXT = 500


@transaction.atomic
def prove_sent(*, message: Message, provider_ids: Iterable[str] = (), now: datetime) -> bool:
    """Our copy, an answer or a report names the message: it did leave. True if that was not known.

    Only ``uncertain`` becomes ``sent``; a message that is still being handed over is left to its worker.
    """
    _learn(message, provider_ids)
    check(MessageStatus.UNCERTAIN, MessageStatus.SENT)
    proved = _row(message).filter(status=MessageStatus.UNCERTAIN)
    if not proved.update(
        status=MessageStatus.SENT,
        sent_at=message.sending_at or now,
        reason_code="",
        reason_text="",
        settled_at=now,
    ):
        return False
    _try(message, "proved", "", "Found in the mailbox.", now)
    tell(message, MessageStatus.SENT)
    return True


@transaction.atomic
def bounced(*, message: Message, failure: FailureClass, code: str, words: str, now: datetime) -> bool:
    """A report names the message and its address: ``sent`` becomes ``bounced``. A second report changes nothing."""
    prove_sent(message=message, now=now)
    check(MessageStatus.SENT, MessageStatus.BOUNCED)
    reason = REASON_OF_CLASS[failure]
    sent = _row(message).filter(status=MessageStatus.SENT)
    if not sent.update(
        status=MessageStatus.BOUNCED,
        failure_class=failure,
        reason_code=reason,
        reason_text=f"{sentence(reason)} {words}".strip()[:_TEXT],
        settled_at=now,
    ):
        return False
    _try(message, "bounced", code, words, now)
    tell(message, MessageStatus.BOUNCED)
    return True


def _learn(message: Message, provider_ids: Iterable[str]) -> None:
    known = [message.our_message_id, *message.provider_message_ids]
    new = [i for i in dict.fromkeys(provider_ids) if i and i not in known]
    if new:
        message.provider_message_ids = [*message.provider_message_ids, *new][:_MOST_IDS]
        _row(message).update(provider_message_ids=message.provider_message_ids)


def _try(message: Message, outcome: str, code: str, text: str, now: datetime) -> None:
    SendTry.objects.create(
        organisation_id=message.organisation_id,
        message=message,
        at=now,
        outcome=outcome,
        code=code[:40],
        text=text[:_TEXT],
    )


def _row(message: Message) -> QuerySet[Message]:
    return Message.objects.for_organisation(message.organisation_id).filter(pk=message.pk)
