"""A text as one person would get it, before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass, replace

from accounts.models import User
from outreach import rendering, rich_text, signatures, single
from outreach.contents import Content
from outreach.models import Mailbox, Message
from outreach.outbox import wire
from outreach.selectors import text_for
from outreach.states import LEFT_US
from sourcing.models import Candidate

#: A link that goes nowhere: previews are not unsubscribe links.
SAMPLE_LINK = "https://unsubscribe.example/"


@dataclass(frozen=True)
class Preview:
    """A text made for ``person``, or the problem that keeps it from being made.

    ``text`` is what the outbox would store, ``sent`` what would leave: with the ``signature`` of the mailbox.
    """

    candidate_id: int
    person: str
    text: rendering.Rendered | None
    problem: str = ""
    signature: str = ""

    @property
    def sent(self) -> rendering.Rendered | None:
        """The mail as its receiver gets it."""
        if self.text is None:
            return None
        text, html = signatures.as_sent(self.text.text, self.text.html, self.signature)
        return replace(self.text, text=text, html=html)

    @property
    def markup(self) -> str:
        """Its HTML part as a page may show it."""
        return rich_text.for_screen(self.sent.html) if self.sent else ""


def of_single(content: Content, *, candidate: Candidate, actor: User, mailbox: Mailbox | None) -> Preview:
    """As a single e-mail of ``actor``, from ``mailbox``, else from the one a test would leave from."""
    mailbox = mailbox or single.default_sender(actor)
    try:
        text = single.rendered(
            content, candidate=candidate, actor=actor, mailbox=mailbox, unsubscribe_link=SAMPLE_LINK
        )
    except rendering.TemplateProblem as problem:
        return Preview(candidate.pk, candidate.name, None, str(problem))
    signature = mailbox.signature if mailbox else ""
    return Preview(candidate.pk, candidate.name, text, signature=signature)


def of_message(message: Message, *, viewer: User) -> Preview:
    """A stored message as it leaves, without an address the viewer may not know.

    One that has left stands unsigned: another signature may be the account's now.
    """
    signature = "" if message.status in LEFT_US else wire.signature_under(message, message.mailbox)
    parts = (message.subject, message.body_text, message.body_html)
    text = rendering.Rendered(*(text_for(viewer, message, part) for part in parts))
    return Preview(message.candidate_id or 0, message.to_name, text, signature=signature)
