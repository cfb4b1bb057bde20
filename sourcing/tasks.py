"""Wake-ups of sourcing; each calls one function."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from sourcing import bulk


@shared_task(name="sourcing.prune_bulk_items")
def prune_bulk_items() -> int:
    """Forget whom bulk runs were about that can no longer be undone."""
    return bulk.prune(now=timezone.now())
