"""What happened: an entry in the feed and a signed delivery to whoever asked for it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sandbox.ats.cats.hooks import Hooks
from sandbox.ats.cats.records import Records

WHAT = ("created", "updated", "deleted")
EVENTS = frozenset(
    {
        f"{subject}.{what}"
        for subject in ("candidate", "job", "contact", "company", "activity", "user")
        for what in WHAT
    }
    | {"pipeline.created", "pipeline.deleted"}
    | {f"{subject}.status_changed" for subject in ("job", "contact", "company", "pipeline")}
)


class Feed:
    """The feed of every account."""

    def __init__(self, records: Records, hooks: Hooks) -> None:
        self._records = records
        self._hooks = hooks

    def tell(self, account: str, event: str, row: dict[str, Any], **ids: int) -> None:
        """Book an event about ``row`` and deliver it; ``ids`` are further ids an event names."""
        subject = event.partition(".")[0]
        told = {
            "event": event,
            f"{subject}_id": row["id"],
            **ids,
            "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        }
        self._records.tell(account, told)
        full = {**told, "_links": {}, "_embedded": {subject: row}}
        for hook in self._records.all(account, "webhooks"):
            if event in hook["events"]:
                self._hooks.tell(hook["target_url"], hook.get("secret") or "", full)
