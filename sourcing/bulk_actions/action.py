"""What every bulk action says about itself, and what one slice of it came to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from accounts.models import User
from accounts.permissions import Right
from foundation.problems import Invalid

#: Why somebody was skipped.
WHY = {
    "full": "has 200 tags already",
    # What runs before the erasing of people in campaigns said; kept as long as those runs are.
    "kept": "is in a campaign and stays until they are erased",
    "not_in_project": "is not in the project any more",
}

Values = Mapping[str, Any]


@dataclass
class Changes:
    """What a slice came to: ``before`` per changed person, ``skipped`` with a code of :data:`WHY`, ``gone`` deleted,
    ``erasing`` those whose erasure has begun and goes on by itself."""

    before: dict[int, dict[str, Any]] = field(default_factory=dict)
    skipped: dict[int, str] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    erasing: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Action:
    """One kind of bulk action.

    ``check`` cleans the values and raises for what the actor may not name; ``told`` writes down, once, that so many
    people were changed (``undone``: taken back).
    """

    name: str
    right: Right
    check: Callable[[User, Values], dict[str, Any]]
    title: Callable[[User, Values], str]
    apply: Callable[[User, Values, Sequence[int]], Changes]
    undo: Callable[[User, Values, Mapping[int, Values]], set[int]] | None = None
    told: Callable[[User, Values, int, bool], None] | None = None


def whole_number(values: Values, name: str) -> int:
    """The id or number under ``name``; raises Invalid."""
    value = values.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise Invalid("Say which one.", fields={name: "Say which one."})
    return value
