"""What a save of the side panel asks for, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from panel.profiles import Profile
from panel.summary import Summary
from sourcing.models import ContactKind, NoteVisibility


@dataclass(frozen=True, kw_only=True)
class NoteWanted:
    """A note to write; of a project it is the one named, else the first the person is put into."""

    text: str
    visibility: str = NoteVisibility.ORGANISATION
    project_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class SyncWanted:
    """Settings by name and values of displayed fields by the field's id, at one system, for this person only."""

    connection_id: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is to be saved. ``candidate_id`` None makes a person; ``record_type`` None leaves *Sync as* as it is.

    ``anyway``: into campaigns also when something speaks against it that only warns. ``get``: contact data to ask for.
    """

    profile: Profile
    candidate_id: int | None = None
    create_anyway: bool = False
    record_type: str | None = None
    tags: Sequence[str] = ()
    note: NoteWanted | None = None
    project_ids: Sequence[int] = ()
    campaign_ids: Sequence[int] = ()
    anyway: bool = False
    sync: Sequence[SyncWanted] = ()
    get: Sequence[ContactKind] = ()


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A part that was not done: ``id`` is the campaign's, project's or connection's, ``name`` the setting's or field's.

    ``code`` and ``detail`` are those of the problem the same thing would be refused with by itself.
    """

    what: str
    code: str
    detail: str
    id: int | None = None
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Saved:
    """What became of it: the person as they are now, what was done in words, and what was not."""

    created: bool
    person: Summary
    done: Sequence[str]
    refused: Sequence[Refused]
