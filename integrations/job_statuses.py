"""Job status whitelist: only jobs in these statuses are offered (seed 001, "General Settings")."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from django.db import transaction

from accounts.models import User
from foundation.problems import Invalid
from integrations import kept_answers, opening
from integrations.base.records import Capability, Option
from integrations.models import Connection

KEPT_SECONDS = 60


def offered(connection: Connection, *, fresh: bool = False) -> tuple[Option, ...]:
    """The statuses a job may have there, in the vendor's order; none where it does not tell. Kept for a minute.

    Raises the connector's errors.
    """
    if not opening.vendor_of(connection).supports(Capability.LIST_JOB_STATUSES):
        return ()
    key = f"integrations:job-statuses:{connection.pk}:{connection.account}"

    def ask() -> list[tuple[str, str]]:
        return [
            (option.id, option.label) for option in opening.open_connector(connection).list_job_statuses()
        ]

    kept = kept_answers.rows(key, ask, seconds=KEPT_SECONDS, fresh=fresh)
    return tuple(Option(id=name, label=label) for name, label in kept)


def listed(connection: Connection, *, fresh: bool = False) -> tuple[tuple[Option, bool], ...]:
    """:func:`offered`, then those chosen once that are no longer there; whether each still is. Raises as it does."""
    known = offered(connection, fresh=fresh)
    gone = sorted(set(connection.job_statuses) - {option.id for option in known})
    return (*((option, True) for option in known), *((Option(id=name, label=name), False) for name in gone))


def choose(
    *,
    actor: User | None,  # noqa: ARG001 - the trail names the actor
    connection: Connection,
    statuses: Collection[str],
    check: Callable[[Connection], None] | None = None,
) -> None:
    """Offer only jobs in ``statuses``; none named means all of them. Effective at once. ``actor`` None: the
    installation's administrators.

    ``check`` is asked with the connection locked, and may refuse by raising. One that was chosen and is no longer
    there may stay. Raises Invalid for others, and the connector's errors.
    """
    known = [option.id for option in offered(connection)]
    with transaction.atomic():
        rows = Connection.objects.for_organisation(connection.organisation_id).select_for_update()
        connection.job_statuses = rows.get(pk=connection.pk).job_statuses
        if check is not None:
            check(connection)
        _choose(connection, known, set(statuses))


def _choose(connection: Connection, known: Sequence[str], wanted: set[str]) -> None:
    strange = wanted - set(known) - set(connection.job_statuses)
    if strange:
        text = f"{opening.vendor_of(connection).display_name} has no such job status."
        raise Invalid(text, fields={"statuses": text})
    gone = [status for status in connection.job_statuses if status not in known]
    connection.job_statuses = [status for status in (*known, *gone) if status in wanted]
    connection.save(update_fields=["job_statuses"])
