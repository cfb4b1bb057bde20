"""What a person did to a row of a table that workers change by the million, told to the audit trail.

No trigger stands on such a table (``accounts.audit``): it would tell of every step of the machine. The operation that
carries out the act tells it instead, in its own transaction and in the form in which a trigger would.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.contrib.postgres.functions import TransactionNow
from django.db.models import Func, Value
from django.db.models.functions import Coalesce

from accounts.models import AuditEntry, User
from foundation import transactions
from foundation.tenancy import TenantModel

#: Old and new value of a column whose change is told and whose value is not.
UNSAID = ("***", "***")

_REQUEST = Coalesce(
    Func(Value("beckon.request_id"), Value(True), function="current_setting"),  # noqa: FBT003 - SQL's own argument
    Value(""),
)


@contextmanager
def told(
    row: TenantModel, *, actor: User | None, columns: Collection[str], unsaid: Collection[str] = ()
) -> Iterator[None]:
    """What the code inside changes of these columns of ``row`` is an act of the actor's, told when it is done.

    ``unsaid``: columns whose values are a person's own, which an erasure must find nowhere. Nothing is told of what
    fails, changes nothing, or has no actor.
    """
    before = {name: getattr(row, name) for name in (*columns, *unsaid)}
    yield
    changed = {name: (was, getattr(row, name)) for name, was in before.items() if was != getattr(row, name)}
    tell(row, actor=actor, changes={**changed, **dict.fromkeys(changed.keys() & set(unsaid), UNSAID)})


def tell(row: TenantModel, *, actor: User | None, changes: Mapping[str, tuple[Any, Any]]) -> None:
    """One entry: ``{column: (old, new)}`` of ``row``, by the actor. Nothing without changes or without an actor."""
    if actor is None or not changes:
        return
    AuditEntry.objects.create(
        organisation_id=row.organisation_id,
        at=TransactionNow(),
        table=row._meta.db_table,
        row=row.pk,
        action="update",
        actor_id=actor.pk,
        actor_name=transactions.who(actor, "")["beckon.actor_name"],
        request_id=_REQUEST,
        changes={name: list(values) for name, values in changes.items()},
    )
