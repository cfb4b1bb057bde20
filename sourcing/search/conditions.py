"""From a question to conditions over the columns of a search row: what the viewer may ask, in SQL."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from sourcing.models import ContactPoint
from sourcing.search import areas, dictionary, record, syntax, texts, years
from sourcing.search.question import Question
from sourcing.search.syntax import And, Contact, Misread, Node, Not, Or
from sourcing.search.tokens import fold
from sourcing.selectors import own_or_shared, visible_projects

#: A look-up of one address that more people than this have is a mistake of an import, not an answer.
MAX_REACHED = 10_000
#: Words that only begin so shortly match very many lexemes: they are checked on the rows the rest has found.
_SHORT = 3

_BAND = re.compile(r"(\d{1,2})-(\d{0,2})")
_RANGE = re.compile(r"(.*?)\.\.(.*)")
_DAYS = re.compile(r"(not-)?(\d{1,4})")


@dataclass(frozen=True)
class Condition:
    """One part of the question; ``name`` is its filter, empty for the words. ``late`` is best checked on found rows."""

    name: str
    sql: str
    values: tuple[Any, ...] = ()
    late: bool = False


@dataclass(frozen=True)
class Compiled:
    """A question as one viewer asks it. ``nobody``: something in it nobody can fit."""

    organisation_id: int
    conditions: tuple[Condition, ...] = ()
    nobody: bool = False
    #: How many people the look-ups of addresses named; the sample does not know them.
    reached: int = 0
    #: The tsquery text that ranks, and one for each nice-to-have word.
    ranks: str = ""
    nice: tuple[str, ...] = ()
    #: The words and phrases that fit or rank, and whose restricted texts they are looked for in.
    terms: tuple[syntax.Term, ...] = ()
    scopes: tuple[str, ...] = ()
    misread: tuple[Misread, ...] = ()
    misread_nice: tuple[Misread, ...] = ()

    def where(
        self, *, without: str | None = None, late: bool | None = None, for_gin: bool = True
    ) -> tuple[str, list[Any]]:
        """The conditions joined; ``without`` leaves one filter out, ``late`` chooses one of the two sorts.

        The organisation is a condition of the GIN only with its exact type. ``for_gin=False`` leaves it to another
        index: the planner never joins the bitmaps of two indexes that answer the same condition.
        """
        chosen = [
            each for each in self.conditions if each.name != without and (late is None or each.late == late)
        ]
        parts = [each.sql for each in chosen]
        values = [value for each in chosen for value in each.values]
        if late is not True:
            parts.insert(0, "organisation_id = %s::bigint" if for_gin else "organisation_id = %s")
            values.insert(0, self.organisation_id)
        return " AND ".join(parts) or "true", values

    @property
    def is_everybody(self) -> bool:
        """Nothing is asked."""
        return not self.conditions and not self.nobody

    @property
    def has_late(self) -> bool:
        """Whether something is checked on found rows, and something else finds them."""
        return any(each.late for each in self.conditions) and any(not each.late for each in self.conditions)


def compile_question(
    question: Question, *, viewer: User, now: datetime.datetime, custom: Sequence[str] = ()
) -> Compiled:
    """What ``question`` means to ``viewer``: private addresses, notes and projects of others stay out of it."""
    assert viewer.organisation_id is not None
    parsed = syntax.parse(question.text, custom=custom)
    wished = syntax.parse(question.nice, custom=custom)
    scopes = texts.scopes(viewer) if parsed.node or wished.node else ()
    conditions, reached = _words(parsed.node, viewer, scopes)
    nobody = parsed.node is None and bool(question.text.strip())
    found = _Filters(question, viewer, now).conditions()
    conditions += [each for each in found if each is not None]
    ranking = [*syntax.terms(parsed.node), *syntax.terms(wished.node)]
    return Compiled(
        organisation_id=viewer.organisation_id,
        conditions=tuple(conditions),
        nobody=nobody or None in found,
        reached=reached,
        ranks=" | ".join(dict.fromkeys(syntax.as_tsquery(term, scopes) for term in ranking)),
        nice=tuple(syntax.as_tsquery(part, scopes) for part in _wishes(wished.node)),
        terms=tuple(ranking),
        scopes=scopes,
        misread=parsed.misread,
        misread_nice=wished.misread,
    )


def _wishes(node: Node | None) -> list[Node]:
    """Each nice-to-have counts for itself; addresses rank nothing."""
    parts = node.parts if isinstance(node, And) else (node,) if node else ()
    return [part for part in parts if not syntax.contacts(part)]


def _words(node: Node | None, viewer: User, scopes: Sequence[str]) -> tuple[list[Condition], int]:
    if node is None:
        return [], 0
    reached = {contact: _reached(viewer, contact) for contact in syntax.contacts(node)}
    parts = node.parts if isinstance(node, And) else (node,)
    free = [part for part in parts if not syntax.contacts(part)]
    begun = [
        part for part in free if isinstance(part, syntax.Word) and part.begun and len(part.lexeme) <= _SHORT
    ]
    conditions = []
    for chosen, late in (([part for part in free if part not in begun], False), (begun, True)):
        together = syntax.all_of(chosen)
        if together is not None:
            asked = syntax.as_tsquery(together, scopes)
            conditions.append(Condition("", "doc @@ %s::tsquery", (asked,), late=late))
    conditions += [
        Condition("", *_with_contacts(part, reached, scopes)) for part in parts if part not in free
    ]
    return conditions, sum(len(ids) for ids in reached.values())


def _with_contacts(
    node: Node, reached: dict[Contact, list[int]], scopes: Sequence[str]
) -> tuple[str, tuple[Any, ...]]:
    match node:
        case Contact():
            return "candidate_id = ANY(%s)", (reached[node],)
        case Not(part):
            sql, values = _with_contacts(part, reached, scopes)
            return f"NOT ({sql})", values
        case And(parts) | Or(parts):
            made = [_with_contacts(part, reached, scopes) for part in parts]
            word = " AND " if isinstance(node, And) else " OR "
            return f"({word.join(sql for sql, _ in made)})", tuple(
                value for _, values in made for value in values
            )
        case _:
            return "doc @@ %s::tsquery", (syntax.as_tsquery(node, scopes),)


def _reached(viewer: User, contact: Contact) -> list[int]:
    return list(
        ContactPoint.objects.for_organisation(viewer.organisation_id)
        .filter(own_or_shared(viewer), kind=contact.kind, normalised=contact.normalised)
        .values_list("candidate_id", flat=True)
        .distinct()[:MAX_REACHED]
    )


class _Filters:
    """The filters of one question; a value nobody has makes a filter nobody can fit (None)."""

    def __init__(self, question: Question, viewer: User, now: datetime.datetime) -> None:
        self.question, self.viewer, self.now = question, viewer, now
        assert viewer.organisation_id is not None
        self.organisation_id = viewer.organisation_id
        self.special: dict[str, Callable[[tuple[str, ...]], Condition | None]] = {
            "has": self._has,
            "years": self._years,
            "contacted": self._contacted,
            "location": self._location,
            "project": self._project,
            "not_in_project": self._not_in_project,
        }

    def conditions(self) -> list[Condition | None]:
        """One for each filter."""
        asked = {name: values for name, values in self.question.filters.items() if name != "within"}
        self.known = dictionary.find(
            self.organisation_id,
            [(name, fold(value).strip()) for name, values in asked.items() for value in values],
        )
        return [self.special.get(name, self._plain(name))(values) for name, values in asked.items()]

    def _plain(self, name: str) -> Callable[[tuple[str, ...]], Condition | None]:
        def condition(values: tuple[str, ...]) -> Condition | None:
            ids: list[int] = []
            for value in values:
                ids += self._range(name, value) if name.startswith("custom.") else ()
                ids += filter(None, [self.known.get((name, fold(value).strip()))])
            return _any_of(name, ids)

        return condition

    def _range(self, name: str, value: str) -> list[int]:
        match = _RANGE.fullmatch(value)
        if match is None:
            return []
        try:
            least, most = (_bound(text.strip()) for text in match.groups())
        except ValueError:
            return []
        return dictionary.between(self.organisation_id, name, least, most)

    def _has(self, values: tuple[str, ...]) -> Condition | None:
        wanted = {"email": record.HAS_EMAIL, "phone": record.HAS_PHONE}
        ids = [wanted[value] for value in values if value in wanted]
        return Condition("has", "facets @> %s::int[]", (ids,)) if ids else None

    def _years(self, values: tuple[str, ...]) -> Condition | None:
        ids = []
        for value in values:
            if match := _BAND.fullmatch(value):
                most = min(int(match[2] or years.MOST), years.MOST)
                ids += [record.YEARS - number for number in range(int(match[1]), most + 1)]
        return _any_of("years", ids)

    def _contacted(self, values: tuple[str, ...]) -> Condition | None:
        value = values[0]
        if value == "never":
            return Condition("contacted", "last_contacted_at IS NULL")
        match = _DAYS.fullmatch(value)
        if match is None:
            return None
        since = self.now - datetime.timedelta(days=int(match[2]))
        if match[1]:
            return Condition("contacted", "(last_contacted_at IS NULL OR last_contacted_at < %s)", (since,))
        # Activity is never before the last contact; said, it lets the list by activity end early.
        return Condition("contacted", "(last_contacted_at >= %s AND last_activity >= %s)", (since, since))

    def _location(self, values: tuple[str, ...]) -> Condition | None:
        km = next((int(each) for each in self.question.filters.get("within", ()) if each.isdecimal()), 0)
        ids: list[int] = []
        for value in values:
            exact = self.known.get(("location", fold(value).strip()))
            ids += [exact] if exact is not None else []
            place_id = _place_id(value) or (areas.place_of(value) if km or exact is None else None)
            if place_id is not None:
                around = areas.around(place_id, min(km, areas.RADII[-1])) if km else (place_id,)
                ids += dictionary.numbered(self.organisation_id, "location", around)
        return _any_of("location", ids)

    def _project(self, values: tuple[str, ...]) -> Condition | None:
        return _any_of("project", self._project_facets(values))

    def _not_in_project(self, values: tuple[str, ...]) -> Condition | None:
        ids = self._project_facets(values)
        # A project nobody is in, or that the viewer may not see, leaves nobody out.
        return Condition("not_in_project", "NOT facets && %s::int[]", (ids,))

    def _project_facets(self, values: tuple[str, ...]) -> list[int]:
        asked = {int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 19}
        seen: set[int] = set()
        for archived in (False, True):
            rows = visible_projects(self.viewer, archived=archived).filter(pk__in=asked)
            seen.update(rows.values_list("pk", flat=True))
        wanted = [("project", str(project)) for project in seen]
        return list(dictionary.find(self.organisation_id, wanted).values())


def _any_of(name: str, ids: Sequence[int]) -> Condition | None:
    return Condition(name, "facets && %s::int[]", (sorted(set(ids)),)) if ids else None


def _place_id(value: str) -> int | None:
    return int(value[1:]) if value.startswith("#") and value[1:].isdecimal() and len(value) < 11 else None


def _bound(text: str) -> float | None:
    """A number or a day; empty is open. Raises ValueError."""
    if not text:
        return None
    try:
        return float(datetime.date.fromisoformat(text).toordinal())
    except ValueError:
        return float(text.replace(",", ""))
