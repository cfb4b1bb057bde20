"""Exports: whom, where to, with what ticked; the run that works through them; one person again (seed 000).

An export never spends credits: it sends only contact data already found. The work on one person is
``pushing``; here is what concerns all of them.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import ClassVar

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from foundation import runs
from foundation.problems import Conflict, Invalid
from integrations import connections, links, opening, selectors, targets
from integrations.base.records import Target
from integrations.models import (
    Connection,
    ConnectionStatus,
    Export,
    ExportItem,
    ExportMode,
    ItemStatus,
    Reason,
    RemoteLink,
)
from integrations.states import RETRYABLE, check_item
from sourcing.models import Candidate, ContactKind, ContactPoint, Project
from sourcing.search import query
from sourcing.search.question import Question
from sourcing.selectors import own_or_shared, project_candidate_ids

KIND = "integrations.export"
#: Rows per statement when a large export is written down.
BATCH = 2_000
#: Of everybody a question finds at most this many are taken; a larger export names a project.
MOST_FOUND = 10_000


class NotUsable(Conflict):
    """The connection cannot take an export now: not connected, or Export is not ticked."""

    code: ClassVar[str] = "connection_not_usable"


class NothingToRetry(Conflict):
    """The person is under way or went over; there is nothing to do again."""

    code: ClassVar[str] = "nothing_to_retry"


@dataclass(frozen=True, slots=True)
class Preview:
    """What an export would do, before anything is written. ``skipped``: reason → people."""

    people: int
    going: frozenset[int]
    skipped: dict[Reason, frozenset[int]] = field(default_factory=dict)
    without_email: int = 0
    private_addresses: int = 0

    @property
    def skipped_count(self) -> int:
        """How many will not go."""
        return sum(map(len, self.skipped.values()))


def preview(
    *, viewer: User, connection: Connection, candidate_ids: Collection[int], include_exported: bool
) -> Preview:
    """Who would go, who not and why, who has no e-mail, and how many private addresses of the viewer go along.

    Ids of people who are not in the organisation fall away. Five statements for any number of people.
    """
    organisation_id = viewer.organisation_id
    found = opening.vendor_of(connection)
    types = dict(
        Candidate.objects.for_organisation(organisation_id)
        .filter(pk__in=set(candidate_ids))
        .values_list("pk", "record_type")
    )
    left = set(types)
    skipped: dict[Reason, frozenset[int]] = {}
    wrong_type = {pk for pk in left if types[pk] not in found.record_types}
    if wrong_type:
        skipped[Reason.NO_SUCH_RECORD_TYPE] = frozenset(wrong_type)
    left -= wrong_type
    if not include_exported:
        before = left & exported_before(connection, left)
        if before:
            skipped[Reason.ALREADY_EXPORTED] = frozenset(before)
        left -= before
    points = ContactPoint.objects.for_organisation(organisation_id).filter(
        own_or_shared(viewer), candidate_id__in=left
    )
    with_email = set(
        points.filter(kind=ContactKind.EMAIL).order_by().values_list("candidate_id", flat=True).distinct()
    )
    return Preview(
        people=len(types),
        going=frozenset(left),
        skipped=skipped,
        without_email=len(left - with_email),
        private_addresses=points.filter(shared=False).count(),
    )


def found_by(viewer: User, question: Question) -> frozenset[int]:
    """Whom *Select all* of the people list means: the first :data:`MOST_FOUND` the question finds."""
    return frozenset(islice(query.candidate_ids(viewer=viewer, question=question), MOST_FOUND))


def exported_before(connection: Connection, candidate_ids: Collection[int]) -> set[int]:
    """Who of these people was exported to this connection, for any target (docs/behaviour.md §7)."""
    rows = RemoteLink.objects.for_organisation(connection.organisation_id).filter(
        connection=connection, candidate_id__in=candidate_ids, exported_at__isnull=False
    )
    return set(rows.values_list("candidate_id", flat=True))


def start(
    *,
    actor: User,
    connection: Connection,
    mode: ExportMode,
    target_id: str,
    request_key: uuid.UUID,
    project: Project | None = None,
    candidate_ids: Iterable[int] | None = None,
    include_exported: bool = False,
    dummy_addresses: bool = False,
    dry_run: bool = False,
) -> Export:
    """Begin an export of a whole project, or of the people named; a ``dry_run`` says only what would change there.

    ``request_key`` is the dialogue's own: a second click with the same one returns the first export and does
    nothing. The target is asked for at the vendor first. Raises NotUsable, Invalid (no target, nobody to send)
    and the connector's errors.
    """
    known = _with_key(actor, request_key)
    if known is not None:
        return known
    if connection.status != ConnectionStatus.CONNECTED or connections.EXPORT not in connection.capabilities:
        raise NotUsable("This connection cannot take an export now. Look at it under Integrations.")
    target = targets.pick(viewer=actor, connection=connection, mode=mode, target_id=target_id)
    if candidate_ids is None:
        if project is None:
            raise Invalid("Say whom to export.", fields={"candidates": "Name a project or people."})
        candidate_ids = project_candidate_ids(actor, project)
    plan = preview(
        viewer=actor,
        connection=connection,
        candidate_ids=set(candidate_ids),
        include_exported=include_exported,
    )
    if not plan.people:
        raise Invalid("There is nobody to export.", fields={"candidates": "There is nobody to export."})
    export = Export(
        organisation=actor.organisation,
        connection=connection,
        project=project,
        mode=mode,
        target_id=target.external_id,
        target_name=target.name[:300],
        include_exported=include_exported,
        dummy_addresses=dummy_addresses,
        dry_run=dry_run,
        request_key=request_key,
        created_by=actor,
    )
    try:
        return _write_down(export, plan, target)
    except IntegrityError:
        known = _with_key(actor, request_key)
        if known is None:
            raise
        return known


@transaction.atomic
def _write_down(export: Export, plan: Preview, target: Target) -> Export:
    """The export, its people and its run; those who will not go have ended already."""
    export.save()
    reasons = {pk: reason for reason, people in plan.skipped.items() for pk in people}
    now = timezone.now()
    ExportItem.objects.bulk_create(
        [
            ExportItem(
                organisation_id=export.organisation_id,
                export=export,
                connection_id=export.connection_id,
                candidate_id=pk,
                status=ItemStatus.SKIPPED if pk in reasons else ItemStatus.QUEUED,
                reason_code=reasons.get(pk, Reason.NONE),
                reason=reasons[pk].label.capitalize() + "." if pk in reasons else "",
                settled_at=now if pk in reasons else None,
            )
            for pk in sorted([*plan.going, *reasons])
        ],
        batch_size=BATCH,
    )
    export.run = runs.start(
        kind=KIND,
        organisation=export.created_by.organisation,
        actor=export.created_by,
        title=f"{'Dry run: export' if export.dry_run else 'Export'} to {export.connection.label}: {target.name}",
        subject=f"project:{export.project_id}" if export.project_id else f"export:{export.pk}",
        total=len(plan.going),
        params={"export_id": export.pk},
    )
    export.save(update_fields=["run"])
    return export


def retry(*, actor: User, item: ExportItem) -> Export:
    """Send one skipped or failed person again, alone: a run of its own works on it.

    A person who was skipped because they had been exported before goes all the same: that is what was asked
    for. Raises NothingToRetry, NotUsable.
    """
    with transaction.atomic():
        export = _locked(actor, item.export)
        row = selectors.export_items(actor, export).select_for_update(of=("self",)).get(pk=item.pk)
        if row.status not in RETRYABLE:
            raise NothingToRetry("There is nothing to retry for this person.")
        if row.reason_code == Reason.UNSEARCHABLE:
            links.forget_create(item.connection, item.candidate)
        check_item(row.status, ItemStatus.QUEUED)
        row.again = row.reason_code == Reason.ALREADY_EXPORTED or row.again
        row.save(update_fields=["again"])
        _queue_again(actor, export, selectors.export_items(actor, export).filter(pk=row.pk))
    return export


def retry_failed(*, actor: User, export: Export) -> Export:
    """Send all who failed again, but for those who may have arrived: somebody has to look there first (seed 000).

    Raises NothingToRetry, NotUsable.
    """
    check_item(ItemStatus.FAILED, ItemStatus.QUEUED)
    with transaction.atomic():
        export = _locked(actor, export)
        if not _queue_again(actor, export, selectors.failed_for_sure(actor, export)):
            raise NothingToRetry("Nobody failed whom a retry could help.")
    return export


def _locked(actor: User, export: Export) -> Export:
    """The export, about to be gone on with."""
    if export.connection.status != ConnectionStatus.CONNECTED:
        raise NotUsable("Reconnect first; then retry.")
    return Export.objects.for_organisation(actor.organisation_id).select_for_update().get(pk=export.pk)


def _queue_again(actor: User, export: Export, items: QuerySet[ExportItem]) -> int:
    """Put them back in the queue, and begin a run where none is under way; how many."""
    count = items.order_by().update(
        status=ItemStatus.QUEUED, reason_code=Reason.NONE, reason="", attempts=0, settled_at=None
    )
    if count and (export.run is None or export.run.ended):
        export.run = runs.start(
            kind=KIND,
            organisation=actor.organisation,
            actor=actor,
            title=export.run.title if export.run else f"Export: {export.target_name}",
            subject=export.run.subject if export.run else f"export:{export.pk}",
            total=count,
            params={"export_id": export.pk},
        )
        export.save(update_fields=["run"])
    return count


def cancel(*, actor: User, export: Export) -> None:
    """Stop after the person under way; everybody still waiting is skipped. Raises Conflict when it has ended."""
    if export.run_id is None:
        raise Conflict("It has ended already.")
    runs.cancel(run_id=export.run_id, actor=actor)


def close_queue(export: Export, *, reason: Reason) -> int:
    """End every item nobody has begun; those under way settle by themselves."""
    check_item(ItemStatus.QUEUED, ItemStatus.SKIPPED)
    return (
        ExportItem.objects.for_organisation(export.organisation_id)
        .filter(export=export, status=ItemStatus.QUEUED)
        .update(
            status=ItemStatus.SKIPPED,
            reason_code=reason,
            reason=reason.label.capitalize() + ".",
            settled_at=timezone.now(),
        )
    )


def _with_key(actor: User, request_key: uuid.UUID) -> Export | None:
    return selectors.exports(actor).filter(request_key=request_key).first()
