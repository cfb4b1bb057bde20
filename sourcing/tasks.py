"""Wake-ups of this room: each calls one function and ends within 20 seconds."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from sourcing.finding import ledger


@shared_task(name="sourcing.refresh_credits", ignore_result=True)
def refresh_credits() -> None:
    """The month's allowance of every organisation whose month has begun."""
    ledger.refresh_due(now=timezone.now())
