"""The texts of a step, and which of them a person gets: its own, variant A, and those beside it with their shares.

Who gets which is ``drawing``, which is pure; what was sent is kept on the attempt. Written is all this by ``editing``
(A) and ``variants`` (the others).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from campaigns.drawing import draw
from campaigns.models import Recipient, Step, StepFile
from outreach.contents import Content

#: The letter of a step's own text once it has others beside it.
OWN = "A"


@dataclass(frozen=True)
class Text:
    """The template of one message; ``html`` empty: the plain ``body`` is all there is.

    ``letter`` is empty where a step has one text, or for one written by hand; ``drawn``: it was drawn among several.
    ``share`` in per cent, 0 switched off. ``variant_id`` None: its files are the step's own.
    """

    subject: str
    body: str
    html: str = ""
    letter: str = ""
    share: int = 100
    drawn: bool = False
    variant_id: int | None = None
    has_files: bool = False

    @property
    def named(self) -> str:
        """What stands behind the number of its step: " (variant B)", or nothing."""
        return f" (variant {self.letter})" if self.letter else ""


def all_of(step: Step) -> list[Text]:
    """Every text of the step by letter, those switched off included."""
    own = Text(step.subject, step.body, step.body_html, has_files=step.has_files)
    if not step.has_variants:
        return [own]
    rows = list(step.variants.all())
    left = 100 - sum(row.share for row in rows)
    return [
        replace(own, letter=OWN, share=left),
        *(
            Text(
                row.subject,
                row.body,
                row.body_html,
                letter=row.letter,
                share=row.share,
                variant_id=row.pk,
                has_files=row.has_files,
            )
            for row in rows
        ),
    ]


def in_use(step: Step) -> list[Text]:
    """The texts that somebody may still get."""
    return [text for text in all_of(step) if text.share > 0]


def for_person(step: Step, recipient: Recipient, *, keep: str = "") -> Text:
    """The text this person gets of the step; ``keep``: the letter of one they have been given, while it is in use."""
    running = {text.letter: text for text in in_use(step)}
    if len(running) == 1:
        return next(iter(running.values()))
    letter = keep
    if letter not in running:
        shares = {text.letter: text.share for text in running.values()}
        letter = draw(shares, recipient_id=recipient.pk, step_id=step.pk, seed=recipient.seed)
    return replace(running[letter], drawn=True)


def files_of(step: Step, text: Text) -> tuple[int, ...]:
    """Ids of what goes with this text of the step."""
    if not text.has_files:
        return ()
    rows = StepFile.objects.for_organisation(step.organisation_id).filter(step=step, variant=text.variant_id)
    return tuple(rows.order_by("pk").values_list("file_id", flat=True))


def content_of(step: Step, letter: str = "") -> Content:
    """The step's own text, or the one of ``letter``, with its files."""
    found = all_of(step)
    text = next((each for each in found if each.letter == letter), found[0])
    return Content(text.subject, text.body, text.html, files_of(step, text))
