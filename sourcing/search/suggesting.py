"""Type-ahead: people by name, and titles, companies, schools, skills, places and tags that somebody has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q

from accounts.models import User
from sourcing.models import Candidate, Synonym
from sourcing.normalising import clean_text
from sourcing.search import query
from sourcing.search.question import Question
from sourcing.search.tokens import fold, words

#: Kinds that are suggested, in the order they stand.
KINDS = ("title", "skill", "company", "school", "location", "tag")
SHOWN = 8

# The prefix is a range of the unique index; inside a value only from three letters on, by the trigram index. The most
# used come first; how used a value is, the sample says.
_FIND = """
WITH found AS MATERIALIZED (
    (SELECT id, kind, value, folded, true AS begins FROM sourcing_facetvalue
      WHERE organisation_id = %(organisation)s AND kind = ANY(%(kinds)s) AND folded LIKE %(begins)s
      ORDER BY length(folded) LIMIT 60)
    UNION ALL
    (SELECT id, kind, value, folded, false FROM sourcing_facetvalue
      WHERE organisation_id = %(organisation)s AND kind = ANY(%(kinds)s) AND folded LIKE %(inside)s LIMIT 60)
), counted AS (
    SELECT f.*, (SELECT count(*) FROM sourcing_personsearchsample s
                  WHERE s.organisation_id = %(organisation)s AND s.facets @> ARRAY[f.id]) AS people FROM found f
)
SELECT kind, value, folded FROM counted ORDER BY begins DESC, people DESC, length(folded), folded LIMIT %(most)s
"""


@dataclass(frozen=True)
class Suggestion:
    """One value to add with one press; ``because`` names the word it is a synonym of."""

    kind: str
    value: str
    folded: str
    because: str = ""


def values(*, viewer: User, text: str, kinds: Sequence[str] = KINDS, most: int = SHOWN) -> list[Suggestion]:
    """Values of ``kinds`` that begin with or contain ``text``, or a synonym of it; two letters are needed."""
    said = clean_text(text, limit=100)
    wanted = fold(said)[:100]
    if len(wanted) < 2:
        return []
    found = [Suggestion(*row) for row in _like(viewer, wanted, kinds, most)]
    for other in synonyms_of(viewer, said):
        found += [Suggestion(*row, because=said) for row in _like(viewer, fold(other), kinds, 2)]
    return list({(each.kind, each.folded): each for each in reversed(found)}.values())[::-1][:most]


def people(*, viewer: User, text: str, most: int = 5) -> list[Candidate]:
    """People of whom each word of ``text`` begins a part of the name, the most recently active first."""
    found = words(text[:100])
    if not found or len(found[-1]) < 2:
        return []
    asked = " ".join(f"name:{word}{'*' if len(word) > 1 else ''}" for word in found)
    return query.some(viewer=viewer, question=Question(text=asked + " "), size=most)


def synonyms_of(viewer: User, text: str) -> list[str]:
    """The organisation's other words for ``text``, in either direction."""
    said = clean_text(text, limit=100)
    rows = Synonym.objects.for_organisation(viewer.organisation_id).filter(
        Q(word__iexact=said) | Q(same_as__iexact=said)
    )
    return [row.same_as if row.word.casefold() == said.casefold() else row.word for row in rows[:5]]


def _like(viewer: User, wanted: str, kinds: Sequence[str], most: int) -> list[tuple[str, str, str]]:
    escaped = wanted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    with connection.cursor() as cursor:
        cursor.execute(
            _FIND,
            {
                "organisation": viewer.organisation_id,
                "kinds": list(kinds),
                "begins": f"{escaped}%",
                "inside": f"% {escaped}%" if len(wanted) > 2 else "",
                "most": most,
            },
        )
        return list(cursor.fetchall())
