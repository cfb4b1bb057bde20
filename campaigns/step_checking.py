"""The text of a step looked at before it counts: what is wrong with it, how somebody would get it, a test of it.

Asked about is a :class:`Draft`, the step as it would be; nothing of it is stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from accounts.permissions import Right, require
from campaigns import preview, readiness, senders
from campaigns.models import Recipient, Step
from campaigns.states import GOING, StepKind
from foundation.problems import Invalid
from outreach import checking, filling, linting, single
from outreach.checking import Checked
from outreach.contents import Content
from outreach.models import Mailbox, Message


@dataclass(frozen=True)
class Draft:
    """A step as it would be: its text, whether it begins a thread, its own sender (None: the campaign's)."""

    step: Step
    content: Content
    new_thread: bool
    mailbox: Mailbox | None

    def as_step(self) -> Step:
        """As a row that is never saved."""
        return Step(
            pk=self.step.pk,
            organisation_id=self.step.organisation_id,
            campaign=self.step.campaign,
            position=self.step.position,
            days=self.step.days,
            new_thread=self.new_thread,
            mailbox=self.mailbox,
            subject=self.content.subject,
            body=self.content.body,
            body_html=self.content.body_html,
        )


def checked(draft: Draft, *, viewer: User, candidate_id: int | None) -> Checked:
    """Findings with counts of the campaign's people, and the text as ``candidate_id`` would get it, else the first of
    them. Raises Invalid for a manual task, Missing for somebody the viewer may not see."""
    _refuse_task(draft.step)
    content, step = draft.content, draft.as_step()
    known = filling.variables_of(step.organisation_id)
    people = Recipient.objects.for_organisation(step.organisation_id).filter(
        campaign_id=step.campaign_id, progress__in=[p.value for p in GOING]
    )
    count = people.count()
    lacking = readiness.lacking_counts(step.campaign, checking.needs_of(content, known)) if count else None
    findings = linting.lint(
        content,
        known,
        answers_thread=step.position > 1 and not step.new_thread,
        lacking=lacking,
        people=count,
        carried=checking.carried_by(content, viewer),
    )
    return Checked(findings, preview.of_step(step, viewer=viewer, candidate_id=candidate_id))


def send_test(draft: Draft, *, actor: User, candidate_id: int | None, now: datetime) -> Message:
    """*Send me a test*: the text as ``candidate_id`` would get it, else the first person of the campaign, from the
    step's mailbox; while there is nobody or no mailbox, with the labels of its variables or from the actor's own.

    Raises Invalid for a manual task and for a text that cannot be made for them.
    """
    require(actor, Right.CAMPAIGN_EDIT)
    _refuse_task(draft.step)
    step = draft.as_step()
    shown = preview.of_step(step, viewer=actor, candidate_id=candidate_id)
    mailbox = senders.of_step(step.campaign, step)
    if shown is None or mailbox is None:
        return single.send_test(content=draft.content, candidate=None, actor=actor, mailbox=mailbox, now=now)
    if shown.text is None:
        raise Invalid(f"For {shown.person}: {shown.problem}")
    return single.write_test(shown.text, files=draft.content.files, actor=actor, mailbox=mailbox, now=now)


def _refuse_task(step: Step) -> None:
    if step.kind != StepKind.EMAIL:
        raise Invalid("A manual task is no e-mail: there is nothing to check or to send.")
