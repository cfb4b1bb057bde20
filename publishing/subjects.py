"""What an event tells beside its own ids: whose message it was, in which campaign, how it stands.

Read for a whole batch in one query a group. A row that is gone meanwhile adds nothing: the event is told all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from campaigns.models import Attempt, Campaign, Recipient
from integrations.models import ExportItem
from outreach.models import Message

Facts = Mapping[int, Mapping[str, Any]]
Reader = Callable[[Collection[int]], Facts]

_ALL = "events are published for all organisations together"


def _recipients(ids: Collection[int]) -> Facts:
    rows = Recipient.objects.across_organisations(_ALL).filter(pk__in=ids)
    return {
        row["pk"]: {
            "candidate_id": row["candidate_id"],
            "campaign_id": row["campaign_id"],
            "project_id": row["campaign__project_id"],
            "progress": row["progress"],
            "hold": row["hold"],
            "interest": row["interest"],
        }
        for row in rows.values(
            "pk", "candidate_id", "campaign_id", "campaign__project_id", "progress", "hold", "interest"
        )
    }


def _messages(ids: Collection[int]) -> Facts:
    rows = Message.objects.across_organisations(_ALL).filter(pk__in=ids)
    found: dict[int, dict[str, Any]] = {
        pk: {"candidate_id": candidate_id, "mailbox_id": mailbox_id, "origin": origin}
        for pk, candidate_id, mailbox_id, origin in rows.values_list(
            "pk", "candidate_id", "mailbox_id", "origin"
        )
    }
    attempts = Attempt.objects.across_organisations(_ALL).filter(message__in=found)
    for row in attempts.values(
        "message_id",
        "recipient_id",
        "step_id",
        "recipient__campaign_id",
        "recipient__campaign__project_id",
    ):
        found[row["message_id"]] |= {
            "recipient_id": row["recipient_id"],
            "step_id": row["step_id"],
            "campaign_id": row["recipient__campaign_id"],
            "project_id": row["recipient__campaign__project_id"],
        }
    return found


def _campaigns(ids: Collection[int]) -> Facts:
    rows = Campaign.objects.across_organisations(_ALL).filter(pk__in=ids)
    return {
        pk: {"project_id": project_id, "status": status}
        for pk, project_id, status in rows.values_list("pk", "project_id", "status")
    }


def _items(ids: Collection[int]) -> Facts:
    rows = ExportItem.objects.across_organisations(_ALL).filter(pk__in=ids)
    return {
        row["pk"]: {
            "export_id": row["export_id"],
            "candidate_id": row["candidate_id"],
            "connection_id": row["connection_id"],
            "vendor": row["connection__vendor"],
            "status": row["status"],
            "reason": row["reason_code"],
            "remote_id": row["remote_id"],
        }
        for row in rows.values(
            "pk",
            "export_id",
            "candidate_id",
            "connection_id",
            "connection__vendor",
            "status",
            "reason_code",
            "remote_id",
        )
    }


#: Group of the catalogue → the id that names its row, and who knows more of it.
READERS: Mapping[str, tuple[str, Reader]] = {
    "recipient": ("recipient_id", _recipients),
    "message": ("message_id", _messages),
    "campaign": ("campaign_id", _campaigns),
    "export": ("item_id", _items),
}
