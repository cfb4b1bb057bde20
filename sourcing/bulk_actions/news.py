"""The news of a bulk edit: one statement for a whole slice, one event for each person."""

from __future__ import annotations

from collections.abc import Collection

from accounts.models import User
from foundation import events


def tell_changed(actor: User, candidate_ids: Collection[int], fields: str) -> None:
    """``candidate.updated`` for everybody whose ``fields`` changed, as an edit on their page tells it."""
    events.emit_many(
        "candidate.updated",
        organisation_id=actor.tenant_id,
        news={
            f"candidate:{pk}": {"candidate_id": pk, "actor_id": actor.pk, "fields": fields}
            for pk in sorted(candidate_ids)
        },
    )
