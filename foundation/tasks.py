"""Wake-ups: each fetches by id or takes what is due, calls one function and ends within 20 seconds."""

from __future__ import annotations

import time

import structlog
from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from foundation import events, idempotency, runs
from foundation.models import Run

log = structlog.get_logger(__name__)

#: Written by a worker each time beat's tick reaches it; ``/readyz`` reads its age.
HEARTBEAT_KEY = "foundation:heartbeat"


@shared_task(ignore_result=True)
def deliver_events() -> int:
    """Delivers news until there is none or 20 s are over."""
    events.heard()
    until = time.monotonic() + 20
    total = 0
    while time.monotonic() < until:
        count = events.deliver() + events.deliver_batches()
        total += count
        if not count:
            break
    return total


@shared_task(ignore_result=True)
def run_step(run_id: int) -> None:
    """One visit to a run; comes back at once when there is more to do."""
    if runs.work(run_id):
        kind = (
            Run.objects.across_organisations("by primary key").values_list("kind", flat=True).get(pk=run_id)
        )
        runs.wake(run_id, kind)


@shared_task(ignore_result=True)
def sweep_runs() -> None:
    """Finds runs whose wake-up or worker was lost."""
    runs.sweep()


@shared_task(ignore_result=True)
def prune_events() -> None:
    """Deletes old news that is owed to nobody."""
    log.info("events.pruned", count=events.prune(now=timezone.now()))


@shared_task(ignore_result=True)
def prune_answers() -> None:
    """Deletes stored answers to requests with an Idempotency-Key after a day."""
    log.info("idempotency.pruned", count=idempotency.prune(now=timezone.now()))


@shared_task(ignore_result=True)
def heartbeat() -> None:
    """Beat ticks and a worker answers: both live."""
    cache.set(HEARTBEAT_KEY, time.time(), timeout=None)
