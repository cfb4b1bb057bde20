"""Whom an answer names instead of its writer: an address, the name beside it, and the sentence that says so. Pure.

"Not me, write to my colleague Ben Lee, ben.lee@example.org." Only what the writer wrote now is read, above the sign-off
(``interest.own_words``); names are written with capitals, in whatever language. Nothing here makes anybody a person.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from outreach.inbound.interest import own_words
from sourcing.matching import is_shared_address
from sourcing.normalising import InvalidAddress, compared_email, normalise_email


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: More addresses than this are a list, not a referral.
MOST = 5
_READ = 6_000
_LONGEST_PHRASE = 200
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_SENTENCE_END = re.compile(r"[.!?;](?=\s)|\n")
#: Between a name and its address.
_BETWEEN = re.compile(
    r"(?:[\s,:;<(\[–—=-]|\b(?:at|on|via|under|unter|über|auf|an|sous|par|à|en|op|su|em|her|his|their|seine|ihre"
    r"|e-?mail|mail|address|adresse|is|ist|est)\b)*$",
    re.IGNORECASE,
)
_BEHIND = re.compile(r"\s*[>\]]?\s*\(([^()@\n]{2,60})\)")
_PARTICLES = _words("van von der den de di da del della la le du dos bin al el ter ten zu")
#: Written with a capital before a name, and no part of it.
_NO_NAMES = _words(
    """
    i he she they we it the my our your his her contact try ask write email e-mail mail please reach talk speak hi hello
    dear mr mrs ms miss dr prof also maybe perhaps better instead here colleague friend manager with to
    frau herr herrn kollege kollegen kollegin freund freundin bitte kontaktieren schreiben fragen wenden sie ich chef
    chefin bruder schwester bekannte bekannter monsieur madame mme contactez écrivez voyez je collègue
    contacte escriba escribe hable habla señor señora don doña contatti scriva signor signora contate escreva
    """
)
_NAME_WORD = re.compile(r"[^\W\d_][\w'’-]*\.?")
_LOCAL_PART = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True)
class Named:
    """Somebody an answer names. ``name`` may be empty; ``phrase`` is the sentence."""

    address: str
    name: str
    phrase: str


def named_in(text: str, *, ours: str = "", but: Collection[str] = ()) -> list[Named]:
    """Everybody named with an address, in order, none twice; nobody in a list of more than :data:`MOST`.

    ``ours`` is the mail that was answered, ``but`` are addresses that are no referral: the writer's and the mailbox's.
    """
    known = {compared_email(each) for each in but}
    own = own_words(text[:_READ], ours)
    found: dict[str, Named] = {}
    for match in _ADDRESS.finditer(own):
        try:
            address = normalise_email(match[0].rstrip("."))
        except InvalidAddress:
            continue
        if address not in known and address not in found:
            start, end = _sentence(own, match)
            name = _name_before(own[start : match.start()]) or _name_behind(own[match.end() :])
            phrase = " ".join(own[start:end].split())[:_LONGEST_PHRASE]
            found[address] = Named(address, _completed(name, address), phrase)
    return list(found.values()) if len(found) <= MOST else []


def _sentence(text: str, match: re.Match[str]) -> tuple[int, int]:
    ends = [found.end() for found in _SENTENCE_END.finditer(text, 0, match.start())]
    after = _SENTENCE_END.search(text, match.end() - 1)
    return (ends[-1] if ends else 0), (after.end() if after else len(text))


def _name_before(before: str) -> str:
    """The capitalised words that end where the address begins."""
    before = before[: _between(before)]
    words: list[str] = []
    for word in reversed(before.split()):
        plain = word.strip("\"'“”„«»()")
        if words and plain[-1:] in ",:;":
            break
        if not _is_name_word(plain) and not (words and plain.lower() in _PARTICLES):
            break
        words.insert(0, plain)
    while words and words[0] in _PARTICLES:
        words.pop(0)
    return " ".join(words[-4:])


def _between(before: str) -> int:
    found = _BETWEEN.search(before)
    return found.start() if found else len(before)


def _name_behind(behind: str) -> str:
    """``ben@example.org (Ben Lee)``."""
    found = _BEHIND.match(behind)
    words = found[1].split() if found else []
    return " ".join(words) if words and len(words) <= 4 and all(map(_is_name_word, words)) else ""


def _is_name_word(word: str) -> bool:
    return (
        bool(_NAME_WORD.fullmatch(word)) and word[:1].isupper() and word.rstrip(".").lower() not in _NO_NAMES
    )


def _completed(name: str, address: str) -> str:
    """A name from ``ben.lee@`` where none is written, or only the first one of it."""
    local = address.partition("@")[0]
    parts = [part for part in re.split(r"[._-]", local) if part]
    spelled = 2 <= len(parts) <= 3 and all(map(_LOCAL_PART.fullmatch, parts))
    if (
        not spelled
        or any(is_shared_address(f"{part}@") for part in parts)
        or (name and (" " in name or name.lower() != parts[0]))
    ):
        return name
    return " ".join(part.capitalize() for part in parts)
