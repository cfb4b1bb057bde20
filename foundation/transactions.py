"""What holds inside one database transaction: are we in one, and which settings does it carry.

Poolers forbid session state, so a setting (who acts, how long a statement may take) is set by
``set_config(…, true)``: PostgreSQL forgets it when the transaction ends. :func:`settings_for_each_transaction`
says which settings the code inside wants; an execute wrapper on every connection sends them in one message with the
first statement of each transaction. In autocommit, where each statement is its own transaction, that message
is the transaction: ``SELECT set_config(…); UPDATE …`` commits or fails as one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg2.extensions import TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_INERROR

#: Name → value, or a function giving more of them, asked when a transaction begins.
Source = Callable[[], Mapping[str, str]]

_sources: ContextVar[tuple[Source, ...]] = ContextVar("beckon_transaction_settings", default=())
_asking: ContextVar[bool] = ContextVar("beckon_transaction_settings_asking", default=False)

#: Statements that may carry a prefix; all others (SAVEPOINT, SET, VACUUM …) cannot or need not.
_CARRIES = re.compile(
    r"\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*\(?\s*(select|insert|update|delete|merge|with)\b", re.I | re.S
)


def inside(using: str = DEFAULT_DB_ALIAS) -> bool:
    """True inside ``transaction.atomic``. The atomic that a test case wraps around a test does not count."""
    blocks = transaction.get_connection(using).atomic_blocks
    return any(not block._from_testcase for block in blocks)  # noqa: SLF001 - Django marks its tests' own transactions so


@contextmanager
def settings_for_each_transaction(source: Source) -> Iterator[None]:
    """Every transaction begun inside, on any connection of this thread, carries what ``source()`` returns."""
    token = _sources.set((*_sources.get(), source))
    try:
        yield
    finally:
        _sources.reset(token)


def who(actor: Any, request_id: str) -> Mapping[str, str]:
    """The settings that tell the audit triggers who acts; the name goes along as text, to outlive the user."""
    if actor is None or not getattr(actor, "pk", None):
        return {"beckon.request_id": request_id} if request_id else {}
    return {
        "beckon.actor_id": str(actor.pk),
        "beckon.actor_name": f"{actor.name} <{actor.email}>"[:300],
        "beckon.request_id": request_id,
    }


def system(name: str) -> Mapping[str, str]:
    """As :func:`who` for what the product does by itself; ``name`` is the task's, "outreach.sweep"."""
    return {"beckon.actor_name": f"Beckon: {name}"[:300]}


@contextmanager
def without_statement_timeout() -> Iterator[None]:
    """For runs: their statements may take as long as they need (docs/architecture.md, "Ground rules")."""
    with settings_for_each_transaction(lambda: {"statement_timeout": "0"}):
        yield


def _wanted() -> tuple[tuple[str, str], ...]:
    sources = _sources.get()
    if not sources or _asking.get():
        return ()
    token = _asking.set(True)  # a source may query (request.user); that query carries no settings
    try:
        merged: dict[str, str] = {}
        for source in sources:
            merged.update(source())
    finally:
        _asking.reset(token)
    return tuple(sorted(merged.items()))


class _Carrier:
    """The execute wrapper of one connection; remembers what the running transaction already carries."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self.carried: tuple[tuple[str, str], ...] = ()

    def __call__(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        driver = self.connection.connection
        status = driver.info.transaction_status if driver is not None else TRANSACTION_STATUS_IDLE
        if status == TRANSACTION_STATUS_IDLE:
            self.carried = ()
        if status == TRANSACTION_STATUS_INERROR or not isinstance(sql, str) or not _CARRIES.match(sql):
            return execute(sql, params, many, context)
        wanted = _wanted()
        if wanted == self.carried:
            return execute(sql, params, many, context)
        # A setting that is carried and no longer wanted goes back to what it was before the transaction: "".
        # (statement_timeout is never dropped inside a transaction: runs open and close it around theirs.)
        names = dict(wanted)
        for name, _ in self.carried:
            if name.startswith("beckon."):
                names.setdefault(name, "")
        if not names:
            return execute(sql, params, many, context)
        cursor = context["cursor"].cursor
        call = "SELECT " + ", ".join(["set_config(%s, %s, true)"] * len(names))
        values = [part for pair in sorted(names.items()) for part in pair]
        if getattr(cursor, "name", None):
            # A named cursor holds exactly one statement: send ours on its own (it lasts only inside a transaction).
            with driver.cursor() as plain:
                plain.execute(call, values)
        else:
            prefix = cursor.mogrify(call, values).decode()
            sql = f"{prefix if params is None else prefix.replace('%', '%%')}; {sql}"
        # Inside a savepoint a rollback would take the settings back, so only the outermost level is remembered.
        if self.connection.in_atomic_block and not self.connection.savepoint_ids:
            self.carried = wanted
        return execute(sql, params, many, context)


def install(connection: BaseDatabaseWrapper, **_signal: Any) -> None:
    """Receiver of ``connection_created``: one carrier per connection object, also after a reconnect."""
    if not any(isinstance(wrapper, _Carrier) for wrapper in connection.execute_wrappers):
        connection.execute_wrappers.append(_Carrier(connection))
