"""Wake-ups of sourcing: each calls one function. What they do is idempotent, so a lost or doubled one costs a query."""

from __future__ import annotations

import structlog
from celery import shared_task
from django.utils import timezone

from sourcing import archiving, bulk, mentions, merging, retention
from sourcing.finding import ledger
from sourcing.importing import indexing, undoing
from sourcing.resumes import unclaimed
from sourcing.search import saved

log = structlog.get_logger(__name__)

#: One visit at what imports left to index; the task calls itself while there is more.
INDEXING_SECONDS = 15.0


@shared_task(name="sourcing.tell_mentioned", ignore_result=True)
def tell_mentioned() -> None:
    """E-mails to members named in notes."""
    mentions.tell(now=timezone.now())


@shared_task(name="sourcing.propose_erasing", ignore_result=True)
def propose_erasing() -> None:
    """Bring the proposals of every retention rule up to date."""
    log.info("retention.proposed", count=retention.propose_everywhere(now=timezone.now()))


@shared_task(name="sourcing.expire_archives", ignore_result=True)
def expire_archives() -> None:
    """Delete archives whose week is over, and résumés nobody has confirmed for longer than the rule allows."""
    archiving.expire(now=timezone.now())
    log.info("resumes.forgotten", count=unclaimed.forget_old(now=timezone.now()))


@shared_task(name="sourcing.prune_merges", ignore_result=True)
def prune_merges() -> None:
    """Empty the records of merges that can no longer be undone."""
    log.info("merges.pruned", count=merging.prune(now=timezone.now()))


@shared_task(name="sourcing.prune_bulk_items", ignore_result=True)
def prune_bulk_items() -> None:
    """Forget whom bulk runs were about that can no longer be undone."""
    log.info("bulk.pruned", count=bulk.prune(now=timezone.now()))


@shared_task(name="sourcing.refresh_credits", ignore_result=True)
def refresh_credits() -> None:
    """The month's allowance of every organisation whose month has begun."""
    ledger.refresh_due(now=timezone.now())


@shared_task(name="sourcing.tell_saved_searches", ignore_result=True)
def tell_saved_searches() -> int:
    """The daily e-mails about new matches that are due."""
    return saved.tell(now=timezone.now())


@shared_task(name="sourcing.index_imports", ignore_result=True)
def index_imports() -> None:
    """Makes people searchable whom imports saved; woken by each slice, and by beat for what was lost."""
    if indexing.some(seconds=INDEXING_SECONDS):
        index_imports.apply_async(retry=False)


@shared_task(name="sourcing.prune_imports", ignore_result=True)
def prune_imports() -> None:
    """Forgets the before-images of imports that can no longer be undone."""
    log.info("imports.pruned", slices=undoing.prune(now=timezone.now()))
