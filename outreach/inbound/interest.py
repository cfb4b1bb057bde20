"""What an answer says about the person's interest, read from its words on this machine. Pure; in doubt it says nothing.

Only what the writer wrote now is read: quotes are gone before (``bodies.without_quotes``), words of our own mail are
taken out, and nothing below a sign-off or a signature counts. The phrase that decided is kept as it stands in the text,
so that a person sees why and corrects it with one press. The rules are in ``interest_rules``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from outreach.inbound.interest_rules import ORDER, Phrase, phrases
from outreach.states import KEEN, Interest

#: Below this nothing is said.
SURE_ENOUGH = 80
_READ = 6_000
_LONGEST_PHRASE = 200
_STRAIGHT = str.maketrans("’‘`´“”„«»\u00a0\u202f", '\'\'\'\'"""""  ')
_SENTENCE = re.compile(r"[^.!?;\n。]*(?:\.(?=\w)[^.!?;\n。]*)*[.!?;\n。]?")
_SIGNATURE = re.compile(
    r"^\s*(?:--\s?$|__+$|(?:sent|gesendet|envoyé|enviado|inviato|verzonden|skickat) (?:from|von"
    r"|de|desde|do|da|van|från)\b"
    r"|get outlook for|von meinem \w+ gesendet|disclaimer\b|confidentiality notice|this e-?mail"
    r" (?:and any|is confidential))",
    re.IGNORECASE,
)
_SIGN_OFF = re.compile(
    r"^\s*(?:(?:kind|best|warm|warmest|many|with (?:kind|best))? ?(?:regards|wishes)|best|cheers"
    r"|sincerely|yours\b.{0,20}"
    r"|thanks|thank you|thx|many thanks|(?:mit )?(?:freundlichen?|besten?|viele|liebe|herzliche"
    r"|schöne) (?:grüßen?|grüße[n]?|gruß|gruss|gruessen?)"
    r"|lg|vg|mfg|(?:bien )?cordialement|cdlt|bien à vous|saludos(?: cordiales)?|un saludo"
    r"|atentamente|cordiali saluti|distinti saluti|saluti"
    r"|(?:met )?(?:vriendelijke|hartelijke) groet(?:en)?|groet(?:en|jes)?|mvg|atenciosamente"
    r"|cumprimentos|abraços?|att)\s*[,.!]?\s*$",
    re.IGNORECASE,
)
_BUT = re.compile(
    r"\b(?:but|however|though|unfortunately|aber|jedoch|leider|allerdings|mais|cependant"
    r"|malheureusement|pero|sin embargo|"
    r"lamentablemente|ma|però|purtroppo|tuttavia|maar|echter|helaas|mas|porém|infelizmente)\b",
    re.IGNORECASE,
)
#: What is only imagined, asked or told of somebody else's mail is half as sure.
_IF = re.compile(
    r"\b(?:if|unless|depends|depending|might|maybe|perhaps|not sure|unsure|falls|wenn|je nachdem"
    r"|vielleicht|eventuell|nicht sicher"
    r"|si|peut-être|selon|pas sûre?|quizás?|tal vez|depende|no sé|se|forse|dipende|non so"
    r"|misschien|als|tenzij|weet niet|talvez|não sei)\b",
    re.IGNORECASE,
)
_NEGATIVE = frozenset({Interest.NOT_INTERESTED, Interest.NOT_NOW})
_OF_OTHERS = frozenset({Interest.WRONG_PERSON, Interest.REFERRAL})


@dataclass(frozen=True)
class Reading:
    """``interest`` is None in doubt; ``phrase`` stands in the text as it is; ``percent`` says how sure it is."""

    interest: Interest | None = None
    phrase: str = ""
    percent: int = 0
    language: str = ""


NOTHING = Reading()


@dataclass(frozen=True)
class _Found:
    rule: Phrase
    phrase: str
    at: int
    half: bool

    @property
    def weight(self) -> float:
        return self.rule.weight / 2 if self.half else self.rule.weight


def read_interest(text: str, *, ours: str = "") -> Reading:
    """The reading of one answer. ``text`` is what the writer wrote now, ``ours`` the mail it answers.

    Never raises; bounded time whatever the text.
    """
    found = list(_found(own_words(text[:_READ], ours)))
    scores: dict[Interest, float] = {}
    for one in found:
        scores[one.rule.interest] = scores.get(one.rule.interest, 0) + one.weight
    chosen = _decide(found, scores)
    if chosen is None:
        return NOTHING
    percent = _percent(chosen, found, scores)
    if percent < SURE_ENOUGH:
        return NOTHING
    best = max((one for one in found if one.rule.interest is chosen), key=lambda one: (one.weight, -one.at))
    return Reading(chosen, best.phrase[:_LONGEST_PHRASE], percent, best.rule.language)


