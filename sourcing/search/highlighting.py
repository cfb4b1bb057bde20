"""Which characters of a text made somebody fit. Pure: the same tokens and terms that the search itself uses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sourcing.search.syntax import Term, Word
from sourcing.search.tokens import spans, words

#: Characters of an excerpt around its first match.
_AROUND = 90


@dataclass(frozen=True)
class Piece:
    """A part of a text; ``hit`` parts are marked."""

    text: str
    hit: bool = False


def pieces(text: str, terms: Sequence[Term], name: str = "") -> list[Piece]:
    """``text`` of the field ``name`` cut into what fits one of ``terms`` and what does not; joined it is ``text``."""
    found: list[Piece] = []
    at = 0
    for start, end in hits(text, terms, name):
        if start > at:
            found.append(Piece(text[at:start]))
        found.append(Piece(text[max(at, start) : end], hit=True))
        at = end
    return [*found, Piece(text[at:])] if at < len(text) else found


def hits(text: str, terms: Sequence[Term], name: str = "") -> list[tuple[int, int]]:
    """The places of ``text`` that fit, in order, without overlaps. A phrase fits only as a whole."""
    # Most texts of a page fit nothing: their words are known already, where each begins is not.
    fitted = fitting(text, terms, name)
    if not fitted:
        return []
    tokens = spans(text)
    alone = [token for token, _, _ in tokens]
    marked = {index for term in fitted for index in _fitting(alone, term)}
    places: list[tuple[int, int]] = []
    for index in sorted(marked):
        _, start, end = tokens[index]
        # Two words of one phrase are one mark; so are overlapping pairs of ideographs.
        if places and (
            start <= places[-1][1] or (index - 1 in marked and not text[places[-1][1] : start].strip())
        ):
            places[-1] = (places[-1][0], max(end, places[-1][1]))
        else:
            places.append((start, end))
    return places


def fitting(text: str, terms: Iterable[Term], name: str = "") -> list[Term]:
    """The terms that ``text`` fits, in their order."""
    # A page asks of two thousand texts, and most hold no letter of a term. In plain ASCII a token is a part of the
    # text as it stands, so one look spares cutting it.
    plain = text.lower().replace("'", "") if text.isascii() else None
    asked = [
        term
        for term in terms
        if (not term.field or term.field == name) and (plain is None or _first(term) in plain)
    ]
    if not asked:
        return []
    tokens = words(text)
    return [term for term in asked if _fits(tokens, term)]


def excerpt(text: str, terms: Sequence[Term], name: str = "") -> list[Piece]:
    """Some characters around the first place that fits, marked; empty when none does."""
    first = next(iter(hits(text, terms, name)), None)
    if first is None:
        return []
    start, end = max(0, first[0] - _AROUND // 2), min(len(text), first[1] + _AROUND)
    # Whole words; a text without spaces is cut where it is.
    if start:
        start = min(text.find(" ", start, first[0]) + 1 or start, first[0])
    if end < len(text):
        end = max(text.rfind(" ", first[1], end), first[1]) if " " in text[first[1] : end] else end
    cut = " ".join(text[start:end].split())
    shown = f"{'…' if start else ''}{cut}{'…' if end < len(text) else ''}"
    return pieces(shown, terms, name)


def _first(term: Term) -> str:
    return term.lexeme if isinstance(term, Word) else term.lexemes[0]


def _fits(tokens: Sequence[str], term: Term) -> bool:
    if isinstance(term, Word):
        if term.begun:
            return any(token.startswith(term.lexeme) for token in tokens)
        return term.lexeme in tokens
    return term.lexemes[0] in tokens and bool(_fitting(tokens, term))


def _fitting(tokens: Sequence[str], term: Term) -> list[int]:
    if isinstance(term, Word):
        if term.begun:
            return [index for index, token in enumerate(tokens) if token.startswith(term.lexeme)]
        return [index for index, token in enumerate(tokens) if token == term.lexeme]
    length = len(term.lexemes)
    starts = [
        index
        for index in range(len(tokens) - length + 1)
        if tuple(tokens[index : index + length]) == term.lexemes
    ]
    return [index for start in starts for index in range(start, start + length)]
