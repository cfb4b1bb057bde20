"""Links for hiring managers: somebody without a login sees the people of one project, and nothing else.

The link is shown once; only its hash is kept. What a guest sees is built here and is all there is: never an address, a
number, a profile link, a note, or the id of a person (docs/behaviour.md §9).
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import re
import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from accounts.tokens import hash_of
from foundation.problems import Conflict, Invalid, Missing, NotAllowed
from sourcing import activity
from sourcing.models import (
    ActivityKind,
    Candidate,
    Project,
    ProjectActivity,
    ProjectMember,
    ProjectShare,
    ShareMode,
)
from sourcing.normalising import clean_text

MAX_DAYS = 365
#: What a name becomes where another text repeats it.
HIDDEN = "···"


class ShareOver(Missing):
    """The link is unknown, expired or taken back; which of them is not told."""

    code = "share_over"
    sentence = "This link does not work any more. Ask the person who gave it to you for a new one."


@dataclass(frozen=True)
class SharedPerson:
    """What a guest sees of one person. ``reference`` names them in a comment and means nothing elsewhere."""

    reference: str
    name: str
    stage: str
    title: str
    company: str
    location: str
    skills: tuple[str, ...]
    experience: tuple[str, ...]
    education: tuple[str, ...]
    comments: list[tuple[str, str]] = field(default_factory=list)


@transaction.atomic
def create(
    *,
    project: Project,
    actor: User,
    label: str,
    mode: str,
    names_hidden: bool,
    days: int,
    now: datetime.datetime,
) -> tuple[ProjectShare, str]:
    """A link and its secret, which is shown once. ``days`` (1–365) after ``now`` it ends by itself.

    Raises Invalid without a label (whom it is for), with another mode or time.
    """
    label = clean_text(label, limit=100)
    errors = {}
    if not label:
        errors["label"] = "Say whom the link is for."
    if mode not in ShareMode.values:
        errors["mode"] = "Choose what the link lets them do."
    if not 1 <= days <= MAX_DAYS:
        errors["days"] = f"Between 1 and {MAX_DAYS} days."
    if errors:
        raise Invalid("Please look at the marked fields.", fields=errors)
    secret = secrets.token_urlsafe(24)
    made = ProjectShare.objects.create(
        organisation_id=project.organisation_id,
        project=project,
        label=label,
        token_hash=hash_of(secret),
        mode=mode,
        names_hidden=names_hidden,
        created_by=actor,
        expires_at=now + datetime.timedelta(days=days),
    )
    activity.record(project, ActivityKind.SHARED, actor=actor, name=label)
    return made, secret


@transaction.atomic
def revoke(*, share: ProjectShare, actor: User, now: datetime.datetime) -> None:
    """Take a link back: it ends at once. Raises Conflict when it was taken back already."""
    changed = (
        ProjectShare.objects.for_organisation(share.organisation_id)
        .filter(pk=share.pk, revoked_at__isnull=True)
        .update(revoked_at=now)
    )
    if not changed:
        raise Conflict("This link was taken back already.")
    activity.record(share.project, ActivityKind.UNSHARED, actor=actor, name=share.label)


def shares(project: Project) -> QuerySet[ProjectShare]:
    """The links of a project that were not taken back, the newest first; expired ones included."""
    return (
        ProjectShare.objects.for_organisation(project.organisation_id)
        .filter(project=project, revoked_at__isnull=True)
        .select_related("created_by", "project")
        .order_by("-pk")
    )


def find(secret: str, *, now: datetime.datetime) -> ProjectShare:
    """The live link of a secret; raises :class:`ShareOver`, also while the project is archived."""
    found = (
        ProjectShare.objects.across_organisations("the link names its organisation")
        .select_related("project", "organisation", "created_by")
        .filter(
            token_hash=hash_of(secret),
            revoked_at__isnull=True,
            expires_at__gt=now,
            project__archived_at__isnull=True,
            created_by__is_active=True,
        )
        .first()
    )
    if found is None:
        raise ShareOver
    return found


def used(share: ProjectShare, *, now: datetime.datetime) -> None:
    """Note that somebody looked, at most once in ten minutes."""
    if share.last_used_at is None or now - share.last_used_at > datetime.timedelta(minutes=10):
        ProjectShare.objects.for_organisation(share.organisation_id).filter(pk=share.pk).update(
            last_used_at=now
        )


def members(share: ProjectShare) -> QuerySet[ProjectMember]:
    """Everybody in the shared project, by stage and place; paged by ``("stage__position", …)`` in the view."""
    return (
        ProjectMember.objects.for_organisation(share.organisation_id)
        .filter(project=share.project)
        .select_related("candidate", "stage")
        .prefetch_related("candidate__experience", "candidate__education")
    )


def people(share: ProjectShare, found: Sequence[ProjectMember]) -> list[SharedPerson]:
    """These members as a guest may see them, with what guests and colleagues said about them on this link's project."""
    comments = _comments(share, [member.candidate_id for member in found])
    return [_person(share, member, comments[member.candidate_id]) for member in found]


