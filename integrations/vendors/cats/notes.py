"""Our activities as activities of CATS: what kind each is, and whether one is there already."""

from __future__ import annotations

import datetime

from integrations.base.errors import NotFound, RecordGone
from integrations.base.records import Note, NoteKind, RemoteRef
from integrations.vendors.cats.client import CatsClient, made_id
from integrations.vendors.cats.fields import PATHS
from integrations.vendors.cats.lists import walk

#: A line is kept as it was: CATS' own types, and ``other`` where it has none. Nothing is sent by it there.
TYPES = {
    NoteKind.EMAIL_SENT: "email",
    NoteKind.REPLY_RECEIVED: "email",
    NoteKind.BOUNCED: "email",
    NoteKind.CALL: "call_talked",
    NoteKind.SMS: "text_message",
    NoteKind.LINKEDIN_MESSAGE: "other",
    NoteKind.TASK_DONE: "other",
    NoteKind.INTEREST_CHANGED: "other",
    NoteKind.OPT_OUT: "other",
}


def add(client: CatsClient, ref: RemoteRef, note: Note) -> str:
    """Write the activity on the person; its id. Raises RecordGone."""
    body: dict[str, object] = {
        "type": TYPES[note.kind],
        "notes": note.marked,
        "date": note.at.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    if note.job_id.isdigit():
        body["regarding_id"] = int(note.job_id)
    try:
        return made_id(client.post(_path(ref), body=body, empty=True))
    except NotFound as error:
        raise RecordGone(str(error)) from error


def is_there(client: CatsClient, ref: RemoteRef, note: Note) -> bool:
    """Whether one of the person's activities carries the note's mark."""
    mark = f"[Beckon {note.key}]"
    try:
        return any(mark in str(row.get("notes") or "") for row in walk(client, _path(ref), "activities"))
    except NotFound as error:
        raise RecordGone(str(error)) from error


def _path(ref: RemoteRef) -> str:
    return f"/{PATHS[ref.record_type]}/{ref.external_id}/activities"
