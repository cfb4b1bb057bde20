"""The tree of a question: how it is printed, asked of PostgreSQL, and answered in plain Python. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sourcing.search.tokens import field_prefix, is_ideographic, quote


@dataclass(frozen=True)
class Word:
    """One lexeme, in the whole record or in one field; ``begun`` matches what starts with it."""

    lexeme: str
    field: str = ""
    begun: bool = False


@dataclass(frozen=True)
class Phrase:
    """Lexemes directly after each other."""

    lexemes: tuple[str, ...]
    field: str = ""


#: What a person's texts may be marked by.
Term = Word | Phrase


@dataclass(frozen=True)
class Contact:
    """One whole address or number: looked up among the contact points the viewer may see, never among words."""

    kind: str
    normalised: str


@dataclass(frozen=True)
class Not:
    """Everybody who does not fit ``part``."""

    part: Node


@dataclass(frozen=True)
class And:
    """All of at least two parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Or:
    """Any of at least two parts."""

    parts: tuple[Node, ...]


Node = Word | Phrase | Contact | Not | And | Or


def all_of(parts: Iterable[Node]) -> Node | None:
    """The parts joined by AND, flat; one part stands alone, none is None."""
    return _joined(And, parts)


def any_of(parts: Iterable[Node]) -> Node | None:
    """The parts joined by OR, flat."""
    return _joined(Or, parts)


def _joined(kind: type[And] | type[Or], parts: Iterable[Node]) -> Node | None:
    flat: list[Node] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, kind) else (part,))
    return kind(tuple(flat)) if len(flat) > 1 else flat[0] if flat else None


def is_one_ideograph(lexeme: str) -> bool:
    """A script without spaces is indexed in pairs; one character alone finds the pairs that start with it."""
    return len(lexeme) == 1 and is_ideographic(lexeme)


def as_text(node: Node | None) -> str:
    """The tree as somebody would type it; a closing space tells that the last word is whole."""
    return "" if node is None else f"{_text(node)} "


def _text(node: Node, *, inner: bool = False) -> str:
    match node:
        case Word(lexeme, name, begun):
            star = "*" if begun and not is_one_ideograph(lexeme) else ""
            return f"{_typed(name)}{lexeme}{star}"
        case Phrase(lexemes, name):
            return f'{_typed(name)}"{" ".join(lexemes)}"'
        case Contact(kind, normalised):
            return f"{kind}:{normalised}"
        case Not(part):
            return f"NOT {_text(part, inner=True)}"
        case And(parts):
            return _bracketed(" ".join(_text(part, inner=True) for part in parts), inner)
        case Or(parts):
            return _bracketed(" OR ".join(_text(part, inner=True) for part in parts), inner)


def _typed(name: str) -> str:
    return f"{name.removeprefix('custom.')}:" if name else ""


def _bracketed(text: str, inner: bool) -> str:
    return f"({text})" if inner else text


def as_tsquery(node: Node, scopes: Sequence[str] = ()) -> str:
    """The text form of a tsquery. ``scopes`` are the names of restricted texts the viewer may find (``@u5``).

    Raises ValueError for a tree with a :class:`Contact` in it; those are look-ups.
    """
    match node:
        case Word(lexeme, name, begun):
            star = ":*" if begun else ""
            forms = [quote(prefix + lexeme) + star for prefix in _prefixes(name, scopes)]
            return forms[0] if len(forms) == 1 else f"({' | '.join(forms)})"
        case Phrase(lexemes, name):
            forms = [
                f"({' <-> '.join(quote(prefix + lexeme) for lexeme in lexemes)})"
                for prefix in _prefixes(name, scopes)
            ]
            return forms[0] if len(forms) == 1 else f"({' | '.join(forms)})"
        case Not(part):
            return f"!({as_tsquery(part, scopes)})"
        case And(parts):
            return f"({' & '.join(as_tsquery(part, scopes) for part in parts)})"
        case Or(parts):
            return f"({' | '.join(as_tsquery(part, scopes) for part in parts)})"
        case Contact():
            raise ValueError("an address is looked up, not searched as words")


def _prefixes(name: str, scopes: Sequence[str]) -> list[str]:
    return [field_prefix(name)] if name else ["", *(field_prefix(scope) for scope in scopes)]


def matches(
    node: Node,
    document: Mapping[str, Collection[int]],
    *,
    scopes: Sequence[str] = (),
    reached_by: Callable[[Contact], bool] = lambda _contact: False,
) -> bool:
    """Whether a document (``tokens.positions``) fits: what PostgreSQL answers for :func:`as_tsquery`, said in Python.

    The bench and the tests compare both; highlighting and saved searches need no such thing.
    """
    match node:
        case Word(lexeme, name, begun):
            wanted = [prefix + lexeme for prefix in _prefixes(name, scopes)]
            if begun:
                return any(each.startswith(start) for start in wanted for each in document)
            return any(each in document for each in wanted)
        case Phrase(lexemes, name):
            return any(
                _follow(document, [prefix + each for each in lexemes]) for prefix in _prefixes(name, scopes)
            )
        case Contact():
            return reached_by(node)
        case Not(part):
            return not matches(part, document, scopes=scopes, reached_by=reached_by)
        case And(parts):
            return all(matches(part, document, scopes=scopes, reached_by=reached_by) for part in parts)
        case Or(parts):
            return any(matches(part, document, scopes=scopes, reached_by=reached_by) for part in parts)


def _follow(document: Mapping[str, Collection[int]], lexemes: Sequence[str]) -> bool:
    places = [frozenset(document.get(lexeme, ())) for lexeme in lexemes]
    reached = places[0]
    for _, here in pairwise(places):
        reached = frozenset(place + 1 for place in reached) & here
    return bool(reached)


def contacts(node: Node | None) -> list[Contact]:
    """Every address and number the tree looks up."""
    match node:
        case Contact():
            return [node]
        case Not(part):
            return contacts(part)
        case And(parts) | Or(parts):
            return [found for part in parts for found in contacts(part)]
        case _:
            return []


def terms(node: Node | None) -> list[Word | Phrase]:
    """The words and phrases somebody who fits may have; what stands under NOT is none of them."""
    match node:
        case Word() | Phrase():
            return [node]
        case And(parts) | Or(parts):
            return [found for part in parts for found in terms(part)]
        case _:
            return []
