"""A text looked at before it goes anywhere: what is wrong with it, and how somebody would get it.

What a step of a campaign needs beyond it is ``campaigns.step_checking``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accounts.models import User
from outreach import files, filling, linting, previews, templating
from outreach.contents import Content
from outreach.models import Mailbox
from outreach.variables import Variable
from sourcing.models import Candidate


@dataclass(frozen=True)
class Checked:
    """Findings, the worst first; ``preview`` None: there is nobody to show the text for."""

    findings: list[linting.Finding]
    preview: previews.Preview | None = None

    @property
    def sendable(self) -> bool:
        """Nothing of the text itself keeps it from being sent."""
        return not linting.blocks(self.findings)


def refused(sentence: str) -> Checked:
    """A text that cannot be taken at all."""
    return Checked([linting.Finding(linting.Level.ERROR, "refused", "Text", sentence)])


def of_text(
    content: Content,
    *,
    viewer: User,
    candidate: Candidate | None = None,
    to_candidate: bool = False,
    mailbox: Mailbox | None = None,
    subject_optional: bool = False,
) -> Checked:
    """A text that belongs to no campaign, shown as ``candidate`` would get it from ``mailbox``.

    With ``to_candidate`` they are who gets it: what they lack is a warning, not a note.
    """
    known = filling.variables_of(viewer.organisation_id or 0)
    lacking = _lacking(candidate, needs_of(content, known)) if candidate and to_candidate else None
    return Checked(
        linting.lint(
            content,
            known,
            answers_thread=subject_optional,
            lacking=lacking,
            people=1,
            carried=carried_by(content, viewer),
        ),
        previews.of_single(content, candidate=candidate, actor=viewer, mailbox=mailbox)
        if candidate
        else None,
    )


def needs_of(content: Content, known: Mapping[str, Variable]) -> list[str]:
    """Variables the text uses without a fallback."""
    return [
        *templating.analyse(content.subject, own=known).needs,
        *templating.analyse(content.text, own=known, rich=content.rich).needs,
    ]


def carried_by(content: Content, viewer: User) -> int:
    """The bytes of the files that go with it."""
    return sum(file.size for file in files.readable(viewer, content.files))


def _lacking(candidate: Candidate, names: Sequence[str]) -> dict[str, int]:
    rows = Candidate.objects.for_organisation(candidate.organisation_id).filter(pk=candidate.pk)
    return {name: filling.lacking(rows, name).count() for name in names}
