"""What is learnt after a message was handed over: bounces, proofs that it was sent, and a person's answers.

An ``uncertain`` message moves on by proof (seen in Sent, bounced, replied to) or because a person says so; its
absence anywhere proves nothing, and no timer ever sends it again (docs/architecture.md, "Sending" 7).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from accounts.models import User
from foundation import events
from outreach.models import Message, SendTry
from outreach.outbox.transitions import tell
from outreach.states import REASON_OF_CLASS, FailureClass, MessageStatus, Reason, check, sentence

_EVERYONE = "proofs come from mail and from people of any organisation"
_S = MessageStatus
_TEXT = 500
#: Nobody knows yet whether they were sent.
_PROVABLE = frozenset({_S.SENDING, _S.UNCERTAIN})
#: ``prove_sent(how=…)`` for a copy in the Sent folder: none has to be made.
SEEN_IN_SENT = "seen_in_sent"
_MOST_IDS = 10


@transaction.atomic
def prove_sent(message_id: int, *, now: datetime, how: str) -> bool:
    """Something only a sent message leaves was found; True if it was not known to be sent and is ``sent`` now.

    ``how`` is a short word for the list of tries: ``seen_in_sent``, ``replied``, ``bounced``. Proof may overtake the
    worker that is still handing the message over; its settle then finds that somebody else decided.
    """
    message = _locked(message_id)
    if message is None or message.status not in _PROVABLE:
        return False
    _mark_sent(message, now, how)
    return True


@transaction.atomic
def note_bounce(message_id: int, *, failure_class: FailureClass, code: str, text: str, now: datetime) -> bool:
    """A delivery report names this message: it was sent and came back. False if that was known."""
    message = _locked(message_id)
    if message is None or message.status not in {_S.SENT, *_PROVABLE}:
        return False
    if message.status in _PROVABLE:
        _mark_sent(message, now, "bounced")
    check(_S.SENT, _S.BOUNCED)
    reason = REASON_OF_CLASS[failure_class]
    message.status, message.failure_class, message.settled_at = _S.BOUNCED, failure_class, now
    message.reason_code, message.reason_text = reason, (text or sentence(reason))[:_TEXT]
    message.save(update_fields=["status", "failure_class", "settled_at", "reason_code", "reason_text"])
    _write_try(message, now, "bounced", code=code, text=text)
    tell(message, _S.BOUNCED)
    return True


@transaction.atomic
def learn_provider_id(message_id: int, *, provider_message_id: str) -> None:
    """The Sent copy carries another Message-ID than ours: answers will name that one."""
    message = _locked(message_id)
    if message is None:
        return
    bare = provider_message_id.strip().strip("<>")
    known = [message.our_message_id, *message.provider_message_ids]
    # A provider gives one id per copy; more than a handful are somebody's loop.
    if bare and bare not in known and len(known) <= _MOST_IDS:
        message.provider_message_ids = [*message.provider_message_ids, bare]
        message.save(update_fields=["provider_message_ids"])


@transaction.atomic
def answer_uncertain(*, actor: User, message_ids: Collection[int], was_sent: bool, now: datetime) -> set[int]:
    """A person says what became of uncertain messages; returns the ids that were uncertain until now.

    Not sent: they go back to the queue, the only way in which such a message is ever sent again.
    """
    answered = set()
    rows = Message.objects.for_organisation(actor.organisation_id).filter(pk__in=message_ids)
    for message in rows.filter(status=_S.UNCERTAIN).order_by("pk").select_for_update(no_key=True):
        if was_sent:
            _mark_sent(message, now, "person_says_sent", by=actor.name)
        else:
            _queue_again(message, now, by=actor.name)
        answered.add(message.pk)
    return answered


def _locked(message_id: int) -> Message | None:
    rows = Message.objects.across_organisations(_EVERYONE).filter(pk=message_id)
    return rows.select_for_update(no_key=True).first()


def _mark_sent(message: Message, now: datetime, how: str, *, by: str = "") -> None:
    check(message.status, _S.SENT)
    message.status, message.claim_token = _S.SENT, None
    message.reason_code = message.reason_text = ""
    message.sent_at = message.sending_at or now
    message.settled_at = now
    if how == SEEN_IN_SENT:
        message.copy_due_at, message.copied_at = None, now
    elif message.copied_at is None:
        message.copy_due_at = now
    message.save(
        update_fields=[
            *("status", "claim_token", "reason_code", "reason_text"),
            *("sent_at", "settled_at", "copy_due_at", "copied_at"),
        ]
    )
    _write_try(message, now, how, text=f"By {by}." if by else "")
    tell(message, _S.SENT)


def _queue_again(message: Message, now: datetime, *, by: str) -> None:
    check(_S.UNCERTAIN, _S.QUEUED)
    message.status, message.claim_token, message.settled_at = _S.QUEUED, None, None
    message.reason_code, message.reason_text, message.not_before = "", "", now
    message.save(
        update_fields=["status", "claim_token", "settled_at", "reason_code", "reason_text", "not_before"]
    )
    _write_try(message, now, "person_says_again", text=f"By {by}. {sentence(Reason.LINE_LOST)}")
    events.emit(
        "message.requeued",
        organisation_id=message.organisation_id,
        subject=f"message:{message.pk}",
        message_id=message.pk,
    )


def _write_try(message: Message, now: datetime, word: str, *, code: str = "", text: str = "") -> None:
    SendTry.objects.create(
        organisation_id=message.organisation_id,
        message=message,
        at=now,
        outcome=word[:20],
        code=code[:40],
        text=text[:_TEXT],
    )
