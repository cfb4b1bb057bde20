"""Wake-ups: each calls one function and ends within 20 seconds."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from sourcing import mentions


@shared_task(name="sourcing.tell_mentioned", ignore_result=True)
def tell_mentioned() -> None:
    """E-mails to members named in notes."""
    mentions.tell(now=timezone.now())
