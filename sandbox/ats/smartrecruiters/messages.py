"""Notes: messages that are shared about people."""

from __future__ import annotations

import re
import time
from typing import Any

from sandbox.ats.smartrecruiters.call import Call, Failure, as_object, limit_of, start_of
from sandbox.ats.smartrecruiters.records import Records, stamp
from sandbox.http_server import Response

_CANDIDATE_TAG = re.compile(r"#\[CANDIDATE:([^\]]+)\]")
_MENTION = re.compile(r"@\[USER:([^\]]+)\]")


class Messages:
    """What is under ``/messages``."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def share(self, call: Call) -> Any:
        """A new note, about the people it tags."""
        body = as_object(call.body)
        content, share = str(body.get("content") or ""), body.get("shareWith") or {}
        if not 1 <= len(content) <= 10_000:
            raise Failure(400, "VALIDATION_ERROR", "content takes 1 to 10000 characters")
        if share.get("openNote") and share.get("everyone"):
            raise Failure(400, "INVALID_VISIBILITY_OPTIONS", "openNote and everyone exclude each other")
        tagged = _CANDIDATE_TAG.findall(content)
        if any(self._records.get(each) is None for each in tagged):
            raise Failure(400, "NO_ACCESS_TO_CANDIDATE", "No access to a tagged candidate")
        row = {
            "content": content,
            "createdOn": stamp(time.time()),
            "visibility": "OPEN" if share.get("openNote") else "PRIVATE",
            "authorId": call.caller.user,
            "mailed": _MENTION.findall(content),
            "context": {"applications": [{"candidateId": each} for each in tagged]},
        }
        return {"id": self._records.add_message(tagged[0] if tagged else "", row), "shareRequired": False}

    def page(self, call: Call) -> Any:
        """One page of the notes about a person; for administrators only."""
        if not call.caller.administrator:
            raise Failure(403, "PERMISSION_DENIED", "Only administrators may read messages")
        query = call.request.query
        if "candidateId" not in query:
            raise Failure(400, "VALIDATION_ERROR", "candidateId is required")
        rows, limit = self._records.messages(query["candidateId"]), limit_of(query.get("limit", "10"))
        start = start_of(query.get("pageId", "0"))
        shown = [
            {name: each[name] for name in each if name != "mailed"} for each in rows[start : start + limit]
        ]
        headers = {}
        if len(rows) > start + limit:
            headers["Link"] = f'</messages?pageId={start + limit}&limit={limit}>; rel="next"'
        return Response.json(shown, headers=headers)
