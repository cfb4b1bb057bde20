"""Words of a person's record and words of a question, made the same way. Pure.

PostgreSQL's own parsers differ between installations and lose ``c++`` and ``.net``; this one is ours, for documents
and questions alike (docs/architecture.md, "People at a million"). It yields lower-case tokens after NFKC, case folding
and removal of accents. Words of scripts without spaces become overlapping pairs of characters. Field lexemes
(``t:engineer`` for a title) let a later ``title:engineer`` be answered from the same index without a recheck.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

#: Prefix of the field lexemes, by field of a search document.
FIELD_PREFIX: Mapping[str, str] = {
    "name": "n",
    "title": "t",
    "company": "c",
    "school": "h",
    "location": "l",
    "skill": "s",
    "tag": "g",
}

#: Where a word stands counts for relevance: the weight letters of a tsvector, D when the field is none of these.
FIELD_WEIGHT: Mapping[str, str] = {
    "name": "A",
    "title": "A",
    "company": "B",
    "skill": "B",
    "tag": "C",
    "location": "C",
}

#: A lexeme longer than this is cut; PostgreSQL allows 2 kB, no word needs it.
MAX_TOKEN = 100
#: A document is cut here; PostgreSQL refuses a tsvector of 1 MB, and a text of 5 MB is no reason to lose the person.
MAX_DOCUMENT = 900_000
#: What a character may take of that at most, with the room each word needs: ASCII, and any other.
_ROOM, _WIDE_ROOM = 3, 12
#: PostgreSQL knows no later position in a document.
_LAST_POSITION = 16_383

# Letters and digits with inner joiners; "+", "#" at the end and "." before letters are part of c++, c#, .net, node.js.
_WORD = re.compile(
    r"\.net\b"
    r"|[^\W_]+(?:\+\+|\#)"
    r"|[^\W_]+(?:\.js|\.io|\.ai|\.net)\b"
    r"|[^\W_]+"
)
# What NFKD leaves whole although it is a letter with a mark to everybody who types.
_FOLDS = str.maketrans(
    {
        "ß": "ss",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "ı": "i",
        "ħ": "h",
        "ŧ": "t",
    }
)
# Letters of other alphabets that look like ours; folded only in a word that mixes them with ours, so that a word of
# Russian or Greek stays one.
_LOOK_ALIKES = str.maketrans("авсеһіјкмнорѕтухԁԛԝαικνορτυχ", "abcehijkmhopstyxdqwaiknoptux")
_ASCII_LETTER = re.compile("[a-z]")
_IDEOGRAPH = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af\u0e00-\u0e7f]+")


def fold(text: str) -> str:
    """``text`` as it is compared: NFKC, case folded, without accents. ``Müller`` → ``muller``, ``ﬁn`` → ``fin``."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", text).casefold().translate(_FOLDS)
    # Zero-width and direction marks are invisible and part of no word.
    marks_off = "".join(
        c
        for c in unicodedata.normalize("NFKD", text)
        if not unicodedata.combining(c) and unicodedata.category(c) != "Cf"
    )
    # Hangul falls apart under NFKD; compose what is not a mark again.
    return unicodedata.normalize("NFC", marks_off)


def words(text: str) -> tuple[str, ...]:
    """The tokens of ``text`` in order. ``words("C++/C#, .NET & Node.js")`` → ``c++ c# .net node.js``."""
    return _short(text) if len(text) <= 80 else _words(text)


def _words(text: str) -> tuple[str, ...]:
    folded = fold(text).replace("'", "").replace("’", "")
    found = _WORD.findall(folded)
    if len(folded) > MAX_TOKEN:
        found = [word[:MAX_TOKEN] for word in found]
    if folded.isascii():
        return tuple(found)
    found = [_one_alphabet(word) for word in found]
    if not _IDEOGRAPH.search(folded):
        return tuple(found)
    return tuple(part for word in found for part in (_pairs(word) if _IDEOGRAPH.search(word) else (word,)))


def is_ideographic(word: str) -> bool:
    """Whether the word is of a script without spaces."""
    return _IDEOGRAPH.fullmatch(word) is not None


def _one_alphabet(word: str) -> str:
    """``pythоn`` with a Cyrillic ``о`` is ``python``."""
    return word if word.isascii() or not _ASCII_LETTER.search(word) else word.translate(_LOOK_ALIKES)


#: Titles, companies and skills repeat all the time; whole summaries do not, and a bigger memory saves nothing more.
_short = lru_cache(maxsize=1_024)(_words)


def spans(text: str) -> list[tuple[str, int, int]]:
    """The tokens of ``text``, each with the characters ``start`` to ``end`` it was made of; overlapping ideographs
    overlap. What :func:`words` cuts off is told whole."""
    if text.isascii() and "'" not in text:
        return [(match[0][:MAX_TOKEN], *match.span()) for match in _WORD.finditer(text.lower())]
    pieces: list[str] = []
    origin: list[int] = []
    for start, end in _clusters(text):
        piece = "" if text[start] in "'’" else fold(text[start:end])
        pieces.append(piece)
        origin.extend([start] * len(piece))
    folded = "".join(pieces)
    origin.append(len(text))
    found: list[tuple[str, int, int]] = []
    for match in _WORD.finditer(folded):
        for word, first, last in _parts(match[0], match.start()):
            found.append((word, origin[first], _end_of(text, origin[last - 1])))
    return found


