"""How the texts of a step fare beside each other, and whether one of them may be called better (``comparing``)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, Q

from campaigns import comparing, sequence, statistics, texts
from campaigns.comparing import Answer, Tried
from campaigns.definitions import CAME_BACK, DELIVERED, HANDED_OVER
from campaigns.models import Campaign, Step
from campaigns.texts import Text
from outreach.opening import Opener

#: Step and letter.
_Key = tuple[int, str]


@dataclass(frozen=True)
class VariantFigures:
    """One text: e-mails sent and bounced, people who answered it, all of them; ``tried`` only those it was drawn for.

    ``opened``: None without tracking.
    """

    text: Text
    sent: int
    bounced: int
    replied: int
    interested: int
    opened: int | None
    tried: Tried

    @property
    def rate(self) -> int:
        """Replies of those it was drawn for, in whole per cent."""
        return round(100 * self.tried.rate)

    @property
    def interval(self) -> tuple[int, int]:
        """Wilson's interval of the rate, in whole per cent."""
        low, high = self.tried.interval
        return round(100 * low), round(100 * high)


@dataclass(frozen=True)
class Comparison:
    """All texts of one step by letter, and what may be said about them."""

    step: Step
    lines: list[VariantFigures]
    answer: Answer


def of_campaign(campaign: Campaign) -> dict[int, Comparison]:
    """Step id → its comparison, for the standing steps that have several texts."""
    standing_ones = sequence.steps_of(campaign.pk, organisation_id=campaign.organisation_id)
    steps = list(standing_ones.filter(has_variants=True).prefetch_related("variants"))
    if not steps:
        return {}
    counts = _Counts(campaign)
    return {step.pk: _comparison(step, counts) for step in steps}


def alone(step: Step) -> Comparison:
    """Of a step with one text there is nothing to compare."""
    return Comparison(step, [], comparing.compare([]))


class _Counts:
    """Everything that is counted by step and letter, in five queries."""

    def __init__(self, campaign: Campaign) -> None:
        attempts = statistics.attempts_of(campaign).exclude(variant="")
        keyed = attempts.values_list("step_id", "variant")
        self.handed: dict[_Key, tuple[int, int]] = {
            (step, letter): (sent, bounced)
            for step, letter, sent, bounced in keyed.filter(outcome__in=HANDED_OVER).annotate(
                sent=Count("pk"), bounced=Count("pk", filter=Q(outcome__in=CAME_BACK))
            )
        }
        drawn = Q(drawn=True, message__text_by_hand=False)
        people = Count("recipient__candidate", distinct=True)
        self.tried: dict[_Key, int] = {
            (step, letter): count
            for step, letter, count in keyed.filter(drawn, outcome__in=DELIVERED).annotate(people=people)
        }
        self.opened: dict[_Key, int] | None = None
        if campaign.track_opens:
            seen = keyed.filter(message__opens__opener=Opener.PERSON).annotate(people=people)
            self.opened = {(step, letter): count for step, letter, count in seen}
        recipients = statistics.recipients_of(campaign)
        replied = list(
            statistics.answered_attempts(campaign, recipients.filter(statistics.REPLIED)).values_list(
                "step_id", "variant", "drawn", "message__text_by_hand", "outcome"
            )
        )
        self.replied = Counter((step, letter) for step, letter, *_ in replied)
        self.answered = Counter(
            (step, letter)
            for step, letter, by_lot, by_hand, outcome in replied
            if by_lot and not by_hand and outcome in DELIVERED
        )
        interested = statistics.answered_attempts(campaign, recipients.filter(statistics.INTERESTED))
        self.interested = Counter(interested.values_list("step_id", "variant"))


def _comparison(step: Step, counts: _Counts) -> Comparison:
    lines = [_line(step, text, counts) for text in texts.all_of(step)]
    running = [line for line in lines if line.text.share]
    if len(running) == 1:
        answer = Answer("", f"Everybody who has not had the step gets {running[0].text.letter}.")
    else:
        answer = comparing.compare([line.tried for line in running])
    return Comparison(step, lines, answer)


def _line(step: Step, text: Text, counts: _Counts) -> VariantFigures:
    key = (step.pk, text.letter)
    sent, bounced = counts.handed.get(key, (0, 0))
    return VariantFigures(
        text,
        sent=sent,
        bounced=bounced,
        replied=counts.replied[key],
        interested=counts.interested[key],
        opened=None if counts.opened is None else counts.opened.get(key, 0),
        tried=Tried(text.letter, counts.tried.get(key, 0), counts.answered[key]),
    )
