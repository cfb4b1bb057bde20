"""Wake-ups of the feed and its webhooks."""

from __future__ import annotations

import structlog
from celery import shared_task
from django.utils import timezone

from publishing import feed, sending

log = structlog.get_logger(__name__)


@shared_task(name="publishing.send_due", ignore_result=True)
def send_due() -> None:
    """Call the endpoints that are owed something, for up to 20 s."""
    sending.visit()


@shared_task(name="publishing.prune", ignore_result=True)
def prune() -> None:
    """Forget events after 30 days."""
    log.info("publishing.pruned", count=feed.prune(now=timezone.now()))
