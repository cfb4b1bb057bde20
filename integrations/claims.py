"""The hold of one worker on one export item: taken with a lease, renewed, ended or given back.

Every write after the claim is a compare-and-set with the claim's token: zero rows mean that someone else decided.
Lease times are the database's; whether an item is due is compared with the ``now`` passed in.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now

from foundation import events
from integrations.models import Export, ExportItem, ItemStatus, Reason
from integrations.states import check_item

#: Longer than one call to a vendor with all its naps; renewed before a create.
LEASE = datetime.timedelta(seconds=120)
#: When another export has the same person in work.
SHORT_WAIT = datetime.timedelta(seconds=2)


class ClaimLost(RuntimeError):
    """Another worker holds this item now: stop at once, write nothing more."""


def claim(export: Export, *, now: datetime.datetime) -> ExportItem | None:
    """Take the first item that is due, or whose worker died; None when there is none."""
    rows = ExportItem.objects.for_organisation(export.organisation_id).filter(export=export)
    due = Q(status=ItemStatus.QUEUED) & (Q(not_before__isnull=True) | Q(not_before__lte=now))
    stale = Q(status=ItemStatus.CLAIMED, lease_until__lt=Now())
    while True:
        with transaction.atomic():
            item = rows.filter(due | stale).order_by("pk").select_for_update(skip_locked=True).first()
            if item is None:
                return None
            if item.status == ItemStatus.QUEUED:
                check_item(item.status, ItemStatus.CLAIMED)
            item.claim_token = uuid.uuid4()
            try:
                with transaction.atomic():
                    rows.filter(pk=item.pk).update(
                        status=ItemStatus.CLAIMED, claim_token=item.claim_token, lease_until=Now() + LEASE
                    )
            except IntegrityError:
                # integrations_item_one_in_work: another export has this person in its hands.
                rows.filter(pk=item.pk).update(not_before=now + SHORT_WAIT)
                continue
        return (
            rows.select_related("candidate", "connection", "export", "export__created_by", "organisation")
            .filter(pk=item.pk)
            .first()
        )


def end(
    item: ExportItem,
    status: ItemStatus,
    *,
    reason: Reason,
    text: str,
    fields: list[dict[str, str]] | None = None,
) -> None:
    """The item is over without a record written now."""
    with transaction.atomic():
        finish(item, status, reason=reason, text=text, fields=fields)


def finish(
    item: ExportItem,
    status: ItemStatus,
    *,
    reason: Reason = Reason.NONE,
    text: str = "",
    fields: list[dict[str, str]] | None = None,
    remote_id: str = "",
    made_record: bool = False,
    before: Mapping[str, Any] | None = None,
) -> None:
    """Write the end and tell of it, in the caller's transaction. Raises ClaimLost."""
    check_item(ItemStatus.CLAIMED, status)
    _held(
        item,
        status=status,
        reason_code=reason,
        reason=text[:500],
        fields=fields or [],
        remote_id=remote_id,
        made_record=made_record or item.made_record,
        before=before or {},
        claim_token=None,
        lease_until=None,
        not_before=None,
        settled_at=Now(),
    )
    events.emit(
        "export.item_settled",
        organisation_id=item.organisation_id,
        subject=f"export-item:{item.pk}",
        item_id=item.pk,
    )


def give_back(item: ExportItem, *, not_before: datetime.datetime, counted: bool) -> None:
    """To the queue, to be taken again from ``not_before`` on."""
    check_item(ItemStatus.CLAIMED, ItemStatus.QUEUED)
    _held(
        item,
        status=ItemStatus.QUEUED,
        not_before=not_before,
        attempts=item.attempts + counted,
        claim_token=None,
        lease_until=None,
    )


def remember_made(item: ExportItem) -> None:
    """The record is this item's own, although the item is not over yet: undo may take it away."""
    _held(item, made_record=True)


def renew(item: ExportItem) -> None:
    """A whole lease for the write that follows."""
    _held(item, lease_until=Now() + LEASE)


def _held(item: ExportItem, **values: object) -> None:
    """Compare-and-set with the claim token; zero rows = someone else decided."""
    rows = ExportItem.objects.for_organisation(item.organisation_id).filter(
        pk=item.pk, status=ItemStatus.CLAIMED, claim_token=item.claim_token
    )
    if not rows.update(**values):
        raise ClaimLost(f"item {item.pk}")
