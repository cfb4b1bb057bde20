"""The right to read a mailbox: a lease on its row, one worker at a time, lost when it is not renewed."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from outreach.models import Mailbox
from outreach.states import MAY_READ
from outreach.transports.base import MailboxTrouble

_EVERYONE = "mailboxes of every organisation are read by the same workers"
LEASE = timedelta(seconds=90)
#: The lease is renewed when this much of it is gone, between two questions to the server.
_RENEW_AFTER = 20.0


def free() -> QuerySet[Mailbox]:
    """Mailboxes of all organisations that may be read and that no worker reads."""
    return Mailbox.objects.across_organisations(_EVERYONE).filter(
        Q(read_lease_until__isnull=True) | Q(read_lease_until__lt=Now()), status__in=MAY_READ
    )


def take(mailbox_id: int, token: str) -> bool:
    """True if the mailbox is ours now; False when another worker has it or it may not be read."""
    mine = free().filter(pk=mailbox_id)
    return bool(mine.update(read_leased_by=token, read_lease_until=Now() + LEASE))


def _mine(mailbox_id: int, token: str) -> QuerySet[Mailbox]:
    return Mailbox.objects.across_organisations(_EVERYONE).filter(pk=mailbox_id, read_leased_by=token)


def give_back(mailbox_id: int, token: str, **values: Any) -> None:
    """End the lease and store ``values``; nothing if the lease was lost meanwhile."""
    _mine(mailbox_id, token).update(read_leased_by="", read_lease_until=None, **values)


@dataclass
class Lease:
    """The right to read this mailbox; raises when another worker has it."""

    mailbox_id: int
    token: str
    renewed: float = field(default_factory=time.monotonic)

    def renew(self) -> None:
        """Between two batches. Raises MailboxTrouble when another worker took it meanwhile."""
        if time.monotonic() - self.renewed < _RENEW_AFTER:
            return
        if not _mine(self.mailbox_id, self.token).update(read_lease_until=Now() + LEASE):
            raise MailboxTrouble("lease", "Another worker reads this mailbox.")
        self.renewed = time.monotonic()
