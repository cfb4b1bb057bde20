"""What can be done with many people at once: one entry of :data:`ACTIONS` each, used by ``bulk``.

``apply`` changes one slice in the caller's transaction and says, per changed person, what undoing needs; ``undo`` takes
back what is still as ``apply`` left it and says whose. Both read the people again by id and organisation.
"""

from __future__ import annotations

from collections.abc import Mapping

from foundation.problems import Invalid
from sourcing.bulk_actions import deleting, members, owners, tags
from sourcing.bulk_actions.action import WHY, Action, Changes

__all__ = ["ACTIONS", "WHY", "Action", "Changes", "action"]

ACTIONS: Mapping[str, Action] = {
    one.name: one for one in (*tags.ACTIONS, *members.ACTIONS, *owners.ACTIONS, *deleting.ACTIONS)
}


def action(name: str) -> Action:
    """One action by its name; raises Invalid."""
    if name not in ACTIONS:
        raise Invalid("There is no such action.", fields={"action": "There is no such action."})
    return ACTIONS[name]
