"""Which remote record is which of our people: the link row and the mark that follows from it."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now

from integrations import registry
from integrations.base.records import PushResult
from integrations.models import Connection, RemoteLink
from integrations.states import LinkState
from sourcing.models import Candidate
from sourcing.search import facts


def of(connection: Connection, candidate: Candidate) -> RemoteLink | None:
    """The person's link at this connection, whatever its state, as the record type they have now."""
    return (
        RemoteLink.objects.for_organisation(connection.organisation_id)
        .filter(connection=connection, candidate=candidate, record_type=candidate.record_type)
        .first()
    )


def begin_create(connection: Connection, candidate: Candidate, *, target: str) -> RemoteLink:
    """Write down that a create is about to be asked for. Call inside a transaction that holds the item's claim.

    A link that had lost its record is used again; ``remote_id`` stays until the new one is known.
    """
    link, _ = RemoteLink.unguarded.update_or_create(
        organisation_id=connection.organisation_id,
        connection=connection,
        candidate=candidate,
        record_type=candidate.record_type,
        defaults={"state": LinkState.CREATING, "creating_since": Now(), "creating_target": target},
    )
    return link


def undo_create(link: RemoteLink) -> None:
    """The vendor certainly did not create: back to what was known before."""
    rows = RemoteLink.objects.for_organisation(link.organisation_id).filter(
        pk=link.pk, state=LinkState.CREATING
    )
    if not link.remote_id:
        rows.delete()
        return
    rows.update(state=LinkState.LINKED, creating_since=None, creating_target="")


def record(
    connection: Connection, candidate: Candidate, result: PushResult, *, history: str, made_by_us: bool
) -> None:
    """The vendor confirmed ``result``: link it and mark the person exported. Call inside the item's transaction.

    Another id than the linked one is a second record; the first stays the link and both are kept.
    """
    link = of(connection, candidate) or RemoteLink(
        organisation_id=connection.organisation_id,
        connection=connection,
        candidate=candidate,
        record_type=candidate.record_type,
    )
    if not link.remote_id:
        link.remote_id = result.external_id
        link.created_by_us = made_by_us
    elif link.remote_id != result.external_id and result.external_id not in link.other_remote_ids:
        link.other_remote_ids = [*link.other_remote_ids, result.external_id]
    if result.url.startswith(("https://", "http://")) and link.remote_id == result.external_id:
        link.remote_url = result.url[:500]
    link.state = LinkState.LINKED
    link.creating_since = None
    link.creating_target = ""
    link.history_digest = history
    link.exported_at = Now()
    link.save()
    _tell_search(connection, candidate, [registry.connector_class(connection.vendor).display_name])


def gone(link: RemoteLink) -> None:
    """The vendor says there is no such record any more: mark and link are cleared (docs/behaviour.md §7)."""
    with transaction.atomic():
        RemoteLink.objects.for_organisation(link.organisation_id).filter(pk=link.pk).update(
            state=LinkState.GONE, remote_id="", remote_url="", exported_at=None, history_digest=""
        )
        _tell_search(link.connection, link.candidate, [])


def forget_create(connection: Connection, candidate: Candidate) -> None:
    """A person looked there and asks to send again: the unconfirmed create no longer holds the item."""
    link = of(connection, candidate)
    if link is not None and link.state == LinkState.CREATING:
        undo_create(link)


def _tell_search(connection: Connection, candidate: Candidate, values: list[str]) -> None:
    facts.set([candidate.pk], f"ats:{connection.pk}", "exported", values)
