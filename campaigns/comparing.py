"""Whether one text of a step brings more replies than another, or whether that cannot be said yet. Pure.

People look every day and stop when they like what they see, which makes an ordinary test at 5 % wrong far more often
than 5 % of the time. So the rule is one that stays right however often it is asked: given a reply, if the texts do not
differ it is the first one's with the chance ``n1 / (n1 + n2)``, and the evidence against that is a Bayes factor with a
beta mixture; under no difference it reaches ``1 / a`` at any time with a chance of at most ``a`` (Ville 1939; for
counts of conversions Lindon and Malek, *Anytime-Valid Inference for Multinomial Count Data*, NeurIPS 2022). With
several variants each pair is asked with its part of the 5 % (Bonferroni). Rates carry Wilson's intervals (1927).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

#: How often the rule may call two equal texts different, over all looks and all pairs.
MISTAKES = 0.05
#: Below so many people each, nothing is said at all.
LEAST_PEOPLE = 50
#: Strength of the beta mixture, in replies: the prior thinks of differences of the size that texts make.
_PRIOR = 10.0
_Z = 1.959963984540054
#: How much longer, in people each, is still worth telling.
_FAR = 100_000


@dataclass(frozen=True)
class Tried:
    """What became of one variant: people it reached by the draw, and of them who replied."""

    key: str
    people: int
    replied: int

    @property
    def rate(self) -> float:
        """Replies per person; 0 of nobody."""
        return self.replied / self.people if self.people else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the rate."""
        return wilson(self.replied, self.people)


@dataclass(frozen=True)
class Answer:
    """``best`` is the key of the variant that is better than every other one, empty while that cannot be said.

    ``needs``: about how many more people each variant needs if the rates stay as they are; None when that is not
    to be foreseen.
    """

    best: str
    text: str
    needs: int | None = None


def wilson(part: int, whole: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a proportion, (0, 1) of nothing."""
    if not whole:
        return 0.0, 1.0
    rate, spread = part / whole, _Z * _Z / whole
    middle = (rate + spread / 2) / (1 + spread)
    half = _Z / (1 + spread) * math.sqrt(rate * (1 - rate) / whole + spread / (4 * whole))
    return max(0.0, middle - half), min(1.0, middle + half)


def evidence(one: Tried, other: Tried) -> float:
    """The natural logarithm of the Bayes factor against "no difference"; 0 says nothing, less speaks for equality."""
    return _evidence(one.replied, other.replied, one.people / (one.people + other.people))


def compare(tried: Sequence[Tried]) -> Answer:
    """The answer for all variants of a step that were drawn."""
    if len(tried) < 2:
        return Answer("", "Nothing to compare yet.")
    ranked = sorted(tried, key=lambda each: (-each.rate, each.key))
    fewest = min(each.people for each in tried)
    if fewest < LEAST_PEOPLE:
        return Answer(
            "", f"Not enough yet: each text needs at least {LEAST_PEOPLE} people.", LEAST_PEOPLE - fewest
        )
    pairs = len(tried) * (len(tried) - 1) / 2
    needed = math.log(pairs / MISTAKES)
    first, *others = ranked
    if all(evidence(first, other) >= needed for other in others):
        return Answer(first.key, f"{first.key} brings more replies.")
    more = _people_needed(first, ranked[1], needed)
    if more is None:
        return Answer("", "Not enough yet: so far they bring about as many replies.")
    return Answer("", f"Not enough yet: about {more:,} more people each if the rates stay like this.", more)


def _evidence(one: float, other: float, chance: float) -> float:
    first, second = _PRIOR * chance, _PRIOR * (1 - chance)
    mixed = _log_beta(first + one, second + other) - _log_beta(first, second)
    return mixed - one * math.log(chance) - other * math.log1p(-chance)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _people_needed(first: Tried, second: Tried, needed: float) -> int | None:
    """Found by doubling what there is; rounded up to two figures, because nobody knows it better."""
    people = (first.people + second.people) / 2
    chance = first.people / (first.people + second.people)
    steps = [1.05**number for number in range(1, 240)]
    for factor in steps:
        if people * (factor - 1) > _FAR:
            return None
        if _evidence(first.replied * factor, second.replied * factor, chance) >= needed:
            more = people * (factor - 1)
            unit = 10 ** max(0, math.floor(math.log10(max(more, 1))) - 1)
            return int(math.ceil(more / unit) * unit)
    return None
