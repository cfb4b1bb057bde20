"""Rows of the people tables: a page of candidates with their marks, each kind of mark asked for once per page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.urls import reverse

from accounts.models import User
from sourcing import selectors, slots
from sourcing.models import Candidate, Project
from sourcing.search.highlighting import Piece, pieces
from sourcing.search.syntax import Term
from sourcing.slots import Mark


@dataclass(frozen=True)
class Marked:
    """The texts of a row, cut into what fitted a search and what did not; ``excerpt`` is from a text a row does not
    show."""

    name: list[Piece]
    title: list[Piece]
    company: list[Piece]
    location: list[Piece]
    excerpt: list[Piece] = field(default_factory=list)

    @classmethod
    def of(cls, person: Candidate, terms: Sequence[Term] = ()) -> Marked:
        """What a row shows of ``person``, marked where it fits one of ``terms``."""
        return cls(
            name=pieces(person.name, terms, "name"),
            title=pieces(person.title, terms, "title"),
            company=pieces(person.company, terms, "company"),
            location=pieces(person.location, terms, "location"),
        )


@dataclass(frozen=True)
class Row:
    """One person of a table; ``marks`` has one list per registered kind of mark, in their order."""

    person: Candidate
    reach: selectors.Reach
    texts: Marked
    marks: list[list[Mark]] = field(default_factory=list)


@dataclass(frozen=True)
class Action:
    """One button of the selection bar."""

    label: str
    icon: str
    url: str


def rows(viewer: User, people: Sequence[Candidate], terms: Sequence[Term] = ()) -> list[Row]:
    """The people with what the viewer may know about reaching them and what upper rooms say about them; what fits
    one of ``terms`` is marked."""
    if not people:
        return []
    ids = [person.pk for person in people]
    reach = selectors.reach(viewer=viewer, candidate_ids=ids)
    marks = [slot.marks(ids, viewer) for slot in slots.candidate_mark.visible(viewer)]
    return [
        Row(
            person,
            reach[person.pk],
            Marked.of(person, terms),
            [list(kind.get(person.pk, ())) for kind in marks],
        )
        for person in people
    ]


def bulk_actions(viewer: User, project: Project | None = None) -> list[Action]:
    """What may be done with ticked people, here or in a project."""
    scope, arguments = ("project", [project.pk]) if project else ("people", [])
    here = [slot for slot in slots.bulk_action.visible(viewer) if slot.scope == scope]
    return [
        Action(slot.label, slot.icon, reverse(slot.url_name, args=arguments))
        for slot in slots.offered(here, viewer)
    ]
