"""Wake-ups for the syncs. What they do is idempotent, so a lost or doubled one costs a query."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from integrations import pulling, syncing


@shared_task(name="integrations.sync_due", ignore_result=True)
def sync_due() -> None:
    """Send a worker to every connection with something due."""
    for organisation_id, connection_id in syncing.due(now=timezone.now()):
        sync_connection.apply_async(args=(organisation_id, connection_id), retry=False, expires=20)


@shared_task(name="integrations.sync_connection", ignore_result=True)
def sync_connection(organisation_id: int, connection_id: int) -> None:
    """Carry out what is due at one connection, for up to 20 s."""
    syncing.visit(organisation_id=organisation_id, connection_id=connection_id)


@shared_task(name="integrations.pull_due", ignore_result=True)
def pull_due() -> None:
    """Begin reading what changed where it was not read lately."""
    pulling.start_due(now=timezone.now())
