"""Whether two names can be the same person's. Pure; compares what people write, not how it is stored.

Accents, case, spelling of umlauts, Cyrillic and Greek letters, look-alike letters mixed into a Latin word, invisible
characters, nicknames, initials, second names and the order of first and last name make no difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from sourcing.search.tokens import fold

#: Similarity (0–100) from which two spellings of a first or last name are taken for one.
_NEAR_LAST = 88
_NEAR_FIRST = 85
_NEAR_WHOLE = 90

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]"
)
_WORD = re.compile(r"[^\W_]+")
_LATIN = re.compile("[a-z]")
_OTHER_SCRIPT = re.compile("[\u0370-\u03ff\u0400-\u04ff]")
_UMLAUT = re.compile("([aou])e")
_VOWELS = re.compile("(?<=.)[aeiouyh]")
_DOUBLE = re.compile(r"(.)\1+")

# Letters of other scripts that look Latin; used only in words that also hold Latin letters.
_LOOK_ALIKE = str.maketrans(
    "аеорсухкнвтміјѕіԁԛԝαενικορτυχ",
    "aeopcyxkhbtmijsidqwaevikoptux",
)
_CYRILLIC = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z", "и": "i", "й": "i",
    "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f",
    "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu",
    "я": "ya", "і": "i", "ї": "i", "є": "ie", "ґ": "g", "ј": "j", "љ": "lj", "њ": "nj", "ћ": "c", "ђ": "dj", "џ": "dz",
}  # fmt: skip
_GREEK = {
    "α": "a", "β": "v", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "th", "ι": "i", "κ": "k", "λ": "l",
    "μ": "m", "ν": "n", "ξ": "x", "ο": "o", "π": "p", "ρ": "r", "σ": "s", "ς": "s", "τ": "t", "υ": "y", "φ": "f",
    "χ": "ch", "ψ": "ps", "ω": "o",
}  # fmt: skip
_TRANSLITERATED = str.maketrans({**_CYRILLIC, **_GREEK})

# One line per name: its usual form first, then what the same person may be called.
_NICKNAMES = """
    alexander alex sascha sasha xander aleksandr alexandr alejandro
    alexandra alex sandra sascha
    andrew andy drew andreas andrei andrey
    anthony tony antonio antonius toni
    benjamin ben benny
    catherine cathy kate katie katharina katherine kathryn kathrin katrin kati
    charles charlie chuck karl carl
    christina chris tina kristina christine christin
    christopher chris christoph kit christian
    daniel dan danny
    david dave davy
    dimitri dmitri dmitry dimitrij dima
    dorothy dora dorothea
    edward ed eddie ted eduard
    elizabeth liz lizzy beth betty eliza elisabeth lisa
    eugene gene evgeny yevgeny evgenii
    ferdinand ferdi
    francis frank francesco francisco franz franziskus fran
    frederick fred freddy friedrich frederic fritz
    gabriel gabe
    george georg jorge giorgio yuri
    gregory greg gregor
    guillermo memo
    henry harry hank heinrich henrik hendrik enrique
    isabella isabel isa bella
    jacob jake jakob
    james jim jimmy jamie
    jennifer jen jenny
    jessica jess jessie
    johannes hannes john johnny jack jonny johann hans ivan juan jean giovanni
    jonathan jon jonny
    joseph joe joey josef sepp jose giuseppe
    josephine josie jo
    joshua josh
    kenneth ken kenny
    lawrence larry laurence lorenz
    leonard leo len lenny leonhard
    louis lou ludwig luis luigi
    margaret maggie meg peggy margarete greta margarita
    mary maria marie molly
    matthew matt matthias mattias matteo
    maximilian max
    michael mike mick mikey michel mikhail miguel michele
    natalie natalia natasha nataliya
    nicholas nick nicky nikolaus klaus nikolai nicolas niklas
    olexander oleksandr
    pamela pam
    patricia pat patty trish
    patrick pat paddy
    peter pete pedro petr pyotr pietro
    philip phil philipp philippe felipe
    rachel rach
    raymond ray
    rebecca becky becca
    richard rick dick rich ricky ricardo
    robert bob rob bobby robbie roberto
    ronald ron ronny
    samantha sam
    samuel sam sammy
    sebastian seb basti
    sergey sergei serhii sergio
    stephanie steph steffi stefanie
    stephen steve steven stefan stephan
    susan sue susanne susie
    susannah susanna
    theodor theo teddy
    theresa terry tess teresa
    thomas tom tommy tomas
    timothy tim timmy
    victoria vicky tori viktoria
    vladimir vova volodymyr
    walter walt
    william bill will billy willy wilhelm liam guillaume
"""
#: Name → the usual forms it may stand for.
_USUAL: dict[str, frozenset[str]] = {}
for _line in _NICKNAMES.strip().splitlines():
    _forms = _line.split()
    for _form in _forms:
        _USUAL[_form] = _USUAL.get(_form, frozenset()) | {_forms[0]}


class Likeness(StrEnum):
    """How two names stand to each other; what it is worth is ``matching``'s business."""

    UNKNOWN = "unknown"
    SAME = "same"
    NICKNAME = "nickname"
    NEAR = "near"
    INITIAL = "initial"
    PART = "part"
    FIRST_ONLY = "first_only"
    FAMILY = "family"
    DIFFERENT = "different"


