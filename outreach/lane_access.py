"""What of a room above a viewer may see and change: outreach knows lanes, only that room knows whose they are.

``campaigns`` registers in its ``ready()``: the lanes of a project that is hidden from the viewer do not exist for
them, and what leaves for a campaign is changed by who may edit its project.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from foundation.problems import NotAllowed


@dataclass(frozen=True)
class Rules:
    """``hidden(viewer)``: ids of lanes that do not exist for the viewer, None when there are none.

    ``may_change(viewer, lane_id)``: whether the viewer may stop, move or edit what leaves by that lane.
    ``project(lane_id)``: for whose people it writes.
    """

    hidden: Callable[[User], QuerySet[Any, int] | None]
    may_change: Callable[[User, int], bool]
    project: Callable[[int], int | None]


_rules: dict[str, Rules] = {}


def register(name: str, rules: Rules) -> None:
    """Add a room's rules; registering a name again replaces the first."""
    _rules[name] = rules


def hidden_lanes(viewer: User) -> list[QuerySet[Any, int]]:
    """The lanes hidden from the viewer, one query per room that hides any."""
    found = (rules.hidden(viewer) for rules in _rules.values())
    return [lanes for lanes in found if lanes is not None]


def may_change(viewer: User, lane_id: int | None) -> bool:
    """Whether every room lets the viewer change what leaves by this lane; mail without one is nobody's campaign."""
    return lane_id is None or all(rules.may_change(viewer, lane_id) for rules in _rules.values())


def project_of(lane_id: int | None) -> int | None:
    """The project whose people are written to by this lane; mail without one belongs to no project."""
    if lane_id is None:
        return None
    return next((found for rules in _rules.values() if (found := rules.project(lane_id)) is not None), None)


def require_change(viewer: User, lane_id: int | None) -> None:
    """Raise NotAllowed unless :func:`may_change`."""
    if not may_change(viewer, lane_id):
        raise NotAllowed("Only who may edit the project can change what its campaigns send.")
