"""The Activity tab of a project: writing what happened, and telling it with what upper rooms add."""

from __future__ import annotations

import base64
import binascii
import datetime
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from accounts.models import User
from foundation.paging import BadCursor
from foundation.problems import Invalid
from sourcing import slots
from sourcing.models import ActivityKind, ImportRun, Project, ProjectActivity, Visibility
from sourcing.normalising import clean_block, clean_text

PAGE = 50
_OWN = "activity:"
#: Classes of characters that change the direction of what follows.
_TURNS = frozenset({"R", "AL", "AN", "RLE", "RLO", "RLI", "LRE", "LRO", "LRI", "FSI", "PDF", "PDI"})
#: A comment is a remark, not a document.
MAX_COMMENT = 5_000

_ICONS = {
    ActivityKind.CREATED: "folder-plus",
    ActivityKind.RENAMED: "pencil",
    ActivityKind.ARCHIVED: "archive",
    ActivityKind.BROUGHT_BACK: "archive-restore",
    ActivityKind.DUPLICATED: "copy",
    ActivityKind.OWNER: "user-check",
    ActivityKind.VISIBILITY: "eye",
    ActivityKind.COLLABORATOR: "users",
    ActivityKind.COLLABORATOR_LEFT: "users",
    ActivityKind.JOINED: "user-plus",
    ActivityKind.LEFT: "user-minus",
    ActivityKind.MOVED: "arrow-right",
    ActivityKind.STAGE: "columns-3",
    ActivityKind.COMMENT: "message-square",
    ActivityKind.SHARED: "link",
    ActivityKind.UNSHARED: "unlink",
}


@dataclass(frozen=True)
class Entries:
    """One page of a project's activity, the newest first; ``next`` is the cursor of what was before it.

    There is no way back but the browser's: a page is made of several sources.
    """

    rows: list[slots.ActivityEntry]
    next: str | None
    previous: None = None


def record(
    project: Project,
    kind: ActivityKind,
    *,
    actor: User | None,
    candidate_id: int | None = None,
    **detail: Any,
) -> None:
    """Write one entry in the caller's transaction; ``detail`` holds counts and words of the project, not of people."""
    ProjectActivity.objects.create(
        organisation_id=project.organisation_id,
        project=project,
        kind=kind,
        actor=actor,
        candidate_id=candidate_id,
        detail=detail,
    )


def comment(
    *, project: Project, actor: User | None, body: str, candidate_id: int | None = None, guest: str = ""
) -> ProjectActivity:
    """Say something about the project or one of its people. ``guest`` is the stated name of whoever came by a link.

    Raises Invalid without words. Who may comment is the caller's to check; a person must be in the project.
    """
    text = clean_block(body)[:MAX_COMMENT].strip()
    if not text:
        raise Invalid("Write something.", fields={"body": "Write something."})
    return ProjectActivity.objects.create(
        organisation_id=project.organisation_id,
        project=project,
        kind=ActivityKind.COMMENT,
        actor=actor,
        candidate_id=candidate_id,
        body=text,
        guest=clean_text(guest, limit=100),
    )


def entries(*, viewer: User, project: Project, after: str | None = None, size: int = PAGE) -> Entries:
    """A page of everything that happened, own entries and those of ``slots.project_activity``; the newest first.

    ``viewer`` may open the project (``selectors.project_for``). Raises BadCursor.
    """
    until, key = _decode(after) if after else (None, "")
    found = [*_own(project, until, key, size + 1), *_imports(project, until, size + 1)]
    for slot in slots.project_activity.visible(viewer):
        found += slot.entries(project, viewer, until, size + 1)
    found.sort(key=lambda entry: (entry.at, entry.key), reverse=True)
    if until is not None:
        found = [entry for entry in found if (entry.at, entry.key) < (until, key)]
    rows = found[:size]
    return Entries(rows, _encode(rows[-1]) if len(found) > size else None)


