"""Our activities as comments on an application. The vendor tells the hiring team of each ("New comment received")."""

from __future__ import annotations

from integrations.base.errors import MalformedResponse, NotFound, OutcomeUnknown, RecordGone
from integrations.base.records import Note, RemoteRef
from integrations.vendors.pinpoint.client import PinpointClient
from integrations.vendors.pinpoint.jsonapi import MOST_ROWS, one, row_id, walk


def add(client: PinpointClient, ref: RemoteRef, note: Note) -> str:
    """Write the comment; its id. Raises RecordGone."""
    body = {
        "data": {
            "type": "comments",
            "attributes": {"body_text": note.marked},
            "relationships": {"commentable": {"data": {"type": "applications", "id": ref.external_id}}},
        }
    }
    try:
        reply = client.post("/comments", body=body)
    except NotFound as error:
        raise RecordGone(str(error)) from error
    try:
        return row_id(one(reply.data))
    except MalformedResponse as error:
        raise OutcomeUnknown(str(error)) from error


def is_there(client: PinpointClient, ref: RemoteRef, note: Note) -> bool:
    """Whether one of the application's comments carries the note's mark."""
    mark = f"[Beckon {note.key}]"
    params = {
        "filter[commentable_id]": ref.external_id,
        "filter[commentable_type]": "Application",
        "fields[comments]": "body_text",
        "sort": "id",
    }
    rows = walk(client, "/comments", params, size=MOST_ROWS)
    return any(mark in str(row.get("attributes", {}).get("body_text") or "") for row in rows)
