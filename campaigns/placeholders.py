"""What is written for one recipient in place of ``[[why you]]``: the same words in every step that asks for them."""

from __future__ import annotations

from dataclasses import dataclass

from campaigns import sequence, texts
from campaigns.models import PlaceholderText, Recipient
from campaigns.states import StepKind
from campaigns.texts import Text
from outreach.templating import analyse, placeholder_key


@dataclass(frozen=True)
class Placeholder:
    """One ``[[label]]`` of a campaign, and what stands in its place for one recipient; empty: nothing yet."""

    label: str
    text: str
    steps: tuple[int, ...]


def texts_of(recipient: Recipient) -> dict[str, str]:
    """Key → what was filled in, as ``outreach.rendering`` takes it."""
    rows = PlaceholderText.objects.for_organisation(recipient.organisation_id).filter(recipient=recipient)
    return dict(rows.values_list("key", "text"))


def of_recipient(recipient: Recipient) -> list[Placeholder]:
    """Every placeholder of the texts this person gets, in order of appearance, with the numbers of the steps."""
    steps = sequence.steps_of(recipient.campaign_id, organisation_id=recipient.organisation_id)
    labels: dict[str, str] = {}
    asked: dict[str, list[int]] = {}
    for step in steps.filter(kind=StepKind.EMAIL):
        for label in labels_of(texts.for_person(step, recipient)):
            key = placeholder_key(label)
            labels.setdefault(key, label)
            asked.setdefault(key, []).append(step.position)
    filled = texts_of(recipient) if labels else {}
    return [Placeholder(label, filled.get(key, ""), tuple(asked[key])) for key, label in labels.items()]


def labels_of(text: Text) -> tuple[str, ...]:
    """The placeholders of one text, each once."""
    found = [
        *analyse(text.subject).placeholders,
        *analyse(text.html or text.body, rich=bool(text.html)).placeholders,
    ]
    return tuple({placeholder_key(label): label for label in found}.values())