def _decide(found: list[_Found], scores: dict[Interest, float]) -> Interest | None:
    """Whose words count. Naming somebody, or being the wrong person, goes before what is said about oneself."""
    clear = {interest for interest, score in scores.items() if score >= 2}
    if not clear:
        return None
    if Interest.WRONG_PERSON in clear:
        return Interest.WRONG_PERSON
    if Interest.REFERRAL in clear and not clear & KEEN:
        return Interest.REFERRAL
    negative, keen = clear & _NEGATIVE, clear & KEEN
    if negative and keen:
        return _who_has_the_last_word(found)
    if negative:
        # "Not now" says more than the refusal beside it.
        return Interest.NOT_NOW if Interest.NOT_NOW in negative else Interest.NOT_INTERESTED
    if keen:
        return Interest.MEETING if Interest.MEETING in keen else Interest.INTERESTED
    return None


def _who_has_the_last_word(found: list[_Found]) -> Interest | None:
    """Both yes and no: a refusal "now" with an open door is *Not now*; otherwise nobody knows."""
    if any(one.rule.interest is Interest.NOT_NOW and one.weight >= 2 for one in found):
        keen = [one for one in found if one.rule.interest in KEEN and one.weight >= 3]
        return Interest.NOT_NOW if not any(one.rule.interest is Interest.MEETING for one in keen) else None
    return None


def _percent(chosen: Interest, found: list[_Found], scores: dict[Interest, float]) -> int:
    """95 for one decisive or two clear phrases with nothing against them, 85 for a clear one; less is doubt."""
    score = scores[chosen]
    against = sum(value for interest, value in scores.items() if _contradict(chosen, interest))
    sure = 95 if score >= 3 else 85
    if against >= 2:
        sure -= 10 if chosen is Interest.NOT_NOW else 15
    elif against:
        sure -= 5
    if all(one.half for one in found if one.rule.interest is chosen):
        sure -= 20
    return sure


def _contradict(one: Interest, other: Interest) -> bool:
    return (one in KEEN and other in _NEGATIVE) or (one in _NEGATIVE and other in KEEN)


def _found(text: str) -> Iterator[_Found]:
    """What every sentence says; a phrase that was matched is not read again as its opposite."""
    straight = text.translate(_STRAIGHT)
    for sentence in _SENTENCE.finditer(straight):
        rest = sentence[0]
        if not rest.strip():
            continue
        half = bool(_IF.search(rest))
        for interest in ORDER:
            for rule, pattern in _compiled(interest):
                match = pattern.search(rest)
                if match is None or not match[0].strip():
                    continue
                start = sentence.start() + match.start()
                phrase = text[start : start + len(match[0])].strip()
                # What comes before a "but" is politeness.
                polite = interest in KEEN and rule.weight == 1 and bool(_BUT.search(straight[start:]))
                if not polite:
                    yield _Found(rule, phrase, start, half and interest in KEEN and rule.weight < 3)
                # Who is named is told of to the end of the sentence.
                end = len(rest) if interest in _OF_OTHERS else match.end()
                rest = rest[: match.start()] + " " * (end - match.start()) + rest[end:]


def own_words(text: str, ours: str) -> str:
    """What the writer wrote: the answer up to its sign-off or signature, without lines that stand in our own mail."""
    known = {" ".join(line.split()).casefold() for line in ours.splitlines() if len(line.split()) > 2}
    kept: list[str] = []
    written = False
    for line in text.splitlines():
        if _SIGNATURE.match(line) or (written and _SIGN_OFF.match(line)):
            break
        if " ".join(line.lstrip("> ").split()).casefold() in known:
            kept.append("")
            continue
        written = written or bool(line.strip())
        kept.append(line)
    return "\n".join(kept)


@lru_cache(maxsize=len(ORDER))
def _compiled(interest: Interest) -> tuple[tuple[Phrase, re.Pattern[str]], ...]:
    rules = [rule for rule in phrases() if rule.interest is interest]
    rules.sort(key=lambda rule: -rule.weight)
    return tuple((rule, re.compile(rule.pattern, re.IGNORECASE)) for rule in rules)
