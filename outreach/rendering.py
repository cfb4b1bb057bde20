"""A text for one person: subject, plain part and HTML part. Pure.

A text is written plain or rich. Of a plain one the HTML part is made from the finished text, so nothing in a name or
in a template can become markup; a rich one is sanitised after it was filled in, and its plain part made from it. The
language is ``outreach.templating``, the markup ``outreach.rich_text``.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from outreach import rich_text, templating
from outreach.rich_text import to_html
from outreach.templating import (
    Analysis,
    BrokenTemplate,
    MissingValue,
    PlaceholderEmpty,
    TemplateProblem,
    UnknownVariable,
    analyse,
)
from outreach.variables import BUILT_IN

__all__ = [
    "VARIABLES",
    "Analysis",
    "BrokenTemplate",
    "MissingValue",
    "PlaceholderEmpty",
    "Rendered",
    "TemplateProblem",
    "UnknownVariable",
    "analyse",
    "problems",
    "render",
    "reply_subject",
    "to_html",
]

#: Name → what it is.
VARIABLES: Mapping[str, str] = {name: variable.label for name, variable in BUILT_IN.items()}
LONGEST_SUBJECT = 255
_BLANK_LINES = re.compile(r"\n{3,}")
#: Control characters (Unicode's Cc) but for tab and line feed; and what ends a line or is half a character.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]+")
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# Marks that reorder text on the screen, or are not seen at all: in a name they make a sentence read otherwise than it
# is stored. ZWNJ and ZWJ stay: Persian and Indic names need them.
_UNSEEN = dict.fromkeys(
    [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200B, 0x200E, 0x200F, 0x061C, 0x2060, 0xFEFF]
)
_JOINERS = re.compile("[\u200c\u200d]+")
FOOTER = "If you do not want to hear from me again"


@dataclass(frozen=True)
class Rendered:
    """One message's text: a subject of a single line, a plain part with ``\\n`` line ends, an HTML part."""

    subject: str
    text: str
    html: str


def render(
    subject: str,
    body: str,
    variables: Mapping[str, str],
    *,
    body_html: str = "",
    unsubscribe_link: str = "",
    footer: str = "",
    own: Collection[str] = (),
    fills: Mapping[str, str] | None = None,
) -> Rendered:
    """The text for one person. ``own`` are names of variables beyond :data:`VARIABLES`.

    ``body_html`` is the rich form and, where there is one, counts instead of ``body``. ``fills`` holds what was filled
    in for placeholders, by ``templating.placeholder_key``. With ``unsubscribe_link`` a last line offers it, unless the
    text holds ``{{ unsubscribe_link }}`` itself; ``footer`` are the words before it, :data:`FOOTER` by default. Raises
    :class:`TemplateProblem`.
    """
    known = {*VARIABLES, *own}
    values = {name: clean for name, value in variables.items() if (clean := one_line(value))}
    if unsubscribe_link:
        values["unsubscribe_link"] = unsubscribe_link
    line = one_line(templating.fill(subject, values, known=known, fills=fills))
    if len(line) > LONGEST_SUBJECT:
        raise BrokenTemplate(f"The subject is longer than {LONGEST_SUBJECT} characters.")
    if body_html:
        filled = templating.fill(body_html, values, known=known, fills=fills, rich=True)
        as_html = rich_text.for_mail(filled)
        text = _tidy(rich_text.to_text(as_html))
    else:
        text = _tidy(templating.fill(body, values, known=known, fills=fills))
        as_html = to_html(text)
    if not text.strip():
        raise BrokenTemplate("The text is empty for this person.")
    if unsubscribe_link and "unsubscribe_link" not in templating.uses(
        body_html or body, rich=bool(body_html)
    ):
        words = one_line(footer) or FOOTER
        text = f"{text}\n\n{words}: {unsubscribe_link}"
        link = html.escape(unsubscribe_link, quote=True)
        as_html = f'{as_html}\n<p><small>{html.escape(words)}, <a href="{link}">unsubscribe</a>.</small></p>'
    return Rendered(subject=line, text=text, html=as_html)


def problems(subject: str, body: str, *, body_html: str = "", own: Collection[str] = ()) -> list[str]:
    """The sentences that keep a step from starting, subject first."""
    return [
        f"{part}: {problem}"
        for part, found in (
            ("Subject", analyse(subject, own=own)),
            ("Text", analyse(body_html or body, own=own, rich=bool(body_html))),
        )
        for problem in found.problems
    ]


def reply_subject(subject: str) -> str:
    """The subject of a follow-up in the same thread: ``Re:`` once (RFC 5322 §3.6.5)."""
    return subject if subject[:3].lower() == "re:" else f"Re: {subject}"


def one_line(value: object) -> str:
    """A value as one line without control, reordering or unseen characters: nothing can start a header or a
    paragraph, and what looks empty is empty."""
    text = unicodedata.normalize("NFC", "" if value is None else str(value)).translate(_UNSEEN)
    text = " ".join(_BREAKS.sub(" ", text).split())
    return text if _JOINERS.sub("", text).strip() else ""


def _tidy(text: str) -> str:
    """Line ends as ``\\n``, no trailing blanks, never more than one blank line: left-out sentences leave none."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return _BLANK_LINES.sub("\n\n", _CONTROL.sub("", "\n".join(lines))).strip("\n")
