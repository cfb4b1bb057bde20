"""Handing one person's rows to another so that it can be taken back: what ``person_data.move`` is written with.

A :class:`Journal` does the writing and remembers it as JSON. :func:`take_back` reads it again, perhaps months later: it
restores what is still as the merge left it, leaves alone what somebody changed since, and says what it left alone.
Rows are kept as the database sees them (``to_jsonb``), so tables and columns that come later need nothing here.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Exists, F, ForeignKey, Model, OuterRef, Q, Subquery, UniqueConstraint
from django.db.models.lookups import IsNull

_Row = dict[str, Any]


@dataclass
class Journal:
    """What was done to whose rows, in the order in which it is undone: see :func:`take_back`."""

    added: list[tuple[str, list[int]]] = field(default_factory=list)
    dropped: list[tuple[str, list[_Row]]] = field(default_factory=list)
    moved: list[tuple[str, str, list[int], int, int]] = field(default_factory=list)
    changed: list[tuple[str, int, dict[str, list[Any]]]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """For ``PersonMerge.record``."""
        return {
            "added": self.added,
            "dropped": self.dropped,
            "moved": self.moved,
            "changed": self.changed,
        }

    def hand_over(self, model: type[Model], name: str, *, source: int, target: int) -> dict[int, int]:
        """Point all rows of ``source`` at ``target``; ``name`` is the foreign key.

        A row that would repeat one of the target's (any unique constraint) is dropped, and what hangs on it hangs on
        the target's row then. Returns ``{dropped: kept}``.
        """
        attname = _column(model, name).attname
        twins = collisions(model, name, source=source, target=target)
        self._rehang(model, twins)
        self.drop(model, twins)
        ids = model._base_manager.filter(**{attname: source}).order_by("pk").values_list("pk", flat=True)
        self.repoint(model, name, list(ids), source=source, target=target)
        return twins

    def repoint(self, model: type[Model], name: str, ids: list[int], *, source: int, target: int) -> None:
        """Point these rows' foreign key ``name`` from ``source`` to ``target``."""
        if not ids:
            return
        attname = _column(model, name).attname
        model._base_manager.filter(pk__in=ids).update(**{attname: target})
        self.moved.append((model._meta.label, name, ids, source, target))

    def drop(self, model: type[Model], ids: Collection[int]) -> None:
        """Delete rows and keep what they said. Nothing may hang on them any more; the database would refuse."""
        if not ids:
            return
        rows = list(_rows(model, ids).values())
        with connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {_table(model)} WHERE id = ANY(%s)",  # noqa: S608 - a table of ours
                [list(ids)],
            )
        self.dropped.append((model._meta.label, rows))

    def made(self, model: type[Model], ids: Collection[int]) -> None:
        """The merge made these rows: undoing deletes them."""
        if ids:
            self.added.append((model._meta.label, sorted(ids)))

    @contextmanager
    def watching(self, model: type[Model], ids: Collection[int]) -> Iterator[None]:
        """Remember which columns of these rows the code inside changes, whoever writes them."""
        before = _rows(model, ids)
        yield
        for pk, row in _rows(model, ids).items():
            columns = {
                name: [before[pk].get(name), value]
                for name, value in row.items()
                if before[pk].get(name) != value
            }
            if columns:
                self.changed.append((model._meta.label, pk, columns))

    def _rehang(self, model: type[Model], twins: Mapping[int, int]) -> None:
        """Rows of other tables that point at a row about to be dropped point at its twin."""
        if not twins:
            return
        for relation in model._meta.related_objects:
            column = relation.field
            if not isinstance(column, ForeignKey):
                continue
            pointing = relation.related_model._base_manager.filter(**{f"{column.name}__in": list(twins)})
            for pk, dropped in pointing.order_by("pk").values_list("pk", column.attname):
                self.repoint(relation.related_model, column.name, [pk], source=dropped, target=twins[dropped])


def collisions(model: type[Model], name: str, *, source: int, target: int) -> dict[int, int]:
    """``{row of source: row of target}`` that say the same by a unique constraint of which ``name`` is a part."""
    attname = _column(model, name).attname
    found: dict[int, int] = {}
    for terms, condition, nulls_too in _uniques(model, name):
        equal = Q(*(_equal(alias, nulls_too=nulls_too) for alias in terms))
        theirs = model._base_manager.filter(condition, **{attname: target}).annotate(**terms).filter(equal)
        mine = model._base_manager.filter(condition, **{attname: source}).annotate(**terms)
        mine = mine.annotate(twin=Subquery(theirs.values("pk")[:1]))
        for pk, twin in mine.exclude(twin=None).order_by("pk").values_list("pk", "twin"):
            found.setdefault(pk, twin)
    return found


def _equal(alias: str, *, nulls_too: bool) -> Q:
    """That a term is the same in both rows; ``nulls_too``: two empty ones are the same."""
    same = Q(**{alias: OuterRef(alias)})
    return same | Q(IsNull(F(alias), rhs=True), IsNull(OuterRef(alias), rhs=True)) if nulls_too else same


