"""What people write when they are interested, are not, are the wrong person or name somebody else: the rules as data.

One file per language under ``phrases/``, a rule a line: interest, weight, a sample, and a pattern that is matched
within one sentence without regard to case (``{day}`` stands for the days of the file's first line). Weight 3 decides
alone, 2 is clear, 1 is politeness that only adds to something clear. A test runs every sample through its rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from outreach.states import Interest

LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt")
#: What takes words out of another's mouth goes first: "not interested" must not be found again as "interested".
ORDER = (
    Interest.WRONG_PERSON,
    Interest.REFERRAL,
    Interest.NOT_NOW,
    Interest.NOT_INTERESTED,
    Interest.MEETING,
    Interest.INTERESTED,
)
_FILES = Path(__file__).parent / "phrases"


@dataclass(frozen=True)
class Phrase:
    """One way of saying it."""

    language: str
    interest: Interest
    weight: int
    sample: str
    pattern: str


@cache
def phrases() -> tuple[Phrase, ...]:
    """Every rule of every language; read once."""
    return tuple(rule for language in LANGUAGES for rule in _read(language))


def _read(language: str) -> list[Phrase]:
    first, *lines = (_FILES / f"{language}.tsv").read_text(encoding="utf-8").splitlines()
    days = first.rpartition("\t")[2]
    found = []
    for line in lines:
        interest, weight, sample, pattern = line.split("\t")
        found.append(
            Phrase(language, Interest(interest), int(weight), sample, pattern.replace("{day}", days))
        )
    return found
