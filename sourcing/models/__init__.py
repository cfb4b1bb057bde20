"""The tables of sourcing, by subject; import from here."""

from __future__ import annotations

from sourcing.models.bulk_item import BulkItem, BulkState
from sourcing.models.candidate import Candidate, RecordType
from sourcing.models.contact_point import ContactKind, ContactPoint, ContactStatus, ContactType, Origin
from sourcing.models.experience import Education, Experience, SocialProfile
from sourcing.models.fact import Fact, PersonSearch, PersonSearchSample
from sourcing.models.import_run import ImportNote, ImportPhase, ImportRow, ImportRun, NoteKind
from sourcing.models.project import DefaultStage, Project, ProjectMember, Stage, Visibility
from sourcing.models.project_activity import ActivityKind, ProjectActivity
from sourcing.models.project_sharing import Collaborator, ProjectRole, ProjectShare, ShareMode
from sourcing.models.suppression import Suppression, SuppressionKind, SuppressionReason

__all__ = [
    "ActivityKind",
    "BulkItem",
    "BulkState",
    "Candidate",
    "Collaborator",
    "ContactKind",
    "ContactPoint",
    "ContactStatus",
    "ContactType",
    "DefaultStage",
    "Education",
    "Experience",
    "Fact",
    "ImportNote",
    "ImportPhase",
    "ImportRow",
    "ImportRun",
    "NoteKind",
    "Origin",
    "PersonSearch",
    "PersonSearchSample",
    "Project",
    "ProjectActivity",
    "ProjectMember",
    "ProjectRole",
    "ProjectShare",
    "RecordType",
    "ShareMode",
    "SocialProfile",
    "Stage",
    "Suppression",
    "SuppressionKind",
    "SuppressionReason",
    "Visibility",
]