def _uniques(model: type[Model], name: str) -> Iterator[tuple[dict[str, Any], Q, bool]]:
    """What else must be equal, by alias, where, and whether empty equals empty, for each unique constraint of which
    ``name`` is a part.
    """
    if getattr(_column(model, name), "unique", False):
        yield {}, Q(), False
    for constraint in model._meta.constraints:
        if isinstance(constraint, UniqueConstraint):
            terms: list[Any] = [F(field) for field in constraint.fields] or list(constraint.expressions)
            if F(name) in terms:
                others = {f"term_{place}": term for place, term in enumerate(terms) if term != F(name)}
                yield others, constraint.condition or Q(), constraint.nulls_distinct is False


def move_back(record: Mapping[str, Any], now_at: int) -> list[str]:
    """Undo a ``move`` that did nothing but keep a journal, and the ``target`` beside it (``person_data``)."""
    return take_back(record, target=record["target"], now_at=now_at)


def take_back(record: Mapping[str, Any], *, target: int, now_at: int) -> list[str]:
    """Undo a journal: delete what it made, bring back what it dropped and moved, restore what it changed.

    ``target`` is the person the rows went to, ``now_at`` the one who holds them by now (a later merge may have taken
    them further). Returns sentences about what could not be restored; an empty list: everything was.
    """
    left: Counter[str] = Counter()
    for label, ids in record.get("added", ()):
        apps.get_model(label)._base_manager.filter(pk__in=ids).delete()
    waiting = [
        (model, row)
        for label, rows in reversed(record.get("dropped", ()))
        for model in [apps.get_model(label)]
        for row in rows
        if not insert(model, row)
    ]
    for label, name, ids, before, after in reversed(record.get("moved", ())):
        model = apps.get_model(label)
        left[str(model._meta.verbose_name)] += len(ids) - _point_back(
            model, name, ids, before, now_at if after == target and _is_person(model, name) else after
        )
    # A row may have had to wait until the one that took its place went back.
    left.update(str(model._meta.verbose_name) for model, row in waiting if not insert(model, row))
    for label, pk, columns in reversed(record.get("changed", ())):
        model = apps.get_model(label)
        restored = [_restore(model, pk, name, *values) for name, values in columns.items()]
        left[str(model._meta.verbose_name)] += not all(restored)
    return [
        f"{count} × {name}: changed since, left as it is" for name, count in sorted(left.items()) if count
    ]


def insert(model: type[Model], row: _Row) -> bool:
    """Bring a dropped row back with its id; False when its place is taken or what it needs is gone.

    Columns that came since get their default, references to what is gone become empty where they may.
    """
    values = {}
    for column in model._meta.concrete_fields:
        assert column.column is not None
        if column.column not in row and column.has_db_default():
            continue
        value = row.get(column.column, column.get_default() if column.has_default() else None)
        if isinstance(column, ForeignKey) and value is not None and not _exists(column, value):
            if not column.null:
                return False
            value = None
        values[column.column] = value
    names = ", ".join(f'"{name}"' for name in values)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_table(model)} ({names}) SELECT {names}"  # noqa: S608 - tables and columns of ours
            f" FROM jsonb_populate_record(NULL::{_table(model)}, %s) ON CONFLICT DO NOTHING",
            [json.dumps(values, default=str)],
        )
        return bool(cursor.rowcount)


def _point_back(model: type[Model], name: str, ids: list[int], before: int, after: int) -> int:
    """Rows that still point where the merge put them go back; how many did."""
    column = _column(model, name)
    if not _exists(column, before):
        return 0
    back = 0
    for pk in ids:
        # One by one: a row whose old place is taken by now stays, the others go.
        rows = model._base_manager.filter(pk=pk, **{column.attname: after})
        taken = False
        for terms, condition, nulls_too in _uniques(model, name):
            there = model._base_manager.filter(condition, **{column.attname: before}).annotate(**terms)
            own = rows.annotate(**terms).filter(Q(*(_equal(alias, nulls_too=nulls_too) for alias in terms)))
            taken = taken or there.filter(Exists(own)).exists()
        back += 0 if taken else rows.update(**{column.attname: before})
    return back


def _restore(model: type[Model], pk: int, name: str, before: Any, after: Any) -> bool:
    """One column of one row, if it still says what the merge wrote."""
    column = next((c for c in model._meta.concrete_fields if c.column == name), None)
    if column is None or (
        isinstance(column, ForeignKey) and before is not None and not _exists(column, before)
    ):
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE {_table(model)} t SET "{name}" = r."{name}"'  # noqa: S608 - a table and column of ours
            f" FROM jsonb_populate_record(NULL::{_table(model)}, %s) r"
            f" WHERE t.id = %s AND to_jsonb(t) -> '{name}' = %s::jsonb",
            [json.dumps({name: before}), pk, json.dumps(after)],
        )
        return bool(cursor.rowcount)


def _rows(model: type[Model], ids: Collection[int]) -> dict[int, _Row]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, to_jsonb(t) FROM {_table(model)} t WHERE id = ANY(%s) ORDER BY id",  # noqa: S608 - a table of ours
            [list(ids)],
        )
        return {pk: json.loads(row) if isinstance(row, str) else row for pk, row in cursor.fetchall()}


def _exists(column: Any, value: Any) -> bool:
    return bool(column.related_model._base_manager.filter(pk=value).exists())


def _is_person(model: type[Model], name: str) -> bool:
    return _column(model, name).related_model is apps.get_model("sourcing.Candidate")


def _column(model: type[Model], name: str) -> Any:
    """The foreign key of that name."""
    return model._meta.get_field(name)


def _table(model: type[Model]) -> str:
    return f'"{model._meta.db_table}"'
