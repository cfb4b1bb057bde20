"""Rows by the million for the benches of outreach: INSERT … SELECT over ``generate_series``. Imported under Django.

What a bench does not say gets the model's own default, so a new column breaks no bench. While a table is filled its
indexes are away and neither triggers nor foreign keys are looked at; afterwards it is as it was, and analysed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.db.models import Model
from django.db.models.fields import NOT_PROVIDED, Field


def fill(model: type[Model], rows: str, **columns: str) -> int:
    """Insert what ``SELECT … FROM rows`` gives: SQL per column, over whatever ``rows`` names. How many there were."""
    names, expressions, values = [], [], list[Any]()
    known = {field.column for field in model._meta.concrete_fields}
    if unknown := set(columns) - known:
        raise ValueError(f"{model.__name__} has no {', '.join(sorted(unknown))}")
    for field in model._meta.concrete_fields:
        assert field.column is not None
        if field.column in columns:
            names.append(field.column)
            expressions.append(columns[field.column].replace("%", "%%"))
        elif not field.primary_key and field.db_default is NOT_PROVIDED:
            names.append(field.column)
            expression, value = _default(field)
            expressions.append(expression)
            values += value
    sql = (
        f"INSERT INTO {model._meta.db_table} ({', '.join(f'{chr(34)}{name}{chr(34)}' for name in names)})"  # noqa: S608 - ours
        f" SELECT {', '.join(expressions)} FROM {rows.replace('%', '%%')}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)


def _default(field: Field[Any, Any]) -> tuple[str, list[Any]]:
    """The SQL and its value for a column nobody named."""
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return "now()", []
    if not field.has_default() and field.null:
        return "NULL", []
    value = field.get_db_prep_save(field.get_default(), connection)
    return f"%s::{field.db_type(connection)}", [value]


@contextlib.contextmanager
def in_bulk(*models: type[Model]) -> Iterator[None]:
    """Around ``fill``s: the tables' own indexes are made anew at the end, keys stay."""
    tables = [model._meta.db_table for model in models]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
             WHERE indrelid = ANY(%s::regclass[]) AND NOT indisprimary
               AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
             ORDER BY indexrelid
            """,
            [tables],
        )
        indexes = cursor.fetchall()
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET maintenance_work_mem = '512MB'")
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
        yield
        for _, definition in indexes:
            cursor.execute(definition)
        cursor.execute("RESET maintenance_work_mem")
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("RESET statement_timeout")
        for table in tables:
            cursor.execute(f"VACUUM (ANALYZE) {table}")


def next_id(model: type[Model]) -> int:
    """An id beyond every row there is; ids given by hand begin here."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COALESCE(max(id), 0) + 1 FROM {model._meta.db_table}")  # noqa: S608 - ours
        return int(cursor.fetchone()[0])


def ids_taken(model: type[Model]) -> None:
    """After rows with ids of their own: the table's counter goes on behind them."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"  # noqa: S608 - ours
        )
