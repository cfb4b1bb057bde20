"""The one check behind every status: a table says which moves there are, nothing else may be written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, TypeVar

from django.db.models import TextChoices

from foundation.problems import Conflict

S = TypeVar("S", bound=TextChoices)


class IllegalTransition(Conflict):
    """A status may not become another one. Whoever asked lost a race or has a bug; nothing was changed."""

    code: ClassVar[str] = "illegal_transition"

    def __init__(self, what: str, old: str, new: str) -> None:
        self.what, self.old, self.new = what, str(old), str(new)
        super().__init__(f"{what}: {self.old} cannot become {self.new}")


def check_move(what: str, table: Mapping[S, frozenset[S]], old: str, new: str) -> None:
    """Raise :class:`IllegalTransition` unless ``table`` lets a ``what`` in ``old`` become ``new``.

    ``table`` names every status once, with those that may follow it. A word that is no status is ValueError.
    """
    status = type(next(iter(table)))
    if status(new) not in table[status(old)]:
        raise IllegalTransition(what, old, new)
