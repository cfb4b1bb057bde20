"""Where a webhook's delivery stands, and when it is tried again. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from django.db import models


class DeliveryStatus(models.TextChoices):
    """One event on its way to one endpoint."""

    WAITING = "waiting", "Waiting"
    SENDING = "sending", "Sending"
    DELIVERED = "delivered", "Delivered"
    DEAD = "dead", "Given up"


TRANSITIONS: Mapping[DeliveryStatus, frozenset[DeliveryStatus]] = {
    DeliveryStatus.WAITING: frozenset({DeliveryStatus.SENDING, DeliveryStatus.DEAD}),
    # Back to waiting: refused, unreachable, or its worker died; delivered at least once, never lost.
    DeliveryStatus.SENDING: frozenset(
        {DeliveryStatus.DELIVERED, DeliveryStatus.WAITING, DeliveryStatus.DEAD}
    ),
    # Sent again by hand.
    DeliveryStatus.DELIVERED: frozenset({DeliveryStatus.WAITING}),
    DeliveryStatus.DEAD: frozenset({DeliveryStatus.WAITING}),
}

#: How long an event is tried, from its publication or from *Send again* on.
PATIENCE = datetime.timedelta(days=3)

#: A receiver's own ``Retry-After`` is kept up to this.
LONGEST_WAIT = datetime.timedelta(hours=1)

#: Waits after the first, second … failure; the last one repeats.
_WAITS = tuple(
    datetime.timedelta(seconds=seconds)
    for seconds in (5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200)
)


def wait(failures: int) -> datetime.timedelta:
    """How long to wait after so many failures in a row (from 1 on)."""
    return _WAITS[min(max(failures, 1), len(_WAITS)) - 1]


def next_try(
    *, failures: int, now: datetime.datetime, give_up_at: datetime.datetime
) -> datetime.datetime | None:
    """When an event that failed so often is tried again; None: its time is over.

    The last try is made when the time is over, not up to twelve hours before.
    """
    if now >= give_up_at:
        return None
    return min(now + wait(failures), give_up_at)
