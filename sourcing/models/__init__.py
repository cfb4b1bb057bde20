"""The tables of sourcing, by subject; import from here."""

from __future__ import annotations

from sourcing.models.candidate import Candidate, RecordType
from sourcing.models.contact_point import ContactKind, ContactPoint, ContactStatus, ContactType, Origin
from sourcing.models.custom_field import CustomField, FieldKind
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
from sourcing.models.note import Note, NoteMention, NoteVisibility
from sourcing.models.other_value import OtherValue
from sourcing.models.privacy import (
    Basis,
    ErasureReason,
    ErasureReceipt,
    LawfulBasis,
    Notice,
    NoticeWay,
    PersonArchive,
    PrivacyRules,
    RetentionProposal,
)
from sourcing.models.project import Project, ProjectMember
from sourcing.models.suppression import Suppression, SuppressionKind, SuppressionReason, SuppressionRemoval

__all__ = [
    "Basis",
    "Candidate",
    "ContactKind",
    "ContactPoint",
    "ContactStatus",
    "ContactType",
    "CustomField",
    "DuplicatePair",
    "DuplicateRule",
    "DuplicateScan",
    "Education",
    "ErasureReason",
    "ErasureReceipt",
    "Experience",
    "Fact",
    "FieldKind",
    "ImportNote",
    "ImportPhase",
    "ImportRow",
    "ImportRun",
    "LawfulBasis",
    "MatchKey",
    "Note",
    "NoteKind",
    "NoteMention",
    "NoteVisibility",
    "Notice",
    "NoticeWay",
    "Origin",
    "OtherValue",
    "PairState",
    "PersonArchive",
    "PersonMerge",
    "PersonSearch",
    "PersonSearchSample",
    "PrivacyRules",
    "Project",
    "ProjectMember",
    "RecordType",
    "RetentionProposal",
    "ScanPhase",
    "SocialProfile",
    "Suppression",
    "SuppressionKind",
    "SuppressionReason",
    "SuppressionRemoval",
]
