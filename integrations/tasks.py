"""Wake-ups for the syncs. What they do is idempotent, so a lost or doubled one costs a query."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from integrations import pulling, syncing, undoing, webhook_calls, webhooks


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
    """Begin reading what changed where it was not read lately, and ask vendors to tell it themselves."""
    pulling.start_due(now=timezone.now())
    for organisation_id, connection_id in pulling.unsubscribed():
        subscribe_connection.apply_async(args=(organisation_id, connection_id), retry=False, expires=60)


@shared_task(name="integrations.subscribe_connection", ignore_result=True)
def subscribe_connection(organisation_id: int, connection_id: int) -> None:
    """Ask one vendor to call us."""
    webhooks.subscribe(pulling.connected(organisation_id, connection_id))


@shared_task(name="integrations.webhooks_due", ignore_result=True)
def webhooks_due() -> None:
    """Follow what lost wake-ups left, and forget old deliveries."""
    for organisation_id, connection_id in webhook_calls.due(now=timezone.now()):
        follow_webhooks.apply_async(args=(organisation_id, connection_id), retry=False, expires=20)
    webhook_calls.prune(now=timezone.now())


@shared_task(name="integrations.follow_webhooks", ignore_result=True)
def follow_webhooks(organisation_id: int, connection_id: int) -> None:
    """Read again whom the waiting deliveries of one connection name, for up to 20 s."""
    webhook_calls.follow(organisation_id=organisation_id, connection_id=connection_id)


@shared_task(name="integrations.forget_before", ignore_result=True)
def forget_before() -> None:
    """Drop what exports overwrote once it can no longer be restored."""
    undoing.forget(now=timezone.now())
