"""*Displayed Company info* and *Displayed Company Warning*: what is shown of companies there (seed 003)."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction

from accounts.models import User
from foundation.problems import Invalid
from integrations import kept_answers, opening
from integrations.base.records import Capability, Option
from integrations.models import Connection

KEPT_SECONDS = 600


def offered(connection: Connection, *, fresh: bool = False) -> tuple[Option, ...]:
    """What a company there may say of itself; nothing where the vendor has no companies. Kept for ten minutes.

    Raises the connector's errors.
    """
    if not opening.vendor_of(connection).supports(Capability.LIST_COMPANY_FIELDS):
        return ()
    key = f"integrations:company-fields:{connection.pk}:{connection.account}"

    def ask() -> list[tuple[str, str]]:
        return [
            (option.id, option.label) for option in opening.open_connector(connection).list_company_fields()
        ]

    kept = kept_answers.rows(key, ask, seconds=KEPT_SECONDS, fresh=fresh)
    return tuple(Option(id=name, label=label) for name, label in kept)


def choose(
    *,
    actor: User,  # noqa: ARG001 - the trail names the actor
    connection: Connection,
    info: str,
    warning: str,
    check: Callable[[Connection], None] | None = None,
) -> None:
    """Show these of every company; empty shows no warning, and of the information all there is. Effective at once.

    ``check`` is asked with the connection locked, and may refuse by raising. One that was chosen and is no longer there
    may stay. Raises Invalid for others, and the connector's errors.
    """
    known = {option.id for option in offered(connection)}
    with transaction.atomic():
        rows = Connection.objects.for_organisation(connection.organisation_id).select_for_update()
        present = rows.get(pk=connection.pk)
        connection.company_info, connection.company_warning = present.company_info, present.company_warning
        if check is not None:
            check(connection)
        _choose(connection, known, info, warning)


def _choose(connection: Connection, known: set[str], info: str, warning: str) -> None:
    wrong = {
        name: "Choose one of those offered."
        for name, value in (("info", info), ("warning", warning))
        if value and value not in known | {getattr(connection, f"company_{name}")}
    }
    if wrong:
        system = connection.label
        raise Invalid(f"Companies in {system} have no such field.", fields=wrong)
    connection.company_info, connection.company_warning = info, warning
    connection.save(update_fields=["company_info", "company_warning"])
