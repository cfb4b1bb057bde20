"""Notes about people: who may read which, writing them, and telling those who are named in one."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.db import transaction
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right, can
from foundation import events
from foundation.problems import Invalid, Missing, NotAllowed
from sourcing.models import Candidate, Note, NoteMention, NoteVisibility, Project
from sourcing.normalising import clean_block
from sourcing.search import index
from sourcing.search.tokens import fold
from sourcing.selectors import openable_projects

#: Longest note in characters; a file takes what is longer.
MAX_BODY = 20_000
MAX_MENTIONS = 50
#: "@" looked at in one note; the rest is text.
MAX_SIGNS = 200


class NoteMissing(Missing):
    """There is no such note, or it is not the viewer's to read; which of the two is not told."""

    code: ClassVar[str] = "note_missing"


class NoteTooLong(Invalid):
    """The text is longer than a note may be."""

    code: ClassVar[str] = "note_too_long"


def readable(viewer: User) -> Q:
    """Which notes ``viewer`` may read, as a filter: own ones, the organisation's, and those of projects they see."""
    projects = openable_projects(viewer).values("pk")
    return (
        Q(author_id=viewer.pk)
        | Q(visibility=NoteVisibility.ORGANISATION)
        | Q(visibility=NoteVisibility.PROJECT, project_id__in=projects)
    )


def visible_notes(viewer: User, candidate: Candidate) -> QuerySet[Note]:
    """The person's notes ``viewer`` may read, the newest first, each with author, project and mentions."""
    mentions = NoteMention.objects.for_organisation(viewer.organisation_id).select_related("user")
    return (
        Note.objects.for_organisation(viewer.organisation_id)
        .filter(readable(viewer), candidate=candidate)
        .select_related("author", "project")
        .prefetch_related(Prefetch("mentions", queryset=mentions))
        .order_by("-created_at", "-pk")
    )


def texts(candidate_ids: Sequence[int]) -> Iterator[tuple[int, str, str]]:
    """The notes of these people as search takes them in: ``(candidate id, scope, text)``; see ``search.texts``."""
    rows = Note.objects.across_organisations("the index follows the people it is given").filter(
        candidate_id__in=candidate_ids
    )
    for candidate_id, visibility, author_id, project_id, body in rows.order_by("pk").values_list(
        "candidate_id", "visibility", "author_id", "project_id", "body"
    ):
        scope = {
            NoteVisibility.ME.value: f"@u{author_id}",
            NoteVisibility.PROJECT.value: f"@p{project_id}",
        }.get(visibility, "")
        yield candidate_id, scope, body


def scopes(viewer: User) -> list[str]:
    """The scopes whose notes ``viewer`` may find: their own, and those of projects they may open.

    Where there is no note there is no scope: each makes every word of every question longer.
    """
    notes = Note.objects.for_organisation(viewer.organisation_id)
    own = notes.filter(author=viewer, visibility=NoteVisibility.ME).order_by()
    with_notes = openable_projects(viewer).filter(Exists(notes.filter(project=OuterRef("pk"))))
    projects = with_notes.order_by("pk").values_list("pk", flat=True)
    return [*([f"@u{viewer.pk}"] if own.exists() else []), *(f"@p{pk}" for pk in projects)]


def note_for(viewer: User, note_id: int) -> Note:
    """One note the viewer may read; raises :class:`NoteMissing`."""
    found = (
        Note.objects.for_organisation(viewer.organisation_id)
        .filter(readable(viewer), pk=note_id)
        .select_related("candidate", "author", "project")
        .first()
    )
    if found is None:
        raise NoteMissing("There is no such note.")
    return found


@transaction.atomic
def write(
    *,
    candidate: Candidate,
    actor: User,
    body: str,
    visibility: str = NoteVisibility.ORGANISATION,
    project: Project | None = None,
) -> Note:
    """Write a note about a person. "@" and a member's name or e-mail address tells that member, if they may read it.

    Raises :class:`NoteTooLong`, and Invalid for an empty text, an unknown visibility, or a project that is missing,
    not seen by ``actor``, or given without need.
    """
    text, project = _checked(actor, body, visibility, project)
    note = Note.objects.create(
        organisation_id=candidate.organisation_id,
        candidate=candidate,
        author=actor,
        body=text,
        visibility=visibility,
        project=project,
    )
    _mention(note, actor)
    index.refresh([candidate.pk])
    return note


@transaction.atomic
def change(*, note: Note, actor: User, body: str, visibility: str, project: Project | None = None) -> Note:
    """The author writes it anew; who is named for the first time is told. Raises as :func:`write`, and NotAllowed for
    another's note."""
    _own(note, actor)
    text, project = _checked(actor, body, visibility, project)
    note.body, note.visibility, note.project = text, visibility, project
    note.edited_at = timezone.now()
    note.save()
    _mention(note, actor)
    index.refresh([note.candidate_id])
    return note


@transaction.atomic
def remove(*, note: Note, actor: User) -> None:
    """The author, or an administrator who can read it, takes a note away."""
    if not can(actor, Right.ORGANISATION_EDIT):
        _own(note, actor)
    candidate_id = note.candidate_id
    note.delete()
    index.refresh([candidate_id])


def seen(*, viewer: User, notes: Iterable[Note]) -> None:
    """The viewer has looked at these notes: their marks go."""
    NoteMention.objects.for_organisation(viewer.organisation_id).filter(
        user=viewer, note__in=[note.pk for note in notes], seen_at__isnull=True
    ).update(seen_at=timezone.now())


