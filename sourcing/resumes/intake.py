"""Résumés on their way in: many files at once, read one by one in a Run, then confirmed by somebody.

Registered as the run kind ``resumes``. A file is stored before anything is read, so nothing is lost whatever it holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from foundation import runs
from foundation.models import Run
from foundation.problems import Conflict, Invalid, Missing, Problem
from sourcing import (
    contact_points,
    duplicates,
    editing,
    files,
    history,
    known_again,
    matching,
    people,
    places,
    sightings,
)
from sourcing.models import (
    Candidate,
    ContactKind,
    ContactPoint,
    ContactType,
    Decision,
    FileState,
    Origin,
    PersonFile,
)
from sourcing.normalising import (
    InvalidAddress,
    InvalidPhone,
    linkedin_key,
    normalise_email,
    normalise_phone,
    split_name,
)
from sourcing.resumes import reading
from sourcing.resumes.proposing import Proposal, from_json, propose
from sourcing.search import index
from sourcing.values import Statement

log = structlog.get_logger(__name__)

MAX_FILES = 500
#: How sure the gazetteer must be that a piece of a line is a place.
_SURE_PLACE = 60


class Decided(Conflict):
    """Somebody has decided on this résumé meanwhile."""

    code: ClassVar[str] = "resume_decided"


@dataclass(frozen=True)
class Confirmed:
    """What somebody confirmed; the keys of ``columns`` are those of ``people.EDITABLE``."""

    columns: Mapping[str, str] = field(default_factory=dict)
    emails: Sequence[str] = ()
    phones: Sequence[str] = ()
    linkedin_url: str = ""
    skills: Sequence[str] = ()
    experience: Sequence[Mapping[str, str]] = ()
    education: Sequence[Mapping[str, str]] = ()


@dataclass(frozen=True)
class Match:
    """Somebody in the CRM whom a résumé may be of, and why."""

    candidate: Candidate
    reason: str


def upload(*, actor: User, uploads: Sequence[Any], candidate: Candidate | None = None) -> Run:
    """Store the files and start reading them. ``run.params`` has ``repeated`` (``{"name", "file_id"}`` of each whose
    bytes are here already) and ``refused`` (sentences). Raises Invalid for none or more than :data:`MAX_FILES`."""
    if not uploads:
        raise Invalid("Choose at least one file.")
    if len(uploads) > MAX_FILES:
        raise Invalid(f"At most {MAX_FILES} files at once.")
    fresh: list[PersonFile] = []
    repeated: list[dict[str, Any]] = []
    refused: list[str] = []
    decision = Decision.NONE if candidate else Decision.OPEN
    for given in uploads:
        try:
            file, new = files.keep(actor=actor, upload=given, candidate=candidate, decision=decision)
        except files.BadFile as problem:
            refused.append(problem.text)
            continue
        if new or _left_unread(file):
            fresh.append(file)
        else:
            repeated.append({"name": str(given.name)[:255], "file_id": file.pk})
    return _start(actor, fresh, candidate, {"repeated": repeated, "refused": refused})


def _left_unread(file: PersonFile) -> bool:
    """Its run was cancelled or failed before it came to this file: uploading it again reads it."""
    return file.state == FileState.WAITING and (file.run is None or file.run.ended)


@transaction.atomic
def _start(
    actor: User, fresh: Sequence[PersonFile], candidate: Candidate | None, params: dict[str, Any]
) -> Run:
    run = runs.start(
        kind="resumes",
        organisation=actor.organisation,
        actor=actor,
        title="Read 1 file" if len(fresh) == 1 else f"Read {len(fresh)} files",
        subject=f"candidate:{candidate.pk}" if candidate else "",
        total=len(fresh),
        params=params | {"candidate_id": candidate.pk if candidate else None},
    )
    ids = [file.pk for file in fresh]
    PersonFile.objects.for_organisation(actor.organisation_id).filter(pk__in=ids).update(run=run)
    return run


def files_of(run: Run) -> QuerySet[PersonFile]:
    """The files of one upload in order, without their texts."""
    rows = PersonFile.objects.for_organisation(run.organisation_id).filter(run=run)
    return rows.select_related("candidate").defer("text").order_by("pk")


def batch_for(viewer: User, run_id: int) -> Run:
    """One upload of anybody in the organisation; raises Missing."""
    run = Run.objects.for_organisation(viewer.organisation_id).filter(pk=run_id, kind="resumes").first()
    if run is None:
        raise Missing("There is no such upload.")
    return run


@runs.kind("resumes")
def step(run: Run) -> bool:
    """Read the next file; True while there is more. A crash reads the same file again."""
    waiting = files_of(run).filter(state=FileState.WAITING)
    file = waiting.first()
    if file is not None:
        read(file)
    done = files_of(run).exclude(state=FileState.WAITING)
    unread = done.exclude(state=FileState.READ).count()
    runs.progress(run, done=done.count(), failed=unread, note=file.name if file else "")
    if waiting.exists():
        return True
    read_count = done.count() - unread
    summary = f"{read_count:,} read, {unread:,} kept unread"
    runs.finish(run, result={"summary": summary, "read": read_count, "unread": unread})
    return False


def read(file: PersonFile) -> None:
    """Read one stored file and propose what it says; the state tells how that went."""
    try:
        with file.file.storage.open(str(file.file.name)) as source:
            found = reading.read(source, limit=settings.FILE_TEXT_CHARACTERS)
    except FileNotFoundError:
        log.exception("resumes.file_gone", file_id=file.pk)
        found = reading.Reading(FileState.BROKEN)
    proposal = propose(found.text, is_place=_is_place)
    likely = bool(proposal.experience or proposal.education or (proposal.name and proposal.emails))
    with transaction.atomic():
        PersonFile.objects.for_organisation(file.organisation_id).filter(pk=file.pk).update(
            state=found.state,
            text=found.text,
            content_type=found.content_type,
            kind="resume" if likely or file.decision else "other",
            proposal=proposal.as_json() if found.text else {},
        )
        if file.candidate_id is not None:
            index.refresh([file.candidate_id])


def _is_place(text: str) -> bool:
    place = places.locate(text)
    return place is not None and place.confidence >= _SURE_PLACE


def matches(*, viewer: User, proposal: Proposal, limit: int = 5) -> list[Match]:
    """People of the organisation whom the résumé may be of, the surest first, by the rules of every other door
    (docs/duplicates.md). Shared addresses and the viewer's own private ones count; nobody else's gives itself away."""
    said = _confirmed(proposal)
    person = matching.Person(
        first_name=said.columns["first_name"],
        last_name=said.columns["last_name"],
        emails=_normalised(proposal.emails, normalise_email),
        phones=_normalised(proposal.phones, normalise_phone),
        profiles=[link.value for link in proposal.links],
        title=said.columns["title"],
        company=said.columns["company"],
        place=said.columns["location"],
        companies=[entry["company"] for entry in said.experience if entry.get("company")],
        schools=[entry["school"] for entry in said.education if entry.get("school")],
    )
    found = duplicates.find(organisation_id=viewer.tenant_id, person=person, viewer=viewer, limit=limit)
    return [Match(one.candidate, ", ".join(one.match.words)) for one in found]


def matches_of(*, viewer: User, file: PersonFile) -> list[Match]:
    """Whom a stored file may be of: the person who has it, or :func:`matches` of what it says."""
    if file.candidate is not None:
        return [Match(file.candidate, "The file is theirs")]
    return matches(viewer=viewer, proposal=from_json(file.proposal))


def proposed(file: PersonFile) -> Confirmed:
    """The proposal as it would be confirmed unchanged."""
    return _confirmed(from_json(file.proposal))


def _confirmed(proposal: Proposal) -> Confirmed:
    first, last = split_name(proposal.name.value) if proposal.name else ("", "")
    if f"{first}{last}".isupper():
        first, last = first.title(), last.title()
    positions = [entry.values for entry in proposal.experience]
    now = next((entry for entry in positions if not entry.get("ended")), positions[0] if positions else {})
    profiles = [link.value for link in proposal.links if linkedin_key(link.value)]
    return Confirmed(
        columns={
            "first_name": first,
            "last_name": last,
            "title": now.get("title", ""),
            "company": now.get("company", ""),
            "location": proposal.location.value if proposal.location else "",
        },
        emails=[found.value for found in proposal.emails],
        phones=[found.value for found in proposal.phones],
        linkedin_url=profiles[0] if profiles else "",
        skills=[found.value for found in proposal.skills],
        experience=positions,
        education=[entry.values for entry in proposal.education],
    )


@transaction.atomic
def add_person(*, file: PersonFile, actor: User, confirmed: Confirmed) -> Candidate:
    """*Add person*: a new person with what was confirmed, and the file. Addresses are the organisation's, as imported
    ones are. Raises :class:`Decided`, Nameless, AlreadyThere, InvalidAddress or InvalidPhone."""
    file = _open(file)
    assert actor.organisation is not None
    columns: dict[str, Any] = dict(confirmed.columns)
    made = people.create_candidate(
        organisation=actor.organisation,
        actor=actor,
        **columns,
        linkedin_url=confirmed.linkedin_url,
        skills=confirmed.skills,
        source=_source(file),
        emails=[(value, ContactType.OTHER) for value in confirmed.emails],
        phones=[(value, ContactType.OTHER) for value in confirmed.phones],
    )
    _add_history(made, actor, confirmed)
    files.give(file=file, candidate=made, decision=Decision.ADDED)
    return made


@transaction.atomic
def add_to(*, file: PersonFile, actor: User, candidate: Candidate, confirmed: Confirmed) -> Candidate:
    """*Add to* somebody: blanks are filled, a value that differs stands beside the shown one, and addresses, positions,
    schools and skills the person lacks are added. Raises :class:`Decided`, InvalidAddress or InvalidPhone."""
    file = _open(file, of=candidate)
    said = Statement(value="", origin=Origin.IMPORTED, at=timezone.now(), source=_source(file), by=actor.pk)
    statements = {name: replace(said, value=value) for name, value in confirmed.columns.items() if value}
    people.take_statements(candidate=candidate, actor=actor, statements=statements)
    _add_points(candidate, ContactKind.EMAIL, confirmed.emails, normalise_email, file)
    _add_points(candidate, ContactKind.PHONE, confirmed.phones, normalise_phone, file)
    known_again.traces_added(candidate.organisation_id, [candidate.pk])
    if confirmed.skills:
        people.add_words(candidate=candidate, actor=actor, field="skills", words=confirmed.skills)
    _add_history(candidate, actor, confirmed)
    files.give(file=file, candidate=candidate, decision=Decision.ADDED)
    return editing.lock(candidate)


@transaction.atomic
def keep_only(*, file: PersonFile, actor: User) -> None:  # noqa: ARG001 - the door asked for the right
    """*Keep file only*: nobody is made; the file stays among the résumés. Raises :class:`Decided`."""
    file = _open(file)
    file.decision = Decision.KEPT
    file.save(update_fields=["decision"])


def confirm_sure(*, actor: User, chosen: Iterable[PersonFile]) -> tuple[int, list[PersonFile]]:
    """Add a person from each résumé that is sure and matches nobody; the others stay to be looked at one by one.

    Returns how many were added, and the files left over.
    """
    added, left = 0, []
    for file in chosen:
        proposal = from_json(file.proposal)
        if not proposal.sure or matches(viewer=actor, proposal=proposal):
            left.append(file)
            continue
        try:
            add_person(file=file, actor=actor, confirmed=proposed(file))
        except Problem as problem:
            log.info("resumes.not_confirmed", file_id=file.pk, code=problem.code)
            left.append(file)
        else:
            added += 1
    return added, left


def waiting_for(viewer: User) -> QuerySet[PersonFile]:
    """Résumés nobody has decided on, the newest first."""
    rows = PersonFile.objects.for_organisation(viewer.organisation_id).filter(decision=Decision.OPEN)
    return rows.defer("text").order_by("-pk")


def _open(file: PersonFile, of: Candidate | None = None) -> PersonFile:
    """The file locked; it must wait for a decision, or be a file of the very person it is added to."""
    rows = PersonFile.objects.for_organisation(file.organisation_id).select_for_update(of=("self",))
    locked = rows.filter(pk=file.pk).first()
    own = locked is not None and of is not None and locked.candidate_id == of.pk
    if locked is None or not (own or locked.decision in (Decision.OPEN, Decision.KEPT)):
        raise Decided("Somebody has decided on this résumé meanwhile.")
    return locked


def _source(file: PersonFile) -> str:
    return f"Résumé {file.name}"[:200]


def _normalised(found: Iterable[Any], normalise: Any) -> list[str]:
    values = []
    for one in found:
        try:
            values.append(normalise(one.value))
        except (InvalidAddress, InvalidPhone):
            continue
    return values


def _add_points(
    candidate: Candidate, kind: ContactKind, values: Iterable[str], normalise: Any, file: PersonFile
) -> None:
    """Shared rows for values the person lacks, after those they have."""
    editing.lock(candidate)
    rows = ContactPoint.objects.for_organisation(candidate.organisation_id).filter(
        candidate=candidate, kind=kind
    )
    known = set(rows.filter(shared=True).values_list("normalised", flat=True))
    told = {normalise(value): value for value in values}
    sightings.seen(
        organisation_id=candidate.organisation_id,
        points=[(candidate.pk, kind, normalised) for normalised in told],
        at=timezone.now(),
    )
    ContactPoint.objects.bulk_create(
        contact_points.unsaved(
            candidate,
            kind,
            [(value, ContactType.OTHER) for normalised, value in told.items() if normalised not in known],
            actor=None,
            origin=Origin.IMPORTED,
            source=_source(file),
            behind=contact_points.last_position(candidate, kind),
        )
    )


def _add_history(candidate: Candidate, actor: User, confirmed: Confirmed) -> None:
    """Positions and schools the person lacks, told by their two names; the newest is added last, on top."""
    for kind, entries, names in (
        ("experience", confirmed.experience, ("title", "company")),
        ("education", confirmed.education, ("school", "degree")),
    ):
        present = {
            tuple(str(getattr(row, name)).casefold() for name in names)
            for row in history.rows_of(candidate, kind)
        }
        for entry in reversed(list(entries)):
            key = tuple(entry.get(name, "").casefold() for name in names)
            if any(key) and key not in present:
                present.add(key)
                history.add(candidate=candidate, actor=actor, kind=kind, entry=entry)
