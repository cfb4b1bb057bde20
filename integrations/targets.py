"""The campaigns and jobs people can be sent to, read from the vendor and kept for a minute.

A picker that is typed into must not ask the vendor for each letter; a minute is short enough that a campaign made
there a moment ago is found by *Refresh*.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from accounts.models import User
from foundation.problems import Invalid
from foundation.secrets import fingerprint
from integrations import kept_answers, opening
from integrations.base.records import Capability, Target, TargetKind
from integrations.connections import POOLS
from integrations.models import Connection, ExportMode

KEPT_SECONDS = 60

KINDS = {ExportMode.PROSPECTS: TargetKind.POOL, ExportMode.CANDIDATES: TargetKind.JOB}


def modes(connection: Connection) -> tuple[ExportMode, ...]:
    """As what people may go there: prospects only with *Enable Pools* ticked (docs/behaviour.md §7)."""
    found = opening.vendor_of(connection)
    offered = []
    if POOLS in connection.capabilities and found.supports(Capability.LIST_POOLS):
        offered.append(ExportMode.PROSPECTS)
    if found.supports(Capability.LIST_JOBS):
        offered.append(ExportMode.CANDIDATES)
    return tuple(offered)


def choices(
    *, viewer: User, connection: Connection, mode: ExportMode, search: str = "", fresh: bool = False
) -> tuple[Target, ...]:
    """Targets whose name holds every word of ``search``, by name. Asks the vendor at most once a minute.

    Raises the connector's errors, and Invalid for a mode the connection does not offer.
    """
    if mode not in modes(connection):
        raise Invalid("This connection does not offer that.", fields={"mode": "Not offered."})
    words = search.casefold().split()
    every = _all(viewer, connection, KINDS[mode], fresh=fresh)
    return tuple(target for target in every if all(word in target.name.casefold() for word in words))


def pick(*, viewer: User, connection: Connection, mode: ExportMode, target_id: str) -> Target:
    """The target with this id, asked for anew when the kept list does not know it. Raises Invalid when gone."""
    for fresh in (False, True):
        for target in choices(viewer=viewer, connection=connection, mode=mode, fresh=fresh):
            if target.external_id == target_id:
                return target
    word = opening.vendor_of(connection).target_words[KINDS[mode]].lower()
    raise Invalid(f"Pick a {word} first.", fields={"target": f"Pick a {word} first."})


def _all(viewer: User, connection: Connection, kind: TargetKind, *, fresh: bool) -> tuple[Target, ...]:
    acting_as = opening.acting_as(connection, viewer)
    # Another credential or whitelist must not be shown the list of the one before.
    shown = "\n".join([acting_as, connection.account, *sorted(connection.job_statuses)])
    key = f"integrations:targets:{connection.pk}:{kind}:{fingerprint(shown)}"

    def ask() -> list[dict[str, Any]]:
        connector = opening.open_connector(connection)
        if kind is TargetKind.POOL:
            found = connector.list_pools(acting_as=acting_as)
        else:
            found = connector.list_jobs(acting_as=acting_as, statuses=connection.job_statuses)
        return [asdict(target) for target in found]

    kept = kept_answers.rows(key, ask, seconds=KEPT_SECONDS, fresh=fresh)
    return tuple(Target(**{**row, "kind": TargetKind(row["kind"])}) for row in kept)
