"""Which remote record is which of our people: the link row and the mark that follows from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from django.db import transaction
from django.db.models.functions import Now

from integrations import registry
from integrations.base.records import PushResult, RemotePerson
from integrations.models import Connection, ExportItem, RemoteLink
from integrations.states import EXPORTED, LinkState
from sourcing.models import Candidate
from sourcing.search import facts


def of(connection: Connection, candidate: Candidate) -> RemoteLink | None:
    """The person's link at this connection, whatever its state, as the record type they have now."""
    return (
        RemoteLink.objects.for_organisation(connection.organisation_id)
        .filter(connection=connection, candidate=candidate, record_type=candidate.record_type)
        .first()
    )


def sure(connection: Connection, candidate: Candidate) -> RemoteLink | None:
    """The link of a person whose record there is known, else None."""
    link = of(connection, candidate)
    return link if link is not None and is_sure(link) else None


def is_sure(link: RemoteLink) -> bool:
    """Whether the link says which record there is the person's."""
    return link.state == LinkState.LINKED and bool(link.remote_id)


#: What a create that is about to be asked for writes on the link.
_CREATING = ("state", "creating_since", "creating_target", "look_alikes")


def begin_create(
    connection: Connection,
    candidate: Candidate,
    *,
    known: RemoteLink | None,
    target: str,
    look_alikes: Collection[str] = (),
) -> RemoteLink:
    """Write down that a create is about to be asked for. Call inside a transaction that holds the item's claim.

    ``known`` is the person's link as :func:`of` gave it under that claim. One that had lost its record is used again;
    ``remote_id`` stays until the new one is known. ``look_alikes`` are records seen before a create that was not to be
    merged: found after a crash, they are not ours.
    """
    if known is None:
        # One statement; somebody who linked the person meanwhile keeps what they know of the record.
        known = RemoteLink(
            organisation_id=connection.organisation_id,
            connection=connection,
            candidate=candidate,
            record_type=candidate.record_type,
        )
        _creating(known, target, look_alikes)
        RemoteLink.objects.for_organisation(connection.organisation_id).bulk_create(
            [known],
            update_conflicts=True,
            unique_fields=["connection", "candidate", "record_type"],
            update_fields=list(_CREATING),
        )
        return known
    _creating(known, target, look_alikes)
    known.save(update_fields=list(_CREATING))
    return known


def _creating(link: RemoteLink, target: str, look_alikes: Collection[str]) -> None:
    link.state, link.creating_since = LinkState.CREATING, Now()
    link.creating_target, link.look_alikes = target, list(look_alikes)


def undo_create(link: RemoteLink) -> None:
    """The vendor certainly did not create: back to what was known before."""
    rows = RemoteLink.objects.for_organisation(link.organisation_id).filter(
        pk=link.pk, state=LinkState.CREATING
    )
    rows.filter(remote_id="").delete()
    rows.update(state=LinkState.LINKED, creating_since=None, creating_target="")


def record(
    connection: Connection,
    candidate: Candidate,
    result: PushResult,
    *,
    digests: Mapping[str, str],
    made_by_us: bool,
    exported: bool,
) -> None:
    """The vendor confirmed ``result``: link it. Call inside the transaction of the work it belongs to.

    ``digests`` are those of what was written. ``exported`` marks the person "exported to …": a sync link alone is no
    export (docs/behaviour.md §7). Another id than the linked one is a second record; the first stays the link and
    both are kept.
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
    if _url(result.url) and link.remote_id == result.external_id:
        link.remote_url = _url(result.url)
    link.state = LinkState.LINKED
    link.creating_since = None
    link.creating_target = ""
    link.written = {**link.written, **digests}
    if exported:
        link.exported_at = Now()
    link.save()
    if exported:
        _tell_search(connection, candidate, [registry.connector_class(connection.vendor).display_name])


def found(connection: Connection, people: Iterable[tuple[Candidate, RemotePerson]]) -> None:
    """The vendor told of people nobody here had: link them, who were made a moment ago. In their transaction."""
    RemoteLink.objects.for_organisation(connection.organisation_id).bulk_create(
        [
            RemoteLink(
                organisation_id=connection.organisation_id,
                connection=connection,
                candidate=candidate,
                record_type=candidate.record_type,
                remote_id=remote.external_id,
                remote_url=_url(remote.url),
                state=LinkState.LINKED,
            )
            for candidate, remote in people
        ]
    )


def _url(told: str) -> str:
    """An address a browser may be led to, or nothing."""
    return told[:500] if told.startswith(("https://", "http://")) else ""


def gone(link: RemoteLink) -> None:
    """The vendor says there is no such record any more: mark, link and what its fields said as filters are cleared
    (docs/behaviour.md §7)."""
    with transaction.atomic():
        RemoteLink.objects.for_organisation(link.organisation_id).filter(pk=link.pk).update(
            state=LinkState.GONE, remote_id="", remote_url="", exported_at=None, written={}
        )
        facts.forget(link.candidate_id, f"ats:{link.connection_id}")


def removed(connection: Connection, candidate: Candidate) -> None:
    """We removed our own record there: the link has nothing to point at. In the caller's transaction."""
    RemoteLink.objects.for_organisation(connection.organisation_id).filter(
        connection=connection, candidate=candidate, record_type=candidate.record_type
    ).update(state=LinkState.GONE, remote_id="", remote_url="", written={})


def unmark(connection: Connection, candidate: Candidate) -> None:
    """An export of the person was taken back: "exported" hangs on what is left. In the caller's transaction."""
    left = ExportItem.objects.for_organisation(connection.organisation_id).filter(
        connection=connection,
        candidate=candidate,
        status__in=EXPORTED,
        undone_at__isnull=True,
        export__dry_run=False,
    )
    last = left.order_by("-settled_at").values_list("settled_at", flat=True).first()
    RemoteLink.objects.for_organisation(connection.organisation_id).filter(
        connection=connection, candidate=candidate
    ).update(exported_at=last)
    if last is None:
        _tell_search(connection, candidate, [])


def forget_create(connection: Connection, candidate: Candidate) -> None:
    """A person looked there and asks to send again: the unconfirmed create no longer holds the item."""
    link = of(connection, candidate)
    if link is not None and link.state == LinkState.CREATING:
        undo_create(link)


def _tell_search(connection: Connection, candidate: Candidate, values: list[str]) -> None:
    facts.set([candidate.pk], f"ats:{connection.pk}", "exported", values)
