"""The tables of sourcing, by subject; import from here."""

from __future__ import annotations

from sourcing.models.candidate import Candidate, RecordType
from sourcing.models.contact_point import ContactKind, ContactPoint, ContactStatus, ContactType, Origin
from sourcing.models.duplicate import (
    DuplicatePair,
    DuplicateRule,
    DuplicateScan,
    MatchKey,
    PairState,
    PersonMerge,
    ScanPhase,
)
from sourcing.models.experience import Education, Experience, SocialProfile
from sourcing.models.fact import Fact, PersonSearch, PersonSearchSample
from sourcing.models.import_run import ImportNote, ImportPhase, ImportRow, ImportRun, NoteKind
from sourcing.models.project import Project, ProjectMember
from sourcing.models.suppression import Suppression, SuppressionKind, SuppressionReason

__all__ = [
    "Candidate",
    "ContactKind",
    "ContactPoint",
    "ContactStatus",
    "ContactType",
    "DuplicatePair",
    "DuplicateRule",
    "DuplicateScan",
    "Education",
    "Experience",
    "Fact",
    "ImportNote",
    "ImportPhase",
    "ImportRow",
    "ImportRun",
    "MatchKey",
    "NoteKind",
    "Origin",
    "PairState",
    "PersonMerge",
    "PersonSearch",
    "PersonSearchSample",
    "Project",
    "ProjectMember",
    "RecordType",
    "ScanPhase",
    "SocialProfile",
    "Suppression",
    "SuppressionKind",
    "SuppressionReason",
]