def _clusters(text: str) -> Iterator[tuple[int, int]]:
    """Each character with the marks that follow it."""
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or not unicodedata.combining(text[at]):
            yield start, at
            start = at


def _end_of(text: str, start: int) -> int:
    end = start + 1
    while end < len(text) and unicodedata.combining(text[end]):
        end += 1
    return end


def _parts(word: str, at: int) -> Iterator[tuple[str, int, int]]:
    if word.isascii() or not _IDEOGRAPH.search(word):
        yield _one_alphabet(word)[:MAX_TOKEN], at, at + len(word)
        return
    from_ = 0
    for part in _pairs(word):
        begin = word.index(part, from_)
        yield part, at + begin, at + begin + len(part)
        from_ = begin + 1 if _IDEOGRAPH.fullmatch(part) and len(part) > 1 else begin + len(part)


def _pairs(word: str) -> Iterable[str]:
    """Overlapping pairs of each run of ideographs, other runs whole: ``山田太郎`` → ``山田 田太 太郎``."""
    rest = 0
    for run in _IDEOGRAPH.finditer(word):
        if run.start() > rest:
            yield word[rest : run.start()]
        text = run[0]
        if len(text) == 1:
            yield text
        for index in range(len(text) - 1):
            yield text[index : index + 2]
        rest = run.end()
    if rest < len(word):
        yield word[rest:]


def document(fields: Iterable[tuple[str, str]]) -> str:
    """The text form of a tsvector for ``(field, text)`` pairs, ready for ``::tsvector``.

    A field with a prefix (:func:`field_prefix`) gives each word twice, plain and with the prefix; a scoped field
    (``@u5``) only with it; any other only plain. A gap of ten positions between fields keeps a phrase from spanning two
    of them. What goes beyond :data:`MAX_DOCUMENT` is left out.
    """
    # PostgreSQL joins what stands several times. Words hold letters, digits, "+", "#" and "." only, so they need no
    # escaping here.
    return " ".join(
        [
            f"'{word}':{place}"
            for words_, places in _placed(fields)
            for word, place in zip(words_, places, strict=True)
        ]
    )


def lexemes(fields: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """What :func:`document` says: every lexeme with its positions, each a number and the weight of its field."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for words_, places in _placed(fields):
        for word, place in zip(words_, places, strict=True):
            found[word].append(place)
    return dict(found)


def _placed(fields: Iterable[tuple[str, str]]) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    """Words and, as many, their positions: for each field its plain words and those with its prefix."""
    at, room = 1, MAX_DOCUMENT
    for name, text in fields:
        if not text:
            continue
        each = _ROOM if text.isascii() else _WIDE_ROOM
        if len(text) * each > room:
            text = text[: room // each]
        room -= len(text) * each
        prefix, places = _mark(name)
        here = words(text)
        after = at + len(here)
        numbered = places[at:after] if after <= _LAST_POSITION else _crowded(places, at, after)
        if prefix:
            yield [prefix + word for word in here], numbered
        if not name.startswith("@"):
            yield here, numbered
        at = min(after + 10, _LAST_POSITION)


def _crowded(places: tuple[str, ...], at: int, after: int) -> tuple[str, ...]:
    """Words behind the last position all stand at it."""
    return places[at:] + places[-1:] * (after - at - len(places[at:]))


@lru_cache(maxsize=1_024)
def _mark(name: str) -> tuple[str, tuple[str, ...]]:
    """The prefix of a field and its positions as they are printed."""
    return field_prefix(name), _places(FIELD_WEIGHT.get(name, ""))


@lru_cache(maxsize=4)
def _places(weight: str) -> tuple[str, ...]:
    return tuple(f"{at}{weight}" for at in range(_LAST_POSITION + 1))


def field_prefix(name: str) -> str:
    """What stands before the words of a field: ``t:`` for a title, ``k.notice:`` for the custom field ``notice``
    (named ``custom.notice``), ``x.u5:`` for text only user 5 may find (named ``@u5``); empty for a field without."""
    known = FIELD_PREFIX.get(name)
    if known:
        return f"{known}:"
    if name.startswith("custom."):
        return f"k.{name[7:]}:"
    return f"x.{name[1:]}:" if name.startswith("@") else ""


def positions(document_lexemes: Mapping[str, Collection[str]]) -> dict[str, frozenset[int]]:
    """The positions of :func:`lexemes` as numbers, for the pure evaluator of questions."""
    return {
        word: frozenset(int(place.rstrip("ABC")) for place in places)
        for word, places in document_lexemes.items()
    }


def quote(lexeme: str) -> str:
    """A lexeme as a quoted string of tsvector and tsquery text."""
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"
