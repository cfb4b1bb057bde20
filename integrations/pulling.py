"""Reading what changed at a vendor: a run per connection, one page of the feed per step.

The place in the feed moves on only after its page was taken in, in the transaction of the run's count; a worker that
dies repeats one page, which changes nothing. It is read only where something wants it: *Bring people in*, a filterable
field, or campaigns that stop for people hired there.
"""

from __future__ import annotations

import datetime
from typing import ClassVar

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from foundation import runs
from foundation.models import RUN_ENDS, Run
from foundation.problems import Conflict
from integrations import connections, opening, receiving, setting_rows, sync_settings
from integrations.base.errors import AuthError, RateLimited
from integrations.base.records import Capability
from integrations.models import Connection, ConnectionStatus, FieldRow, Pull
from sourcing.models import RecordType

KIND = "integrations.pull"
#: How often a connection's feed is read.
EVERY = datetime.timedelta(minutes=10)


class NotPulled(Conflict):
    """The connection is not connected, or the vendor does not tell what changed."""

    code: ClassVar[str] = "connection_not_pulled"


def wanted(connection: Connection) -> bool:
    """Whether anything here uses what changes there; a feed nobody uses would only cost the account's calls."""
    if connections.PULL in connection.capabilities:
        return True
    filters = FieldRow.objects.for_organisation(connection.organisation_id).filter(
        connection=connection, filterable=True
    )
    return filters.exists() or any(
        setting_rows.resolved(
            connection,
            record_type,
            sync_settings.STOP_ON_STANDING,
            user=None,
            campaign=None,
            candidate=None,
        ).value
        for record_type in RecordType.values
    )


def start_due(*, now: datetime.datetime) -> int:
    """Begin a run for every connection whose feed was not read for :data:`EVERY`; how many."""
    rows = Connection.objects.across_organisations("the clock serves all").filter(
        Q(pull__isnull=True) | Q(pull__finished_at__isnull=True) | Q(pull__finished_at__lte=now - EVERY),
        Q(pull__run__isnull=True) | Q(pull__run__status__in=RUN_ENDS),
        status=ConnectionStatus.CONNECTED,
    )
    due = [row for row in rows.select_related("organisation").order_by("pk") if _feeds(row) and wanted(row)]
    for row in due:
        _start(row, None)
    return len(due)


def _feeds(connection: Connection) -> bool:
    return opening.vendor_of(connection).supports(Capability.PULL_CHANGES)


def unsubscribed() -> list[tuple[int, int]]:
    """(organisation, connection) whose vendor would call us and was not asked, where anything uses it."""
    rows = Connection.objects.across_organisations("the clock serves all").filter(
        Q(hook__isnull=True) | Q(hook__subscription_id=""), status=ConnectionStatus.CONNECTED
    )
    return [
        (row.organisation_id, row.pk)
        for row in rows.order_by("pk")
        if opening.vendor_of(row).supports(Capability.SUBSCRIBE) and wanted(row)
    ]


def connected(organisation_id: int, connection_id: int) -> Connection:
    """The connection a task is about. Raises DoesNotExist."""
    return Connection.objects.for_organisation(organisation_id).get(pk=connection_id)


def start(*, actor: User, connection: Connection) -> Run:
    """Read it now; the run under way, if there is one. Raises :class:`NotPulled`."""
    if connection.status != ConnectionStatus.CONNECTED or not _feeds(connection):
        raise NotPulled("What changed there cannot be read now. Look at the connection.")
    return _start(connection, actor)


def _start(connection: Connection, actor: User | None) -> Run:
    with transaction.atomic():
        Pull.objects.bulk_create(
            [Pull(organisation_id=connection.organisation_id, connection=connection)], ignore_conflicts=True
        )
        row = _rows(connection).select_for_update(of=("self",)).select_related("run").get()
        if row.run is not None and not row.run.ended:
            return row.run
        row.run = runs.start(
            kind=KIND,
            organisation=connection.organisation,
            actor=actor,
            title=f"Reading what changed in {connection.label}",
            subject=f"connection:{connection.pk}",
            params={"connection_id": connection.pk},
        )
        row.save(update_fields=["run"])
        return row.run


@runs.kind(KIND, queue="sync")
def step(run: Run) -> bool:
    """Take in one page of the feed; True while there are more. Raises the connector's errors: the run fails with
    the vendor's words, and the next one goes on from the same place."""
    connection = (
        Connection.objects.for_organisation(run.organisation_id)
        .select_related("organisation")
        .get(pk=run.params["connection_id"])
    )
    if connection.status != ConnectionStatus.CONNECTED:
        runs.finish(run, result={"summary": "The connection is not connected"})
        return False
    if connection.not_before is not None and connection.not_before > timezone.now():
        system = opening.vendor_of(connection).display_name
        runs.rest(run, until=connection.not_before, note=f"Waiting: {system} asked for a pause.")
    cursor = _rows(connection).get().cursor
    try:
        page = opening.open_connector(connection).changes(cursor=cursor)
    except RateLimited as error:
        until = timezone.now() + error.retry_after
        Connection.objects.for_organisation(run.organisation_id).filter(pk=connection.pk).update(
            not_before=until
        )
        runs.rest(run, until=until, note=str(error))
    except AuthError as error:
        connections.needs_reconnect(connection, trouble=str(error))
        raise
    counts = receiving.take(connection, page.people)
    counts["gone"] += receiving.gone(connection, page.gone)
    # A feed that says "more" and stays where it is would be read for ever.
    more = page.more and page.cursor != cursor
    _move_on(run, connection, page.cursor, counts, more=more)
    return more


def _move_on(run: Run, connection: Connection, cursor: str, counts: dict[str, int], *, more: bool) -> None:
    total = {
        name: run.result.get(name, 0) + counts.get(name, 0) for name in {*run.result, *counts} - {"summary"}
    }
    with transaction.atomic():
        # The run's row stays locked until the commit: nobody else takes it over in between.
        runs.progress(run, done=run.done + sum(counts.values()), failed=run.failed + counts.get("failed", 0))
        Run.objects.for_organisation(run.organisation_id).filter(pk=run.pk).update(result=total)
        values = {"cursor": cursor} if more else {"cursor": cursor, "finished_at": timezone.now()}
        _rows(connection).update(**values)
    run.result = total
    if not more:
        run.result = total | {"summary": _summary(total)}


def _summary(total: dict[str, int]) -> str:
    words = {"new": "new", "changed": "changed", "gone": "no longer there", "failed": "left out"}
    said = [f"{total[name]:,} {word}" for name, word in words.items() if total.get(name)]
    return ", ".join(said).capitalize() or "Nothing had changed"


def _rows(connection: Connection) -> QuerySet[Pull]:
    return Pull.objects.for_organisation(connection.organisation_id).filter(connection=connection)
