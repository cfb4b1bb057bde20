"""Which of several values of one field is shown, and what becomes of the others. Pure.

One door for edits, pulls and merges (docs/decisions/person.md): :func:`settle` takes what is known and what is now
stated, and says what is shown afterwards, where it came from, and which values stand back. Nothing is thrown away
except a value that its own author corrects.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sourcing.models import Origin


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One value of one field, who says so and when.

    ``verified`` means that the source vouches for it (an ATS that owns the record, a provider that checked it).
    ``by`` is the id of the user who typed or chose it; ``chosen`` that they took it from the values known, so that what
    it replaces is kept whoever wrote it.
    """

    value: Any
    origin: str
    at: datetime.datetime
    source: str = ""
    by: int | None = None
    verified: bool = False
    chosen: bool = False

    @property
    def by_hand(self) -> bool:
        """A person wrote or chose it on a page, in the extension or with their API token."""
        return self.origin == Origin.ADDED

    def as_provenance(self) -> dict[str, Any]:
        """The entry of ``Candidate.provenance``."""
        entry = {"source": self.source, "origin": str(self.origin), "at": self.at.isoformat(), "by": self.by}
        return entry | {"verified": True} if self.verified else entry


@dataclass(frozen=True)
class Settled:
    """What is shown, and what stands back. ``changed`` says whether the shown value is another one than before."""

    shown: Statement
    others: list[Statement] = field(default_factory=list)
    changed: bool = False


def known(
    value: Any,
    entry: Mapping[str, Any] | None,
    *,
    source: str,
    at: datetime.datetime,
) -> Statement:
    """What is shown now, from its provenance ``entry``; without one it came with the person (``source``, ``at``)."""
    if not entry:
        return Statement(value=value, origin=Origin.IMPORTED, source=source, at=at)
    return Statement(
        value=value,
        origin=entry["origin"],
        source=entry.get("source", ""),
        at=datetime.datetime.fromisoformat(entry["at"]),
        by=entry.get("by"),
        verified=bool(entry.get("verified")),
    )


def mark(value: Any) -> str:
    """A short word that is equal for equal values: what a form carries to say which value its reader saw."""
    told = json.dumps(value, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def is_blank(value: Any) -> bool:
    """No value: nothing, an empty text or an empty list. ``False`` and ``0`` are values."""
    return value is None or value == "" or value == []


def settle(present: Statement, stated: Iterable[Statement]) -> Settled:
    """Present value and new statements → what is shown and what stands back.

    The first rule that tells two values apart decides:

    1. a hand edit goes before everything that is not one, and the later hand edit before the earlier, even when it
       empties the field;
    2. a value goes before none;
    3. a verified value goes before one that is not;
    4. the newer one goes first, by day;
    5. the longer one goes first;
    6. what is shown stays.

    A statement equal to the shown value only makes it newer. The value a hand edit replaces stands back, unless the
    same person typed that one too: then it is a correction and goes.
    """
    shown = present
    others: list[Statement] = []
    for statement in stated:
        if statement.value == shown.value:
            shown = _stronger(shown, statement)
            continue
        winner, loser = (statement, shown) if goes_before(statement, shown) else (shown, statement)
        own = winner.by_hand and loser.by_hand and winner.by == loser.by
        correction = own and winner is statement and not winner.chosen
        if not is_blank(loser.value) and not correction:
            others.append(loser)
        shown = winner
    kept: dict[str, Statement] = {}
    for other in sorted(others, key=lambda other: other.at):
        if other.value != shown.value:
            kept[repr(other.value)] = other
    return Settled(shown, list(kept.values()), changed=shown.value != present.value)


def goes_before(new: Statement, present: Statement) -> bool:
    """Whether ``new`` is shown instead of ``present``; the rules are those of :func:`settle`."""
    if new.by_hand or present.by_hand:
        return new.by_hand and (not present.by_hand or new.at >= present.at)
    return _rank(new) > _rank(present)


def _rank(statement: Statement) -> tuple[bool, bool, datetime.date, int]:
    length = len(statement.value) if isinstance(statement.value, str | list) else 0
    day = statement.at.astimezone(datetime.UTC).date()
    return not is_blank(statement.value), statement.verified, day, length


def _stronger(shown: Statement, again: Statement) -> Statement:
    """Two statements of one value: the hand's, the verified, then the later one is remembered."""
    return max(shown, again, key=lambda statement: (statement.by_hand, statement.verified, statement.at))
