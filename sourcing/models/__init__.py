"""The tables of sourcing, by subject; import from here."""

from __future__ import annotations

from sourcing.models.candidate import Candidate, RecordType
from sourcing.models.contact_point import ContactKind, ContactPoint, ContactStatus, ContactType, Origin
from sourcing.models.experience import Education, Experience, SocialProfile
from sourcing.models.fact import Fact, PersonSearch, PersonSearchSample
from sourcing.models.import_run import ImportNote, ImportPhase, ImportRow, ImportRun, NoteKind
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
    "Education",
    "ErasureReason",
    "ErasureReceipt",
    "Experience",
    "Fact",
    "ImportNote",
    "ImportPhase",
    "ImportRow",
    "ImportRun",
    "LawfulBasis",
    "NoteKind",
    "Notice",
    "NoticeWay",
    "Origin",
    "PersonArchive",
    "PersonSearch",
    "PersonSearchSample",
    "PrivacyRules",
    "Project",
    "ProjectMember",
    "RecordType",
    "RetentionProposal",
    "SocialProfile",
    "Suppression",
    "SuppressionKind",
    "SuppressionReason",
    "SuppressionRemoval",
]
