"""One press of *Save* in the side panel: the person, and everything that was chosen for them, in one transaction.

The person is made or completed first. Each further part stands or falls by itself: what is refused, as the page would
refuse it, is told, and the others are done. Anything unforeseen undoes all of it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import ClassVar

from django.db import transaction

from accounts.models import User
from accounts.permissions import Right, require
from campaigns import enrolment, of_person, screening
from campaigns.models import Campaign
from campaigns.selectors import campaign_for
from foundation.problems import Conflict, Problem
from integrations.models import Connection
from integrations.selectors import connection_for
from panel import person_saving, summary, sync_saving
from panel.wanted import NoteWanted, Refused, Saved, SyncWanted, Wanted
from sourcing import editing, notes, people, projects
from sourcing.finding import finding
from sourcing.models import Candidate, ContactKind, NoteVisibility, Project, ProjectRole
from sourcing.selectors import candidate_for, project_for


class Suppressed(Conflict):
    """Whoever must not be written to is in no campaign."""

    code: ClassVar[str] = "suppressed"


class Doubtful(Conflict):
    """Something speaks against adding them; ``anyway`` adds them all the same."""

    code: ClassVar[str] = "doubtful"


class CampaignOver(Conflict):
    """The campaign has ended or was archived."""

    code: ClassVar[str] = "campaign_over"


@transaction.atomic
def save(*, actor: User, wanted: Wanted, now: datetime) -> Saved:
    """Do all of it that may be done.

    Raises before anything is written: Missing for a person, project, campaign or connection that is not the actor's
    organisation's; PossibleDuplicate for a new person who certainly exists; Nameless, ``known_again.Erased``.
    """
    parts = _Parts(actor, wanted, now)
    parts.person()
    parts.chosen()
    shown = summary.of(actor, candidate_for(actor, parts.candidate.pk))
    return Saved(created=wanted.candidate_id is None, person=shown, done=parts.done, refused=parts.refused)


class _Parts:
    """The parts of one save, in the order they depend on each other."""

    candidate: Candidate

    def __init__(self, actor: User, wanted: Wanted, now: datetime) -> None:
        self.actor, self.wanted, self.now = actor, wanted, now
        self.done: list[str] = []
        self.refused: list[Refused] = [
            Refused(what=each.kind, code=each.code, detail=each.why) for each in wanted.profile.unreadable
        ]
        # All that is named is looked up first: a stranger's id stops the save before it begins.
        self.into = [project_for(actor, pk) for pk in dict.fromkeys(wanted.project_ids)]
        self.enrolled = [campaign_for(actor, pk) for pk in dict.fromkeys(wanted.campaign_ids)]
        self.systems = [(connection_for(actor, each.connection_id), each) for each in wanted.sync]
        self.of_note = self._project_of_note(wanted.note)

    def person(self) -> None:
        """Make them, or add what is missing."""
        if self.wanted.candidate_id is None:
            self.candidate = person_saving.make(actor=self.actor, wanted=self.wanted)
            self.done.append("Added to Beckon.")
            return
        self.candidate = candidate_for(self.actor, self.wanted.candidate_id)
        told, problem = person_saving.complete(
            candidate=self.candidate, actor=self.actor, profile=self.wanted.profile
        )
        self._tell(told)
        if problem is not None:
            self._refuse(problem, what="profile")
        record_type = self.wanted.record_type
        if record_type and record_type != self.candidate.record_type:
            self.candidate = person_saving.sync_as(
                candidate=self.candidate, actor=self.actor, record_type=record_type
            )
            self._tell(f"Synced as {self.candidate.get_record_type_display().lower()}.")

    def chosen(self) -> None:
        """Everything else, each for itself."""
        wanted = self.wanted
        if words := editing.listed(wanted.tags):
            self._part(partial(self._tag, words), what="tag")
        for project in self.into:
            self._part(partial(self._join, project), what="project", of=project.pk)
        if wanted.note is not None and wanted.note.text.strip():
            self._part(partial(self._write, wanted.note), what="note")
        for connection, sync in self.systems:
            self._sync(connection, sync)
        for campaign in self.enrolled:
            self._part(partial(self._enrol, campaign), what="campaign", of=campaign.pk)
        for kind in dict.fromkeys(wanted.get):
            self._part(partial(self._look_for, kind), what=f"get_{kind}")

    def _tag(self, words: list[str]) -> str:
        people.add_words(candidate=self.candidate, actor=self.actor, field="tags", words=words)
        return f"Tagged {', '.join(words)}."

    def _join(self, project: Project) -> str:
        require(self.actor, Right.PROJECT_EDIT)
        found = project_for(self.actor, project.pk, role=ProjectRole.EDITOR)
        done = projects.add_people(project=found, actor=self.actor, candidate_ids=[self.candidate.pk])
        return f"Added to “{found.name}”." if done.added else f"In “{found.name}” already."

    def _project_of_note(self, note: NoteWanted | None) -> Project | None:
        if note is None or note.visibility != NoteVisibility.PROJECT:
            return None
        if note.project_id is not None:
            return project_for(self.actor, note.project_id)
        return self.into[0] if self.into else None

    def _write(self, note: NoteWanted) -> str:
        notes.write(
            candidate=self.candidate,
            actor=self.actor,
            body=note.text,
            visibility=note.visibility,
            project=self.of_note,
        )
        return "Note written."

    def _sync(self, connection: Connection, wanted: SyncWanted) -> None:
        """Before campaigns: what is set for the person counts when they are added."""
        choose = partial(
            sync_saving.set_one, actor=self.actor, candidate=self.candidate, connection=connection
        )
        for name, value in wanted.settings.items():
            work = partial(choose, name=name, value=value)
            self._part(work, what="setting", of=connection.pk, name=name)
        if wanted.fields:
            self._part(partial(self._fill, connection, wanted), what="field", of=connection.pk)

    def _fill(self, connection: Connection, wanted: SyncWanted) -> None:
        problems = sync_saving.fill(
            actor=self.actor, candidate=self.candidate, connection=connection, values=wanted.fields
        )
        for name, problem in problems.items():
            self._refuse(problem, what="field", of=connection.pk, name=name)

    def _enrol(self, campaign: Campaign) -> str:
        """Into the campaign and its project, as from a search."""
        require(self.actor, Right.CAMPAIGN_EDIT)
        campaign_for(self.actor, campaign.pk, role=ProjectRole.EDITOR)
        if not of_person.open_to(self.actor).filter(pk=campaign.pk).exists():
            raise CampaignOver("This campaign is over. Choose another one.")
        pk = self.candidate.pk
        found = screening.screen(campaign=campaign, candidate_ids=[pk], viewer=self.actor)
        if found.refused.get(pk) == enrolment.ALREADY_IN:
            return f"In the campaign “{campaign.name}” already."
        if pk in found.refused:
            raise Suppressed(f"{self.candidate.name} is {found.refused[pk]}.")
        if pk in found.doubtful and not self.wanted.anyway:
            raise Doubtful(". ".join(text.rstrip(".") for text in found.doubtful[pk]) + ".")
        screening.add(
            campaign=campaign, found=found, anyway=[pk], actor=self.actor, now=self.now, join_project=True
        )
        return f"Added to the campaign “{campaign.name}”."

    def _look_for(self, kind: ContactKind) -> str:
        """*Get Email*, *Get Phone*: the credit is held, the search runs by itself."""
        finding.start(
            actor=self.actor, kind=kind, candidate_ids=[self.candidate.pk], request_key=uuid.uuid4()
        )
        return f"Looking for {'an e-mail address' if kind == ContactKind.EMAIL else 'a phone number'}."

    def _part(
        self, work: Callable[[], str | None], *, what: str, of: int | None = None, name: str = ""
    ) -> None:
        try:
            with transaction.atomic():
                self._tell(work())
        except Problem as problem:
            self._refuse(problem, what=what, of=of, name=name)

    def _tell(self, done: str | None) -> None:
        self.done += [done] if done else []

    def _refuse(self, problem: Problem, *, what: str, of: int | None = None, name: str = "") -> None:
        self.refused.append(Refused(what=what, id=of, code=problem.code, detail=problem.text, name=name))
