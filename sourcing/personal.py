"""What becomes of sourcing's rows when a person is erased or asks what is known about them; registered by ``timeline``.

It also answers for the text columns of the rooms below, which know no people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper

from accounts.models import User
from foundation.secrets import fingerprint
from sourcing import erasing, merging, notes
from sourcing.models import (
    Candidate,
    ContactPoint,
    Education,
    Experience,
    Fact,
    LawfulBasis,
    Note,
    Notice,
    OtherValue,
    ProjectMember,
    SocialProfile,
    Suppression,
    SuppressionKind,
)
from sourcing.person_data import Words, row_of
from sourcing.resumes import unclaimed
from sourcing.trails import Trail

#: Text columns of tables that no foreign key joins to a person (``person_data``).
WORDS: Mapping[str, Words] = {
    "sourcing.Candidate": Words.ERASED,
    "sourcing.CustomField": Words.NOBODY,
    "sourcing.ErasureReceipt": Words.NOBODY,
    "sourcing.ImportMapping": Words.SCRUBBED,
    "sourcing.ImportNote": Words.SCRUBBED,
    "sourcing.ImportRow": Words.SCRUBBED,
    "sourcing.ImportRun": Words.SCRUBBED,
    "sourcing.ImportSlice": Words.NOBODY,
    "sourcing.CreditEntry": Words.NOBODY,
    "sourcing.DefaultStage": Words.NOBODY,
    "sourcing.DuplicatePair": Words.NOBODY,
    "sourcing.DuplicateRule": Words.NOBODY,
    "sourcing.DuplicateScan": Words.NOBODY,
    "sourcing.FacetValue": Words.ERASED,
    "sourcing.FindingProvider": Words.NOBODY,
    "sourcing.PrivacyRules": Words.NOBODY,
    "sourcing.ProjectShare": Words.NOBODY,
    "sourcing.ProviderCall": Words.NOBODY,
    "sourcing.SavedSearch": Words.NOBODY,
    "sourcing.Stage": Words.NOBODY,
    "sourcing.Synonym": Words.NOBODY,
    "sourcing.Project": Words.NOBODY,
    "accounts.ApiToken": Words.NOBODY,
    "accounts.AuditEntry": Words.SCRUBBED,
    "accounts.Invitation": Words.NOBODY,
    "accounts.Organisation": Words.NOBODY,
    "accounts.PairedBrowser": Words.NOBODY,
    "accounts.User": Words.NOBODY,
    "foundation.Delivery": Words.NOBODY,
    "foundation.Event": Words.NOBODY,
    "foundation.IdempotentAnswer": Words.SCRUBBED,
    "foundation.Run": Words.SCRUBBED,
}
#: Told apart, or of no use to the person.
_NOT_TOLD = frozenset(
    {"organisation", "candidate", "id", "normalised", "position", "shared", "added_by", "untold_since"}
)


def erase(trail: Trail) -> dict[str, int]:
    """Notes beside suppressed addresses of the person; all other rows go with the person's own row."""
    addresses = ContactPoint.objects.for_organisation(trail.organisation_id).filter(
        candidate_id=trail.candidate_id
    )
    prints = {fingerprint(value) for value in addresses.values_list("normalised", flat=True)}
    prints |= {fingerprint(key) for key in trail.keys}
    beside = Suppression.objects.for_organisation(trail.organisation_id).filter(
        kind__in=[SuppressionKind.ADDRESS, SuppressionKind.PROFILE], fingerprint__in=prints
    )
    return {"sourcing.Suppression": beside.exclude(note="").update(note="")}


def scrub(trail: Trail) -> dict[str, int]:
    """Copies in imports, records of merges, runs, stored answers and the admin's log."""
    merging.scrub(trail.organisation_id, trail.candidate_id)
    return erasing.scrub_below(trail)


def busy(organisation_id: int, candidate_ids: Sequence[int]) -> set[int]:
    """People in a project that is not archived."""
    members = ProjectMember.objects.for_organisation(organisation_id).filter(
        candidate_id__in=candidate_ids, project__archived_at__isnull=True
    )
    return set(members.values_list("candidate_id", flat=True))


def collect(candidate: Candidate, viewer: User) -> dict[str, list[dict[str, Any]]]:
    """The person with everything of theirs, for ``viewer``; private addresses of others only as "private address"
    with the name of whoever added them (docs/privacy.md)."""
    own = candidate.organisation_id
    return {
        "Person": [row_of(candidate, leave_out=_NOT_TOLD)],
        "Addresses and numbers": [_point(point, viewer) for point in _points(candidate)],
        **{
            heading: [
                row_of(row, leave_out=_NOT_TOLD)
                for row in model.objects.for_organisation(own).filter(candidate=candidate)
            ]
            for heading, model in _PLAIN.items()
        },
        "Résumés nobody has confirmed": [
            {"file": file.name, "uploaded": file.created_at}
            for file in unclaimed.surely_of(candidate, viewer)
        ],
        "Notes": [_note(row) for row in _notes(candidate, viewer)],
        "Do not contact": [
            {"since": row.created_at, "reason": row.get_reason_display(), "note": row.note}
            for row in Suppression.objects.for_organisation(own).filter(candidate=candidate)
        ],
        "Projects": [
            {"project": member.project.name, "added": member.added_at, "by": str(member.added_by or "")}
            for member in ProjectMember.objects.for_organisation(own)
            .filter(candidate=candidate)
            .select_related("project", "added_by")
        ],
    }


_PLAIN: dict[str, Any] = {
    "Experience": Experience,
    "Education": Education,
    "Profiles": SocialProfile,
    "Lawful bases": LawfulBasis,
    "Notices": Notice,
    "Other values": OtherValue,
    "Told by other parts": Fact,
}


def _notes(candidate: Candidate, viewer: User) -> Any:
    rows = Note.objects.for_organisation(candidate.organisation_id).filter(candidate=candidate)
    mine = ExpressionWrapper(notes.readable(viewer), output_field=BooleanField())
    return rows.annotate(readable=mine).select_related("author").order_by("pk")


def _note(note: Any) -> dict[str, Any]:
    """A note the viewer may not read is told of, with whom to ask: it is about the person all the same."""
    if not note.readable:
        return {"body": "private note", "written by": str(note.author or "")}
    return row_of(note, leave_out=_NOT_TOLD)


def _points(candidate: Candidate) -> Any:
    return (
        ContactPoint.objects.for_organisation(candidate.organisation_id)
        .filter(candidate=candidate)
        .select_related("added_by")
    )


def _point(point: ContactPoint, viewer: User) -> dict[str, Any]:
    told = row_of(point, leave_out=_NOT_TOLD)
    if not point.shared:
        told["added by"] = str(point.added_by)
        if point.added_by_id != viewer.pk:
            return {"kind": told["kind"], "value": "private address", "added by": told["added by"]}
    return told
