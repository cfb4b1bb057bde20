"""Words of a person's record and words of a question, made the same way. Pure.

PostgreSQL's own parsers differ between installations and lose ``c++`` and ``.net``; this one is ours, for documents
and questions alike (docs/architecture.md, "People at a million"). It yields lower-case tokens after NFKC, case folding
and removal of accents. Words of scripts without spaces become overlapping pairs of characters. Field lexemes
(``t:engineer`` for a title) let a later ``title:engineer`` be answered from the same index without a recheck.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

#: Prefix of the field lexemes, by field of a search document.
FIELD_PREFIX: Mapping[str, str] = {
    "name": "n",
    "title": "t",
    "company": "c",
    "location": "l",
    "skill": "s",
    "tag": "g",
}

#: A lexeme longer than this is cut; PostgreSQL allows 2 kB, no word needs it.
MAX_TOKEN = 100

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
_IDEOGRAPH = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af\u0e00-\u0e7f]+")


def fold(text: str) -> str:
    """``text`` as it is compared: NFKC, case folded, without accents. ``Müller`` → ``muller``, ``ﬁn`` → ``fin``."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", text).casefold().translate(_FOLDS)
    marks_off = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
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
    if folded.isascii() or not _IDEOGRAPH.search(folded):
        return tuple(found)
    return tuple(part for word in found for part in (_pairs(word) if _IDEOGRAPH.search(word) else (word,)))


#: Names, titles, companies and skills repeat all the time; whole summaries do not.
_short = lru_cache(maxsize=65_536)(_words)


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

    A field of :data:`FIELD_PREFIX` gives each word twice, plain with its position and with the field's prefix;
    any other field only plain. A gap of ten positions between fields keeps a phrase from spanning two of them.
    """
    positions: dict[str, list[str]] = {}
    prefixed: set[str] = set()
    at = 0
    for name, text in fields:
        if not text:
            continue
        found = words(text)
        for word in found:
            at += 1
            if word in positions:
                positions[word].append(str(at))
            else:
                positions[word] = [str(at)]
        if name in FIELD_PREFIX:
            prefixed.update(_with_prefix(FIELD_PREFIX[name], found))
        at += 10
    # Words hold letters, digits, "+", "#" and "." only, so they need no escaping here. PostgreSQL itself drops
    # positions beyond the 16,383rd word and more than 256 of one word.
    plain = [f"'{word}':{','.join(places)}" for word, places in positions.items()]
    return " ".join([*plain, *prefixed])


@lru_cache(maxsize=65_536)
def _with_prefix(prefix: str, found: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"'{prefix}:{word}'" for word in found)


def quote(lexeme: str) -> str:
    """A lexeme as a quoted string of tsvector and tsquery text."""
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"


def query(text: str) -> str:
    """The text form of a tsquery that wants every word of ``text``; the last one may be only begun. Empty
    without words.

    ``query("pyth dev")`` → ``'pyth' & 'dev':*``. A trailing space closes the last word.
    """
    wanted = list(words(text.strip()))
    if not wanted:
        return ""
    # A field lexeme starts with a letter and a colon; no word contains a colon, so a prefix never reaches one.
    parts = [quote(word) for word in wanted[:-1]]
    last = quote(wanted[-1])
    parts.append(last if text[-1:].isspace() else f"{last}:*")
    return " & ".join(dict.fromkeys(parts))
