"""One text as it is written: subject, plain and rich body, files. What a step, a template and a single e-mail share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from foundation.problems import Invalid
from outreach import files, rich_text
from outreach.templating import LONGEST_RICH_TEMPLATE, LONGEST_TEMPLATE

#: Markup as it is pasted, before what a mail cannot hold is taken out.
LONGEST_PASTE = 2_000_000
#: Nobody attaches more.
MOST_ATTACHMENTS = 50


@dataclass(frozen=True)
class Content:
    """``body_html`` is sanitised and, where there is one, ``body`` is its words. ``files`` are ids: the pictures the
    text shows, then the attachments."""

    subject: str = ""
    body: str = ""
    body_html: str = ""
    files: tuple[int, ...] = ()

    @property
    def text(self) -> str:
        """The form that is sent: the rich one where there is one."""
        return self.body_html or self.body

    @property
    def rich(self) -> bool:
        """Whether :attr:`text` is markup."""
        return bool(self.body_html)

    @property
    def attachments(self) -> tuple[int, ...]:
        """Of :attr:`files` those that are attached, not shown in the text."""
        shown = set(rich_text.files_in(self.body_html))
        return tuple(pk for pk in self.files if pk not in shown)


def written(
    *, actor: User, subject: str, body: str, body_html: str = "", attachments: Iterable[int] = ()
) -> Content:
    """What somebody typed, ready to be stored.

    Raises ``Invalid`` for a text that is too long, and ``files.FileRefused`` for files that the actor may not use or
    that together are too large for one message.
    """
    if len(body_html) > LONGEST_PASTE or len(body) > LONGEST_TEMPLATE:
        raise _too_long(LONGEST_TEMPLATE)
    clean = rich_text.sanitised(body_html)
    if len(clean) > LONGEST_RICH_TEMPLATE:
        raise _too_long(LONGEST_RICH_TEMPLATE)
    wanted = [*rich_text.files_in(clean), *attachments]
    found = files.readable(actor, wanted)
    if len(found) < len(set(wanted)):
        raise files.FileRefused("One of the pictures or attachments is not there any more: add it again.")
    files.check_total(found)
    return Content(
        subject=" ".join(subject.split()),
        body=rich_text.to_text(clean) if clean else body.replace("\r\n", "\n"),
        body_html=clean,
        files=tuple(file.pk for file in found),
    )


def changed(before: Content, said: Mapping[str, Any], *, actor: User) -> Content:
    """``before`` with the arguments of :func:`written` that ``said`` names; a plain ``body`` takes the place of markup.

    A picture that the new text does not show any more is gone; it does not become an attachment.
    """
    return written(
        actor=actor,
        subject=said.get("subject", before.subject),
        body=said.get("body", before.body),
        body_html=said.get("body_html", "" if "body" in said else before.body_html),
        attachments=said.get("attachments", before.attachments),
    )


def _too_long(limit: int) -> Invalid:
    text = f"The text is longer than {limit:,} characters."
    return Invalid(text, fields={"body": text})
