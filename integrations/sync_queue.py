"""Rows of things to do at vendors, and the wake-up for who does them."""

from __future__ import annotations

from functools import partial

from django.core.cache import cache
from django.db import transaction

from accounts.models import User
from campaigns.models import Campaign
from integrations.models import Connection, RemoteNote, SyncKind, SyncStatus, SyncTask
from sourcing.models import Candidate

#: Why a push was asked for, as people read it.
ADDED, REPLIED, INTERESTED, EDITED = "added", "replied", "interested", "edited by hand"


def push(
    connection: Connection, candidate: Candidate, *, user: User | None, campaign: Campaign | None, cause: str
) -> None:
    """The person is to be written there. One waiting already for the same campaign does it. Call in a transaction."""
    SyncTask.objects.bulk_create(
        [
            SyncTask(
                organisation_id=connection.organisation_id,
                connection=connection,
                candidate=candidate,
                record_type=candidate.record_type,
                kind=SyncKind.PUSH,
                user=user,
                campaign=campaign,
                cause=cause,
            )
        ],
        ignore_conflicts=True,
    )
    wake(connection)


def note(written: RemoteNote) -> None:
    """The note is to be written on the person's record; nothing when it waits already. Call in a transaction."""
    waiting = SyncTask.objects.for_organisation(written.organisation_id).filter(
        note=written, status__in=[SyncStatus.QUEUED, SyncStatus.CLAIMED, SyncStatus.ATTENTION]
    )
    if not waiting.exists():
        SyncTask.objects.for_organisation(written.organisation_id).create(
            organisation_id=written.organisation_id,
            connection_id=written.connection_id,
            candidate_id=written.candidate_id,
            record_type=written.record_type,
            kind=SyncKind.NOTE,
            note=written,
            user_id=written.user_id,
            campaign_id=written.campaign_id,
            cause=written.kind,
        )
    wake(written.connection)


def wake(connection: Connection) -> None:
    """Tell a worker once this is committed; lost, it costs only the time until beat looks."""
    transaction.on_commit(partial(_wake, connection.organisation_id, connection.pk), robust=True)


def _wake(organisation_id: int, connection_id: int) -> None:
    from integrations.tasks import sync_connection  # noqa: PLC0415 - tasks import the engine

    # A burst of news is one wake-up; the worker forgets it before it looks.
    if cache.add(woken(connection_id), 1, timeout=5):
        sync_connection.apply_async(args=(organisation_id, connection_id), retry=False)


def woken(connection_id: int) -> str:
    """The cache key of a wake-up nobody has followed yet."""
    return f"integrations:sync:woken:{connection_id}"
