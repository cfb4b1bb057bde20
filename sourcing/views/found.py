"""What a search adds to rows and box: marks on what fitted, an excerpt from elsewhere, errors in their place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from accounts.models import User
from sourcing.models import Candidate
from sourcing.search import highlighting, index, record
from sourcing.search.highlighting import Piece
from sourcing.search.query import Page
from sourcing.search.syntax import Misread, Term
from sourcing.views.rows import Marked, Row, rows


@dataclass(frozen=True)
class Part:
    """A part of what was typed; with ``message`` it was not understood."""

    text: str
    message: str = ""


def found_rows(viewer: User, page: Page) -> list[Row]:
    """The rows of a page with what fitted marked. A fixed number of queries for any page."""
    made, terms = rows(viewer, page.people), page.terms
    if not terms or not made:
        return made
    # What a row shows is marked there; only what fitted elsewhere needs the whole record.
    shown = {row.person.pk: _shown(row.person, terms) for row in made}
    missing = [person_id for person_id, (_, left) in shown.items() if left]
    scopes = {"", *page.scopes}
    elsewhere = {
        one.candidate_id: _excerpt(one, shown[one.candidate_id][1], scopes)
        for one in index.records(missing, words_only=True)
    }
    return [
        replace(row, texts=replace(shown[row.person.pk][0], excerpt=elsewhere.get(row.person.pk, [])))
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


def _shown(person: Candidate, terms: Sequence[Term]) -> tuple[Marked, list[Term]]:
    """The marked texts of a row, and the terms none of them fits."""
    visible = {
        "name": person.name,
        "title": person.title,
        "company": person.company,
        "location": person.location,
    }
    fitted = {term for name, text in visible.items() for term in highlighting.fitting(text, terms, name)}
    return Marked.of(person, terms), [term for term in terms if term not in fitted]


def _excerpt(one: record.Record, terms: Sequence[Term], scopes: set[str]) -> list[Piece]:
    """The text with the most of the remaining terms, around the first of them."""
    best: tuple[int, str, str] = (0, "", "")
    for name, text in record.fields(one):
        if name.startswith("@") and name not in scopes:
            continue
        fitted = len(highlighting.fitting(text, terms, name))
        if fitted > best[0]:
            best = (fitted, name, text)
    return highlighting.excerpt(best[2], terms, best[1]) if best[0] else []
