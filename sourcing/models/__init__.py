"""The tables of sourcing, by subject; import from here."""

from __future__ import annotations

from sourcing.models.bulk_item import BulkItem, BulkState
from sourcing.models.candidate import Candidate, RecordType
from sourcing.models.contact_point import ContactKind, ContactPoint, ContactStatus, ContactType, Origin
from sourcing.models.credit import CreditAllowance, CreditBalance, CreditEntry, CreditEvent
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
from sourcing.models.facet import FacetValue, Synonym
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
from sourcing.models.import_run import (
    ImportChange,
    ImportFormat,
    ImportMapping,
    ImportNote,
    ImportPhase,
    ImportRow,
    ImportRun,
    ImportSlice,
    NoteKind,
)
from sourcing.models.note import Note, NoteMention, NoteVisibility
from sourcing.models.other_value import OtherValue
from sourcing.models.person_file import Decision, FileState, PersonFile
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
from sourcing.models.project import DefaultStage, Project, ProjectMember, Stage, Visibility
from sourcing.models.project_activity import ActivityKind, ProjectActivity
from sourcing.models.project_sharing import Collaborator, ProjectRole, ProjectShare, ShareMode
from sourcing.models.saved_search import SavedSearch, SavedSearchMail
from sourcing.models.suppression import Suppression, SuppressionKind, SuppressionReason, SuppressionRemoval

__all__ = [
    "ActivityKind",
    "Basis",
    "BulkItem",
    "BulkState",
    "CallOutcome",
    "Candidate",
    "Collaborator",
    "ContactKind",
    "ContactPoint",
    "ContactStatus",
    "ContactType",
    "CreditAllowance",
    "CreditBalance",
    "CreditEntry",
    "CreditEvent",
    "CustomField",
    "Decision",
    "DefaultStage",
    "DuplicatePair",
    "DuplicateRule",
    "DuplicateScan",
    "Education",
    "ErasureReason",
    "ErasureReceipt",
    "Experience",
    "FacetValue",
    "Fact",
    "FieldKind",
    "FileState",
    "Finding",
    "FindingItem",
    "FindingProvider",
    "FindingStatus",
    "ImportChange",
    "ImportFormat",
    "ImportMapping",
    "ImportNote",
    "ImportPhase",
    "ImportRow",
    "ImportRun",
    "ImportSlice",
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
    "PersonFile",
    "PersonMerge",
    "PersonSearch",
    "PersonSearchSample",
    "PrivacyRules",
    "Project",
    "ProjectActivity",
    "ProjectMember",
    "ProjectRole",
    "ProjectShare",
    "ProviderAnswer",
    "ProviderCall",
    "RecordType",
    "RetentionProposal",
    "SavedSearch",
    "SavedSearchMail",
    "ScanPhase",
    "ShareMode",
    "SocialProfile",
    "Stage",
    "Suppression",
    "SuppressionKind",
    "SuppressionReason",
    "SuppressionRemoval",
    "Synonym",
    "Visibility",
]
