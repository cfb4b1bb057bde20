"""Wake-ups of sourcing. What they do is idempotent, so a lost or doubled one costs a query."""

from __future__ import annotations

import structlog
from celery import shared_task
from django.utils import timezone

from sourcing import merging

log = structlog.get_logger(__name__)


@shared_task(name="sourcing.prune_merges", ignore_result=True)
def prune_merges() -> None:
    """Empty the records of merges that can no longer be undone."""
    log.info("merges.pruned", count=merging.prune(now=timezone.now()))