@transaction.atomic
def comment(*, share: ProjectShare, reference: str, name: str, body: str) -> ProjectActivity:
    """What a guest says, about one person or (``reference`` empty) the project, under the name they state.

    Raises NotAllowed for a link that only looks, Invalid without name or words, Missing for another's reference.
    """
    if share.mode != ShareMode.COMMENT:
        raise NotAllowed("This link lets you look, not comment.")
    guest = clean_text(name, limit=100)
    if not guest:
        raise Invalid("Say your name.", fields={"name": "Say your name."})
    candidate_id = _named(share, reference) if reference else None
    return activity.comment(
        project=share.project, actor=None, body=body, candidate_id=candidate_id, guest=guest
    )


def reference(share: ProjectShare, member_id: int) -> str:
    """What stands for a member on this link's page: stable there, meaningless elsewhere."""
    key = share.token_hash.encode()
    return hmac.new(key, str(member_id).encode(), hashlib.sha256).hexdigest()[:12]


def redacted(text: str, names: Iterable[str], phrases: Iterable[str] = ()) -> str:
    """``text`` with every word of a name (two letters or more) and every phrase replaced, case apart. Pure."""
    parts = {part for name in names for part in re.split(r"[\s\-]+", name) if len(part) > 1}
    found = sorted({*parts, *(phrase for phrase in phrases if len(phrase) > 1)}, key=len, reverse=True)
    if not found:
        return text
    pattern = "|".join(re.escape(word) for word in found)
    return re.sub(rf"(?<!\w)(?:{pattern})(?!\w)", HIDDEN, text, flags=re.IGNORECASE)


def _person(share: ProjectShare, member: ProjectMember, comments: list[tuple[str, str]]) -> SharedPerson:
    candidate = member.candidate
    schools = [school.school for school in candidate.education.all() if school.school]
    names = _names(candidate)

    def shown(text: str) -> str:
        return redacted(text, names, schools) if share.names_hidden else text

    marked = reference(share, member.pk)
    return SharedPerson(
        reference=marked,
        name=f"Candidate {marked[:4].upper()}" if share.names_hidden else candidate.name,
        stage=member.stage.name,
        title=shown(candidate.title),
        company=shown(candidate.company),
        location=candidate.location,
        skills=tuple(shown(str(skill)) for skill in candidate.skills[:30]),
        experience=tuple(
            shown(" at ".join(part for part in (job.title, job.company) if part))
            for job in candidate.experience.all()
            if job.title or job.company
        ),
        education=() if share.names_hidden else tuple(schools),
        comments=[(who, shown(body)) for who, body in comments],
    )


def _names(candidate: Candidate) -> list[str]:
    return [name for name in (candidate.first_name, candidate.last_name) if name]


def _comments(share: ProjectShare, candidate_ids: Sequence[int]) -> defaultdict[int, list[tuple[str, str]]]:
    """What guests said about these people; what colleagues write is theirs alone."""
    rows = (
        ProjectActivity.objects.for_organisation(share.organisation_id)
        .filter(project=share.project, kind=ActivityKind.COMMENT, candidate_id__in=candidate_ids)
        .exclude(guest="")
        .order_by("at", "pk")
    )
    found: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
    for row in rows:
        assert row.candidate_id is not None
        found[row.candidate_id].append((row.guest, row.body))
    return found


def _named(share: ProjectShare, wanted: str) -> int:
    """The person behind a reference; raises Missing. References are not stored: they are computed anew."""
    rows = ProjectMember.objects.for_organisation(share.organisation_id).filter(project=share.project)
    for member_id, candidate_id in rows.values_list("pk", "candidate_id").iterator():
        if hmac.compare_digest(reference(share, member_id), wanted):
            return candidate_id
    raise Missing("This person is not in the project any more.")
