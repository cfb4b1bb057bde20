"""Finding, in a table that no foreign key leads to, the rows that may name a person."""

from __future__ import annotations

from typing import TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, Func, Model, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce, Concat, Lower

from sourcing.trails import Trail

M = TypeVar("M", bound=Model)


class _LikeAny(Func):
    template = "(%(expressions)s))"
    arg_joiner = " LIKE ANY ("
    output_field = BooleanField()


def naming(rows: QuerySet[M], trail: Trail, *columns: str) -> QuerySet[M]:
    """Rows of ``rows`` whose text or JSON ``columns`` may name the person; ``trail.is_in`` then says whether they do.

    Reads the whole table of the organisation: for runs, whose statements may take as long as they need.
    """
    nothing = Value("", output_field=TextField())
    texts = [Coalesce(Cast(column, TextField()), nothing) for column in columns]
    patterns = Value(trail.patterns(), output_field=ArrayField(TextField()))
    return rows.filter(_LikeAny(Lower(Concat(*texts, nothing)), patterns))
