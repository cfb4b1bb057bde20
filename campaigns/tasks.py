"""Wake-ups for campaigns. What they do is idempotent, so a lost or doubled one costs a query."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from campaigns import break_notices, folding, lifecycle, reactions


@shared_task(name="campaigns.tick", ignore_result=True)
def tick() -> None:
    """What the clock does: the grace ends, pauses and absences end."""
    now = timezone.now()
    lifecycle.end_of_grace(now=now)
    lifecycle.resume_due(now=now)
    reactions.end_of_absence(now=now)


@shared_task(name="campaigns.sweep", ignore_result=True)
def sweep() -> None:
    """Fold what a lost wake-up left behind, and complete what nobody completed."""
    folding.sweep()
    lifecycle.complete_finished()


@shared_task(name="campaigns.tell_broken", ignore_result=True)
def tell_broken() -> None:
    """E-mails about mailboxes that broke."""
    break_notices.tell(now=timezone.now())
