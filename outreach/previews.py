"""A text as one person would get it, before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import User
from outreach import rendering, rich_text, single
from outreach.contents import Content
from outreach.models import Mailbox
from sourcing.models import Candidate

#: A link that goes nowhere: previews are not unsubscribe links.
SAMPLE_LINK = "https://unsubscribe.example/"


@dataclass(frozen=True)
class Preview:
    """A text made for ``person``, or the problem that keeps it from being made."""

    candidate_id: int
    person: str
    text: rendering.Rendered | None
    problem: str = ""

    @property
    def markup(self) -> str:
        """The HTML part as a page may show it."""
        return rich_text.for_screen(self.text.html) if self.text else ""


def of_single(content: Content, *, candidate: Candidate, actor: User, mailbox: Mailbox | None) -> Preview:
    """As a single e-mail of ``actor``."""
    try:
        text = single.rendered(
            content, candidate=candidate, actor=actor, mailbox=mailbox, unsubscribe_link=SAMPLE_LINK
        )
    except rendering.TemplateProblem as problem:
        return Preview(candidate.pk, candidate.name, None, str(problem))
    return Preview(candidate.pk, candidate.name, text)
