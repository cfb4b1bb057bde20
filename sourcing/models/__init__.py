"""The tables of sourcing, by subject; import from here."""

from __future__ import annotations

from sourcing.models.candidate import Candidate, RecordType
from sourcing.models.contact_point import ContactKind, ContactPoint, ContactStatus, ContactType, Origin
from sourcing.models.credit import CreditAllowance, CreditBalance, CreditEntry, CreditEvent
from sourcing.models.experience import Education, Experience, SocialProfile
from sourcing.models.fact import Fact, PersonSearch, PersonSearchSample
from sourcing.models.finding import (
    CallOutcome,
    Finding,
    FindingItem,
    FindingProvider,
    FindingStatus,
    ProviderAnswer,
    ProviderCall,
)
from sourcing.models.import_run import ImportNote, ImportPhase, ImportRow, ImportRun, NoteKind
from sourcing.models.project import Project, ProjectMember
from sourcing.models.suppression import Suppression, SuppressionKind, SuppressionReason

__all__ = [
    "CallOutcome",
    "Candidate",
    "ContactKind",
    "ContactPoint",
    "ContactStatus",
    "ContactType",
    "CreditAllowance",
    "CreditBalance",
    "CreditEntry",
    "CreditEvent",
    "Education",
    "Experience",
    "Fact",
    "Finding",
    "FindingItem",
    "FindingProvider",
    "FindingStatus",
    "ImportNote",
    "ImportPhase",
    "ImportRow",
    "ImportRun",
    "NoteKind",
    "Origin",
    "PersonSearch",
    "PersonSearchSample",
    "Project",
    "ProjectMember",
    "ProviderAnswer",
    "ProviderCall",
    "RecordType",
    "SocialProfile",
    "Suppression",
    "SuppressionKind",
    "SuppressionReason",
]
