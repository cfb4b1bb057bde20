"""What sourcing itself tells on a person's timeline, and the tables it answers for (``person_data``)."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse

from accounts.models import User
from sourcing import files, notes, person_data, personal
from sourcing.activity import isolated
from sourcing.finding.providers import display_name
from sourcing.models import (
    ActivityKind,
    Candidate,
    ContactStatus,
    FileState,
    FindingItem,
    FindingStatus,
    NoteVisibility,
    Origin,
    ProjectActivity,
    ProjectMember,
    Suppression,
    SuppressionKind,
)
from sourcing.person_data import Moment
from sourcing.selectors import contact_points, of_visible_project, project_names

#: Every foreign key of this app to Candidate.
TABLES = (
    ("sourcing.BulkItem", "candidate"),
    ("sourcing.ContactPoint", "candidate"),
    ("sourcing.DuplicatePair", "first"),
    ("sourcing.DuplicatePair", "second"),
    ("sourcing.Education", "candidate"),
    ("sourcing.Experience", "candidate"),
    ("sourcing.Fact", "candidate"),
    ("sourcing.Note", "candidate"),
    ("sourcing.LawfulBasis", "candidate"),
    ("sourcing.Notice", "candidate"),
    ("sourcing.PersonArchive", "candidate"),
    ("sourcing.MatchKey", "candidate"),
    ("sourcing.PersonMerge", "survivor"),
    ("sourcing.FindingItem", "candidate"),
    ("sourcing.PersonFile", "candidate"),
    ("sourcing.ImportChange", "candidate"),
    ("sourcing.OtherValue", "candidate"),
    ("sourcing.PersonSearch", "candidate"),
    ("sourcing.PersonSearchSample", "candidate"),
    ("sourcing.ProjectActivity", "candidate"),
    ("sourcing.ProjectMember", "candidate"),
    ("sourcing.RetentionProposal", "candidate"),
    ("sourcing.ProviderAnswer", "candidate"),
    ("sourcing.SocialProfile", "candidate"),
    ("sourcing.Suppression", "candidate"),
    ("sourcing.SuppressionRemoval", "candidate"),
)


def moments(candidate: Candidate, viewer: User, limit: int) -> list[Moment]:
    """How the person came in, addresses, notes and comments the viewer may see, projects, bounces and suppression;
    newest first."""
    found = [
        _arrival(candidate),
        *_addresses(candidate, viewer),
        *_projects(candidate, viewer),
        *_comments(candidate, viewer, limit),
        *_found(candidate),
        *_suppressions(candidate),
        *_notes(candidate, viewer, limit),
        *_files(candidate, viewer, limit),
    ]
    return sorted(found, key=lambda moment: moment.at, reverse=True)[:limit]


def register() -> None:
    """Tell ``person_data``; called once from ``SourcingConfig.ready``."""
    from sourcing import person_rows  # noqa: PLC0415 - it reads TABLES of this module

    person_data.register(
        app="sourcing",
        tables=TABLES,
        timeline=moments,
        erase=personal.erase,
        scrub=personal.scrub,
        collect=personal.collect,
        busy=personal.busy,
        words=personal.WORDS,
        lock=person_rows.lock,
        move=person_rows.move,
        move_back=person_rows.move_back,
    )


def _arrival(candidate: Candidate) -> Moment:
    by = f" by {candidate.created_by}" if candidate.created_by else ""
    return Moment(at=candidate.created_at, icon="user-plus", text=f"Added{by}", note=candidate.source)


def _addresses(candidate: Candidate, viewer: User) -> Iterator[Moment]:
    for point in contact_points(viewer=viewer, candidate=candidate):
        if point.origin == Origin.ADDED:
            yield Moment(
                at=point.first_seen_at,
                icon="at-sign",
                text=f"{point.get_kind_display()} added by hand",
                note=f"{point.value}, only you see it" if not point.shared else point.value,
            )
        if point.status == ContactStatus.BOUNCED and point.bounced_at is not None:
            yield Moment(
                at=point.bounced_at,
                icon="mail-x",
                text=f"{point.value} bounced",
                note=point.status_note,
                tone="red",
            )


def _notes(candidate: Candidate, viewer: User, limit: int) -> Iterator[Moment]:
    for note in notes.visible_notes(viewer, candidate)[:limit]:
        where = {
            NoteVisibility.ME.value: "only you see it",
            NoteVisibility.PROJECT.value: f"in {note.project}",
        }.get(note.visibility, "")
        author = "You" if note.author_id == viewer.pk else str(note.author or "Somebody who left")
        mine = next((mention for mention in note.mentions.all() if mention.user_id == viewer.pk), None)
        named = " and named you" if mine else ""
        yield Moment(
            at=note.created_at,
            icon="message-square-text",
            text=f"{author} wrote a note{named}",
            quote=note.body,
            note=", ".join(part for part in (where, "edited" if note.edited_at else "") if part),
            edit_url=reverse("sourcing:note_edit", args=[note.pk]) if note.author_id == viewer.pk else "",
            new=mine is not None and mine.seen_at is None,
        )


def _files(candidate: Candidate, viewer: User, limit: int) -> Iterator[Moment]:
    for file in files.files_of(viewer, candidate)[:limit]:
        yield Moment(
            at=file.created_at,
            icon="file-text",
            text=f"{file.uploaded_by or 'Somebody who left'} added the file {file.name}",
            note=file.sentence if file.state not in (FileState.READ, FileState.WAITING) else "",
            url=file.url,
        )


def _projects(candidate: Candidate, viewer: User) -> Iterator[Moment]:
    members = list(
        ProjectMember.objects.for_organisation(candidate.organisation_id)
        .filter(candidate=candidate)
        .select_related("added_by")
    )
    names = project_names(viewer, [member.project_id for member in members])
    for member in members:
        if (project := names.get(member.project_id)) is not None:
            by = f" by {member.added_by}" if member.added_by else ""
            yield Moment(
                at=member.added_at, icon="folder-plus", text=f"Added to {project.name}{by}", url=project.url
            )


def _comments(candidate: Candidate, viewer: User, limit: int) -> Iterator[Moment]:
    """What was said about the person in projects the viewer may open; guests under the name they gave."""
    rows = (
        ProjectActivity.objects.for_organisation(candidate.organisation_id)
        .filter(of_visible_project(viewer), candidate=candidate, kind=ActivityKind.COMMENT)
        .select_related("project", "actor")
        .order_by("-at", "-pk")
    )
    for row in rows[:limit]:
        who = f"{isolated(row.guest)}, a guest," if row.guest else str(row.actor or "Somebody who left")
        yield Moment(
            at=row.at,
            icon="message-square",
            text=f"{who} commented in {isolated(row.project.name)}",
            quote=row.body,
            url=reverse("sourcing:project_activity", args=[row.project_id]),
        )


def _found(candidate: Candidate) -> Iterator[Moment]:
    items = (
        FindingItem.objects.for_organisation(candidate.organisation_id)
        .filter(candidate=candidate, status=FindingStatus.FOUND, settled_at__isnull=False)
        .select_related("finding__created_by")
    )
    for item in items:
        yield Moment(
            at=item.settled_at or item.finding.created_at,
            icon="mail-search",
            text=f"{item.get_kind_display()} found for {item.finding.created_by}",
            note=display_name(item.provider),
        )


def _suppressions(candidate: Candidate) -> Iterator[Moment]:
    rows = Suppression.objects.for_organisation(candidate.organisation_id).filter(
        kind=SuppressionKind.PERSON, candidate=candidate
    )
    for row in rows:
        yield Moment(
            at=row.created_at, icon="ban", text="No more e-mail", note=row.get_reason_display(), tone="red"
        )
