"""When a run may call a connection's vendor again, and what people read meanwhile."""

from __future__ import annotations

import datetime

from integrations import opening
from integrations.models import Connection, ConnectionStatus

#: How often a run that waits for a person to reconnect looks again.
RECONNECT_LOOK = datetime.timedelta(minutes=5)


def is_open(connection: Connection, now: datetime.datetime) -> bool:
    """Connected, and the vendor did not ask us to wait."""
    paused = connection.not_before is not None and connection.not_before > now
    return connection.status == ConnectionStatus.CONNECTED and not paused


def until(
    connection: Connection, due: datetime.datetime, now: datetime.datetime
) -> tuple[datetime.datetime, str]:
    """Until when a run whose next work is ``due`` rests, and the reason a person reads. Reads the row again."""
    connection.refresh_from_db(fields=["status", "not_before"])
    system = opening.vendor_of(connection).display_name
    if connection.status != ConnectionStatus.CONNECTED:
        return now + RECONNECT_LOOK, f"Waiting: {system} needs to be reconnected."
    if connection.not_before is not None and not is_open(connection, now):
        return max(due, connection.not_before), f"Waiting: {system} asked for a pause."
    return max(due, now + datetime.timedelta(seconds=1)), "Waiting for the next try."
