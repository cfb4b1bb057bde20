"""The organisation's own fields as search sees them: their keys, labels and whether they have ranges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.apps import apps

from accounts.models import User


@dataclass(frozen=True)
class OwnField:
    """One own field; ``ranged`` ones (numbers, days) are asked from … to …"""

    key: str
    label: str
    ranged: bool


def of(viewer: User) -> list[OwnField]:
    """The fields of the viewer's organisation that are not archived, in their order."""
    model: Any = apps.all_models["sourcing"].get("customfield")
    if model is None:
        return []
    rows = model.objects.for_organisation(viewer.organisation_id).filter(archived_at__isnull=True)
    return [
        OwnField(key, label, kind in {"number", "date"})
        for key, label, kind in rows.order_by("position", "pk").values_list("key", "label", "kind")
    ]


def keys(viewer: User) -> list[str]:
    """What may stand before a colon in the box."""
    return [each.key for each in of(viewer)]
