"""What a search adds to rows and box: marks on what fitted, an excerpt from elsewhere, errors in their place."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from accounts.models import User
from sourcing.models import Candidate
from sourcing.search import highlighting, index, record
from sourcing.search.highlighting import Piece
from sourcing.search.query import Page
from sourcing.search.syntax import Misread, Term
from sourcing.views.rows import Row, rows


@dataclass(frozen=True)
class Part:
    """A part of what was typed; with ``message`` it was not understood."""

    text: str
    message: str = ""


def found_rows(viewer: User, page: Page) -> list[Row]:
    """The rows of a page with what fitted marked. At most a fixed number of queries for any page."""
    terms = tuple(dict.fromkeys(page.terms))
    made = rows(viewer, page.people, terms)
    if not terms or not made:
        return made
    excerpts = _excerpts(page.people, terms, {"", *page.scopes})
    return [
        replace(row, texts=replace(row.texts, excerpt=excerpts[row.person.pk]))
        if row.person.pk in excerpts
        else row
        for row in made
    ]


def echo(text: str, misread: Sequence[Misread]) -> list[Part]:
    """What was typed, cut where it was not understood; empty when all of it was."""
    parts: list[Part] = []
    at = 0
    for each in misread:
        if each.start < at:
            parts[-1] = Part(parts[-1].text, f"{parts[-1].message} {each.message}".strip())
            continue
        if each.start > at:
            parts.append(Part(_short(text[at : each.start])))
        parts.append(Part(_short(text[each.start : each.end]) or "…", each.message))
        at = max(each.end, at)
    rest = text[at:].strip()
    return [*parts, Part(_short(rest))] if parts and rest else parts


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 80 else f"{text[:40]} … {text[-30:]}"


def _excerpts(
    people: Sequence[Candidate], terms: Sequence[Term], scopes: Collection[str]
) -> dict[int, list[Piece]]:
    """By person, what fitted and is not in their row. Other tables are read for those whose own row does not hold all
    of it in one text."""
    missing = {person.pk: left for person in people if (left := _not_shown(person, terms))}
    records = {person.pk: index.record_of(person) for person in people if person.pk in missing}
    best = {pk: _best(record.first_fields(one), missing[pk], scopes, _Best()) for pk, one in records.items()}
    elsewhere = {pk: one for pk, one in records.items() if best[pk].fitted < len(missing[pk])}
    if elsewhere:
        index.add_texts(elsewhere)
        best |= {
            pk: _best(record.further_fields(one), missing[pk], scopes, best[pk])
            for pk, one in elsewhere.items()
        }
    return {
        pk: highlighting.excerpt(found.text, missing[pk], found.name)
        for pk, found in best.items()
        if found.fitted
    }


def _not_shown(person: Candidate, terms: Sequence[Term]) -> list[Term]:
    """The terms that no text of the row fits."""
    left = list(terms)
    for name in ("name", "title", "company", "location"):
        for term in highlighting.fitting(getattr(person, name), left, name):
            left.remove(term)
    return left


@dataclass(frozen=True)
class _Best:
    """A text, and how many terms it fits."""

    fitted: int = 0
    name: str = ""
    text: str = ""


def _best(
    texts: Iterable[tuple[str, str]], terms: Sequence[Term], scopes: Collection[str], best: _Best
) -> _Best:
    """The first of the texts that fit the most terms, if that is more than ``best`` does."""
    for name, text in texts:
        if name.startswith("@") and name not in scopes:
            continue
        fitted = len(highlighting.fitting(text, terms, name))
        if fitted > best.fitted:
            best = _Best(fitted, name, text)
            if fitted == len(terms):
                break
    return best