@lru_cache(maxsize=131_072)
def plain(text: str) -> str:
    """Words as they are compared: lower case, unaccented, Latin letters where a table knows them, single spaces.

    ``Мария`` → ``mariya``; a word that mixes scripts (``Jоnas`` with a Cyrillic o) is read by its looks.
    """
    if not text.isascii():
        text = _INVISIBLE.sub("", text)
    folded = fold(text).replace("'", "").replace("’", "")
    return " ".join(map(_latin, _WORD.findall(folded)))


def _latin(word: str) -> str:
    if word.isascii() or not _OTHER_SCRIPT.search(word):
        return word
    if _LATIN.search(word):
        word = word.translate(_LOOK_ALIKE)
    return word.replace("ου", "ou").translate(_TRANSLITERATED)


@lru_cache(maxsize=131_072)
def spelled(text: str) -> str:
    """:func:`plain` with one spelling of umlauts: ``Müller``, ``Mueller`` and ``Muller`` are equal."""
    return _UMLAUT.sub(r"\1", plain(text))


@lru_cache(maxsize=131_072)
def skeleton(text: str) -> str:
    """What typing errors seldom change: first letter and consonants, repeated ones once. ``Lehner`` → ``lnr``."""
    return _DOUBLE.sub(r"\1", "".join(_VOWELS.sub("", word) for word in spelled(text).split()))


@lru_cache(maxsize=65_536)
def initials(first: str) -> frozenset[str]:
    """The letters a first name and its usual forms begin with; a name shares one with each of its short forms."""
    word = spelled(first).partition(" ")[0]
    return frozenset(form[0] for form in (word, *_USUAL.get(word, ())) if form)


def compare(a: tuple[str, str], b: tuple[str, str]) -> Likeness:
    """How ``(first, last)`` of one person stands to another's. ``compare(a, b) == compare(b, a)``."""
    one, two = sorted([_parts(*a), _parts(*b)])
    if not any(one) or not any(two):
        return Likeness.UNKNOWN
    if sorted(_words(one)) == sorted(_words(two)):
        return Likeness.SAME
    if not all(one) or not all(two):
        return _with_a_part(one, two)
    straight = _both(one, two)
    if straight in {Likeness.DIFFERENT, Likeness.FIRST_ONLY, Likeness.FAMILY}:
        turned = _both(one, (two[1], two[0]))
        if turned in {Likeness.SAME, Likeness.NICKNAME, Likeness.NEAR}:
            return turned
    if straight is Likeness.DIFFERENT and _ratio(" ".join(one), " ".join(two)) >= _NEAR_WHOLE:
        return Likeness.NEAR
    return straight


def _parts(first: str, last: str) -> tuple[str, str]:
    return spelled(first), spelled(last)


def _words(name: Iterable[str]) -> list[str]:
    return [word for part in name for word in part.split()]


def _with_a_part(one: tuple[str, str], two: tuple[str, str]) -> Likeness:
    """Of one of them only a first or a last name is known, in whichever place it was written."""
    if not all(two):
        one, two = two, one
    part = one[0] or one[1]
    places = [place for place in two if place]
    fits = any(_first(part, place) is not Likeness.DIFFERENT or _last(part, place) for place in places)
    return Likeness.PART if fits else Likeness.DIFFERENT


def _both(one: tuple[str, str], two: tuple[str, str]) -> Likeness:
    last = _last(one[1], two[1])
    first = _first(one[0], two[0])
    if not last:
        return Likeness.FIRST_ONLY if first in {Likeness.SAME, Likeness.NICKNAME} else Likeness.DIFFERENT
    if first is Likeness.DIFFERENT:
        return Likeness.FAMILY
    return Likeness.NEAR if first is Likeness.SAME and last == "near" else first


def _last(a: str, b: str) -> str:
    """``same``, ``near`` or nothing; one part of a double name is the same."""
    mine, theirs = set(a.split()), set(b.split())
    if a == b or mine <= theirs or theirs <= mine:
        return "same"
    return "near" if _mistyped(a, b) or (min(len(a), len(b)) > 3 and _ratio(a, b) >= _NEAR_LAST) else ""


def _first(a: str, b: str) -> Likeness:
    mine, theirs = a.split(), b.split()
    if a == b or set(mine) <= set(theirs) or set(theirs) <= set(mine):
        return Likeness.SAME
    short = min(mine[0], theirs[0], key=lambda word: (len(word), word))
    if len(short) == 1:
        return Likeness.INITIAL if mine[0][0] == theirs[0][0] else Likeness.DIFFERENT
    if _USUAL.get(mine[0], frozenset()) & _USUAL.get(theirs[0], frozenset()) or _cut_short(
        mine[0], theirs[0]
    ):
        return Likeness.NICKNAME
    if _mistyped(a, b) or (min(len(a), len(b)) > 3 and _ratio(a, b) >= _NEAR_FIRST):
        return Likeness.NEAR
    return Likeness.DIFFERENT


def _cut_short(a: str, b: str) -> bool:
    """``Jon`` for ``Jonas``; ``Paul`` and ``Paula`` are only near."""
    short, long = sorted([a, b], key=len)
    return len(short) > 2 and len(long) > len(short) + 1 and long.startswith(short)


def _mistyped(a: str, b: str) -> bool:
    """One letter added, left out or changed, or two neighbours swapped, in a name long enough to tell."""
    return min(len(a), len(b)) > 4 and OSA.distance(a, b, score_cutoff=1) <= 1


def _ratio(a: str, b: str) -> float:
    return float(fuzz.ratio(a, b))