@dataclass(frozen=True)
class Span:
    """A piece of a note: plain words, or the name of a member somebody meant (``user_id``)."""

    text: str
    user_id: int | None = None


def spans(body: str, members: Sequence[tuple[int, str, str]]) -> list[Span]:
    """The note cut at its mentions: ``@`` at the start of a word, then a member's whole name or e-mail address.

    ``members`` are ``(id, name, e-mail)``. The longest name wins ("@Ann Lee" before "@Ann"); a name two members share
    means nobody. Pure.
    """
    named: dict[str, int | None] = {}
    for user_id, name, email in members:
        for words in {fold(name), fold(email)} - {""}:
            named[words] = None if words in named and named[words] != user_id else user_id
    longest = sorted((words for words, user_id in named.items() if user_id), key=len, reverse=True)
    found: list[Span] = []
    start = 0
    for match in itertools.islice(re.finditer(r"(?<![\w@.])@", body), MAX_SIGNS):
        at = match.start()
        if at < start:
            continue
        rest = body[at + 1 : at + 260]
        folded = fold(rest)
        for words in longest:
            if folded.startswith(words) and (taken := _prefix(rest, words)):
                found += [Span(body[start:at]), Span(f"@{rest[:taken]}", named[words])]
                start = at + 1 + taken
                break
    return [span for span in [*found, Span(body[start:])] if span.text]


def _prefix(rest: str, words: str) -> int:
    """How many characters of ``rest`` say ``words`` when folded, ending with a word; 0 for none."""
    for length in range(len(words), min(len(rest), len(words) + 12) + 1):
        ends = length == len(rest) or not (rest[length].isalnum() or rest[length] == "_")
        if ends and fold(rest[:length]) == words:
            return length
    for length in range(max(1, len(words) - 12), min(len(rest), len(words))):
        ends = not (rest[length].isalnum() or rest[length] == "_")
        if ends and fold(rest[:length]) == words:
            return length
    return 0


def members_of(organisation_id: int) -> list[tuple[int, str, str]]:
    """``(id, name, e-mail)`` of everybody who may be named: active members who may see people."""
    rows = User.objects.filter(organisation_id=organisation_id, is_active=True).order_by("name", "pk")
    return [(user.pk, user.name, user.email) for user in rows if can(user, Right.CANDIDATE_VIEW)]


@dataclass(frozen=True)
class Colleague:
    """A member to name; ``written`` is what stands after ``@`` so that it means them and nobody else."""

    id: int
    name: str
    email: str
    written: str


def colleagues(viewer: User, text: str, *, most: int = 8) -> list[Colleague]:
    """Members of whom ``text`` begins a part of the name or the e-mail address, the viewer left out."""
    assert viewer.organisation_id is not None
    members = members_of(viewer.organisation_id)
    shared = Counter(fold(name) for _, name, _ in members)
    wanted = fold(text).strip()
    found = []
    for user_id, name, email in members:
        folded = fold(name)
        fits = f" {folded}".find(f" {wanted}") >= 0 or fold(email).startswith(wanted)
        if wanted and fits and user_id != viewer.pk:
            written = name if folded and shared[folded] == 1 else email
            found.append(Colleague(user_id, name or email, email, written))
    return found[:most]


def _checked(actor: User, body: str, visibility: str, project: Project | None) -> tuple[str, Project | None]:
    if len(body) > MAX_BODY * 2:
        raise _too_long()
    text = clean_block(body, limit=MAX_BODY + 1)
    if not text:
        raise Invalid("Write something.", fields={"body": "Write something."})
    if len(text) > MAX_BODY:
        raise _too_long()
    if visibility not in NoteVisibility.values:
        raise Invalid("Choose who may read it.", fields={"visibility": "Choose who may read it."})
    if visibility != NoteVisibility.PROJECT:
        return text, None
    if project is None or not openable_projects(actor).filter(pk=project.pk).exists():
        raise Invalid("Choose a project.", fields={"project": "Choose a project."})
    return text, project


def _too_long() -> NoteTooLong:
    text = f"A note has {MAX_BODY:,} characters at most. Attach a file for what is longer."
    return NoteTooLong(text, fields={"body": text})


def _own(note: Note, actor: User) -> None:
    if note.author_id != actor.pk:
        raise NotAllowed("This note is somebody else’s.")


def _mention(note: Note, actor: User) -> None:
    """One row per member named for the first time who may read the note; nobody is told about their own."""
    named = {span.user_id for span in spans(note.body, members_of(note.organisation_id)) if span.user_id}
    present = set(note.mentions.values_list("user_id", flat=True))
    note.mentions.exclude(user_id__in=named).delete()
    readers = [
        user
        for user in User.objects.filter(pk__in=named - present - {actor.pk}).order_by("pk")[:MAX_MENTIONS]
        if Note.objects.for_organisation(note.organisation_id).filter(readable(user), pk=note.pk).exists()
    ]
    made = NoteMention.objects.bulk_create(
        [NoteMention(organisation_id=note.organisation_id, note=note, user=user) for user in readers]
    )
    if made:
        events.emit(
            "note.mentioned",
            organisation_id=note.organisation_id,
            subject=f"note:{note.pk}",
            note_id=note.pk,
            candidate_id=note.candidate_id,
        )