def sentence(kind: str, detail: Mapping[str, Any], person: str | None) -> str:
    """What happened in a few words; the actor stands before it ("moved Ana Silva from Sourced to Interview")."""
    name = isolated(str(detail.get("name", "")))
    count = detail.get("count", 0)
    person = isolated(person) if person else person
    whom = person or (f"{count:,} people" if count != 1 else "1 person")
    words = {
        ActivityKind.CREATED: "made the project",
        ActivityKind.RENAMED: f"renamed the project to “{name}”",
        ActivityKind.ARCHIVED: "archived the project",
        ActivityKind.BROUGHT_BACK: "brought the project back",
        ActivityKind.DUPLICATED: "copied the project from another one",
        ActivityKind.OWNER: f"made {name} the owner",
        ActivityKind.VISIBILITY: f"made the project visible to: {_visible(name)}",
        ActivityKind.COLLABORATOR: f"made {name} {detail.get('role', '')}",
        ActivityKind.COLLABORATOR_LEFT: f"took {name} out of the members",
        ActivityKind.JOINED: f"added {whom}",
        ActivityKind.LEFT: f"removed {whom}",
        ActivityKind.MOVED: f"moved {whom} to {detail.get('to', '')}",
        ActivityKind.STAGE: str(detail.get("text", "changed the stages")),
        ActivityKind.COMMENT: f"commented on {person}" if person else "commented",
        ActivityKind.SHARED: f"made a link for {name}",
        ActivityKind.UNSHARED: f"took back the link for {name}",
    }
    if kind == ActivityKind.MOVED and detail.get("from"):
        return f"moved {whom} from {detail['from']} to {detail.get('to', '')}"
    return words[ActivityKind(kind)]


def isolated(name: str) -> str:
    """A name that cannot turn the words around it: one that could stands between Unicode's isolates (UAX 9)."""
    turns = any(unicodedata.bidirectional(character) in _TURNS for character in name)
    return f"\u2068{name}\u2069" if turns else name


def _visible(value: str) -> str:
    return str(dict(Visibility.choices).get(value, value)).lower()


def _own(
    project: Project, until: datetime.datetime | None, key: str, limit: int
) -> list[slots.ActivityEntry]:
    rows = (
        ProjectActivity.objects.for_organisation(project.organisation_id)
        .filter(project=project)
        .select_related("actor", "candidate")
        .order_by("-at", "-pk")
    )
    if until is not None:
        rows = rows.filter(_before(until, key))
    return [
        slots.ActivityEntry(
            at=row.at,
            key=f"{_OWN}{row.pk:020}",
            icon=_ICONS[ActivityKind(row.kind)],
            who=row.guest or (row.actor.name if row.actor else "Beckon"),
            guest=bool(row.guest),
            text=sentence(row.kind, row.detail, row.candidate.name if row.candidate else None),
            quote=row.body,
            url=row.candidate.url if row.candidate else "",
        )
        for row in rows[:limit]
    ]


def _before(until: datetime.datetime, key: str) -> Q:
    """Own entries behind the cursor. Many may have one moment, so the moment alone would not get past them."""
    prefix, _, number = key.rpartition(":")
    if f"{prefix}:" == _OWN and number.isdecimal():
        return Q(at__lt=until) | Q(at=until, pk__lt=min(int(number), 2**63 - 1))
    return Q(at__lte=until) if key > _OWN else Q(at__lt=until)


def _imports(project: Project, until: datetime.datetime | None, limit: int) -> list[slots.ActivityEntry]:
    rows = (
        ImportRun.objects.for_organisation(project.organisation_id)
        .filter(project=project, run__isnull=False)
        .select_related("created_by")
        .order_by("-created_at", "-pk")
    )
    if until is not None:
        rows = rows.filter(created_at__lte=until)
    return [
        slots.ActivityEntry(
            at=row.created_at,
            key=f"import:{row.pk:020}",
            icon="upload",
            who=row.created_by.name if row.created_by else "Beckon",
            text=f"imported {row.file_name}",
            note=f"{row.imported + row.updated:,} people",
        )
        for row in rows[:limit]
    ]


def _encode(entry: slots.ActivityEntry) -> str:
    body = json.dumps([entry.at.isoformat(), entry.key], separators=(",", ":"))
    return base64.urlsafe_b64encode(body.encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[datetime.datetime, str]:
    try:
        at, key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        moment = datetime.datetime.fromisoformat(at)
    except (binascii.Error, ValueError, TypeError, RecursionError):
        raise BadCursor from None
    if moment.tzinfo is None or not isinstance(key, str):
        raise BadCursor
    return moment, key
