"""Wake-ups of the outbox; each calls one function. Losing one costs a second, repeating one a query."""

from __future__ import annotations

from typing import Any

import structlog
from celery import shared_task, signals
from django.core.cache import cache
from django.utils import timezone

from outreach import deliverability, files, mailbox_health, slots
from outreach.inbound import fetch, gaps
from outreach.outbox import copying, deliver, sweeping

log = structlog.get_logger(__name__)

#: A mailbox that was woken is not woken again before this many seconds, unless its turn ended earlier.
_WOKEN_FOR = 15


@signals.celeryd_after_setup.connect
def _count_slots(instance: Any, **_signal: Any) -> None:
    """The worker's own concurrency is what servers share (docs/architecture.md, "Ground rules")."""
    slots.process.total = int(instance.concurrency)


@shared_task(name="outreach.tick", ignore_result=True)
def tick() -> int:
    """Wake every mailbox that may send now and has something to send."""
    now = timezone.now()
    mailbox_health.end_pauses(now=now)
    woken = 0
    for mailbox_id in deliver.ready_mailboxes(now=now):
        if cache.add(_key(mailbox_id), 1, timeout=_WOKEN_FOR):
            deliver_mailbox.delay(mailbox_id)
            woken += 1
    return woken


@shared_task(name="outreach.deliver_mailbox", ignore_result=True)
def deliver_mailbox(mailbox_id: int) -> None:
    """One turn at a mailbox; comes back at once when it ended by the clock."""
    turn = deliver.deliver_mailbox(mailbox_id)
    if turn.tried:
        log.info("outbox.turn", mailbox_id=mailbox_id, sent=turn.sent, tried=turn.tried, spent=turn.spent)
    if turn.more and turn.tried:
        deliver_mailbox.delay(mailbox_id)
    elif turn.tried:
        cache.delete(_key(mailbox_id))


@shared_task(name="outreach.sweep", ignore_result=True)
def sweep() -> None:
    """Settle what lost workers left."""
    sweeping.sweep(now=timezone.now())


@shared_task(name="outreach.copy_to_sent", ignore_result=True)
def copy_to_sent() -> None:
    """Put copies of sent mail into Sent folders."""
    copying.copy_due(now=timezone.now())


@shared_task(name="outreach.read_due", ignore_result=True)
def read_due() -> None:
    """Wake a reader for every mailbox whose next reading has come."""
    for mailbox_id in fetch.due(now=timezone.now()):
        if cache.add(f"outreach:reading:{mailbox_id}", 1, timeout=_WOKEN_FOR):
            read_mailbox.delay(mailbox_id)


@shared_task(name="outreach.read_mailbox", ignore_result=True)
def read_mailbox(mailbox_id: int) -> None:
    """One pass over a mailbox."""
    fetch.read_mailbox(mailbox_id, now=timezone.now())
    cache.delete(f"outreach:reading:{mailbox_id}")


@shared_task(name="outreach.compare_due", ignore_result=True)
def compare_due() -> None:
    """Wake a worker for every mailbox whose comparison is due (the gap meter)."""
    for mailbox_id in gaps.due(now=timezone.now()):
        if cache.add(f"outreach:comparing:{mailbox_id}", 1, timeout=_WOKEN_FOR):
            compare_mailbox.delay(mailbox_id)


@shared_task(name="outreach.compare_mailbox", ignore_result=True)
def compare_mailbox(mailbox_id: int) -> None:
    """One turn of a comparison; comes back at once when it ended by the clock."""
    if gaps.compare(mailbox_id, now=timezone.now()):
        compare_mailbox.delay(mailbox_id)


@shared_task(name="outreach.check_due", ignore_result=True)
def check_due() -> None:
    """Wake a worker for every deliverability check that waits for the name servers."""
    for mailbox_id in deliverability.due(now=timezone.now()):
        check_mailbox.delay(mailbox_id)


@shared_task(name="outreach.check_mailbox", ignore_result=True)
def check_mailbox(mailbox_id: int) -> None:
    """Look one mailbox's domain up."""
    deliverability.look_up(mailbox_id, now=timezone.now())


@shared_task(name="outreach.remove_unused_files", ignore_result=True)
def remove_unused_files() -> None:
    """Delete uploads that no text holds."""
    files.remove_unused(now=timezone.now())


def _key(mailbox_id: int) -> str:
    return f"outreach:woken:{mailbox_id}"
