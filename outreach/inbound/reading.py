"""Read and unread, for each member alone.

Unread is an answer that nobody has dealt with and this member has not opened, of the last 30 days and since they
joined; and whatever they set back to unread themselves. Bounces and automatic answers ask nothing of anybody and are
never new. What a member may see at all is decided in ``inbound.selectors``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Greatest

from accounts.models import User
from outreach.models import InboundMessage, InboundReading, InboxReader
from outreach.states import Verdict

#: What nobody opened for this long is not new any more.
NEW_FOR = timedelta(days=30)


def unread(viewer: User, *, now: datetime) -> tuple[Q, Q]:
    """Two conditions on ``InboundMessage``, each entered by an index of its own: never opened, and set back."""
    mine = _of(viewer).filter(inbound=OuterRef("pk"))
    begins = max(now - NEW_FOR, viewer.date_joined)
    all_read = InboxReader.objects.for_organisation(viewer.organisation_id).filter(user=viewer)
    new = Q(
        ~Exists(mine),
        verdict=Verdict.REPLY,
        done_at__isnull=True,
        # PostgreSQL's GREATEST leaves a missing moment out.
        received_at__gt=Greatest(Value(begins), Subquery(all_read.values("read_until"))),
    )
    return new, Q(pk__in=_of(viewer).filter(unread=True).values("inbound"))


@transaction.atomic
def opened(*, actor: User, inbound_ids: Iterable[int], now: datetime) -> None:
    """The actor has these mails before their eyes; what they had opened before is not written again."""
    wanted = set(inbound_ids)
    known = _of(actor).filter(inbound__in=wanted, unread=False).values_list("inbound", flat=True)
    _write(actor, wanted - set(known), unread=False, now=now)


def set_back(*, actor: User, row: InboundMessage, now: datetime) -> None:
    """*Mark as unread*, whatever kind of mail it is."""
    _write(actor, {row.pk}, unread=True, now=now)


@transaction.atomic
def read_all(*, actor: User, now: datetime) -> None:
    """*Mark all as read*: everything that came until now."""
    InboxReader.objects.for_organisation(actor.organisation_id).update_or_create(
        user=actor, defaults={"organisation_id": actor.tenant_id, "read_until": now}
    )
    _of(actor).filter(unread=True).update(unread=False, at=now)


def seen_by(row: InboundMessage) -> QuerySet[InboundReading]:
    """Who has opened the mail, with them, the first who did first."""
    rows = InboundReading.objects.for_organisation(row.organisation_id).filter(inbound=row, unread=False)
    return rows.select_related("user").order_by("at", "pk")


def _of(viewer: User) -> QuerySet[InboundReading]:
    return InboundReading.objects.for_organisation(viewer.organisation_id).filter(user=viewer)


def _write(actor: User, inbound_ids: Collection[int], *, unread: bool, now: datetime) -> None:
    rows = [
        InboundReading(
            organisation_id=actor.tenant_id, inbound_id=inbound_id, user=actor, at=now, unread=unread
        )
        for inbound_id in sorted(inbound_ids)
    ]
    InboundReading.objects.for_organisation(actor.organisation_id).bulk_create(
        rows, update_conflicts=True, unique_fields=["inbound", "user"], update_fields=["unread", "at"]
    )
