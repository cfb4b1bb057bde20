"""What is wrong with a text while it is being written, in sentences that say where. Pure.

An *error* keeps the text from being sent; a *warning* is for the author to judge; a *note* says what comes next.
"""

from __future__ import annotations

import difflib
import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from outreach import rich_text
from outreach.contents import Content
from outreach.rendering import LONGEST_SUBJECT
from outreach.templating import (
    Analysis,
    BrokenTemplate,
    TemplateProblem,
    UnknownVariable,
    analyse,
)
from outreach.variables import CUSTOM_PREFIX, Variable

#: Gmail shows this much of a message and hides the rest behind a link, the unsubscribe link with it.
CLIPPED_AT = 102_000
#: Longer subjects are cut on telephones.
LONG_SUBJECT = 70
MANY_LINKS = 6
_LIQUID = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_HREF = re.compile(r'<a[^>]*\bhref="([^"]*)"')
_ANCHOR = re.compile(r"<a(?![^>]*\bhref=)[^>]*>(.*?)</a>", re.DOTALL)
_WRITTEN = re.compile(r"\b(?:https?:/{0,2}|htt?p?s?//|www\.)[^\s<>\"']*", re.IGNORECASE)
_HOST = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:[a-z]{2,}|xn--[a-z0-9-]+)(?::\d{1,5})?", re.IGNORECASE
)
_SHOWN = 60


class Level(StrEnum):
    """How much it matters."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """One thing found. ``where`` is "Subject" or "Text"; ``place`` quotes the part of the text, or is empty."""

    level: Level
    code: str
    where: str
    text: str
    place: str = ""


def lint(
    content: Content,
    known: Mapping[str, Variable],
    *,
    answers_thread: bool = False,
    lacking: Mapping[str, int] | None = None,
    people: int = 0,
    carried: int = 0,
) -> list[Finding]:
    """Everything found, the worst first.

    ``known`` is the table of variables. ``lacking`` says how many of ``people`` have no value for a variable; None when
    nobody is to receive it yet. ``answers_thread``: without a subject it answers in the thread before. ``carried``
    is the size of the files in bytes.
    """
    own = [name for name in known if name.startswith(CUSTOM_PREFIX)]
    subject = analyse(content.subject, own=own)
    text = analyse(content.text, own=own, rich=content.rich)
    found = [
        *_of_subject(content, answers_thread=answers_thread),
        *_of_liquid("Subject", subject, known, lacking, people),
        *_of_text(content, carried=carried),
        *_of_liquid("Text", text, known, lacking, people),
        *_of_links(content),
    ]
    order = list(Level)
    return sorted(found, key=lambda finding: order.index(finding.level))


def blocks(findings: list[Finding]) -> bool:
    """Whether the text cannot be sent as it is."""
    return any(finding.level is Level.ERROR for finding in findings)


def _of_subject(content: Content, *, answers_thread: bool) -> Iterator[Finding]:
    subject = content.subject
    if not subject:
        if not answers_thread:
            yield Finding(Level.ERROR, "empty_subject", "Subject", "The subject is empty.")
        return
    if len(_LIQUID.sub("", subject)) > LONGEST_SUBJECT:
        yield Finding(
            Level.ERROR,
            "long_subject",
            "Subject",
            f"The subject is longer than {LONGEST_SUBJECT} characters.",
        )
    elif len(_LIQUID.sub("", subject)) > LONG_SUBJECT:
        yield Finding(
            Level.WARNING, "long_subject", "Subject", "Telephones show about 40 characters of a subject."
        )
    words = _LIQUID.sub("", subject)
    if sum(map(str.isupper, words)) > 8 and words == words.upper():
        yield Finding(
            Level.WARNING, "capitals", "Subject", "A subject in capitals is often taken for advertising."
        )


def _of_text(content: Content, *, carried: int) -> Iterator[Finding]:
    words = _LIQUID.sub("", content.body).strip()
    pictures = rich_text.files_in(content.body_html)
    if not content.body.strip() and not pictures:
        yield Finding(Level.ERROR, "empty_text", "Text", "The text is empty.")
        return
    if pictures and len(words) < 40 * len(pictures):
        yield Finding(
            Level.WARNING,
            "only_pictures",
            "Text",
            "A mail that is mostly pictures is often taken for advertising; many readers do not load them.",
        )
    size = len(content.text.encode())
    if size > CLIPPED_AT:
        yield Finding(
            Level.WARNING,
            "clipped",
            "Text",
            f"The text is {size // 1000} kB long; Gmail hides what comes after 102 kB.",
        )
    if carried > 5 << 20:
        yield Finding(
            Level.WARNING,
            "heavy",
            "Text",
            f"The files come to {carried / (1 << 20):.1f} MB. A first mail to somebody new is better off with a link.",
        )


def _of_liquid(
    where: str,
    analysis: Analysis,
    known: Mapping[str, Variable],
    lacking: Mapping[str, int] | None,
    people: int,
) -> Iterator[Finding]:
    for problem in analysis.problems:
        yield Finding(
            Level.ERROR, problem.code, where, f"{problem}{_meant(problem, known)}", problem.near[:_SHOWN]
        )
    for name in analysis.needs:
        label = known[name].label if name in known else name
        if lacking is None:
            text = f"“{label}” has no fallback: whoever has none gets no mail until it is filled in."
            yield Finding(Level.NOTE, "no_fallback", where, text, f"{{{{ {name} }}}}")
        elif count := lacking.get(name, 0):
            text = (
                f"{count:,} of {people:,} {'person has' if people == 1 else 'people have'} no “{label}”, and there is "
                "no fallback: they will stand as Needs attention and get no mail."
            )
            yield Finding(Level.WARNING, "no_fallback", where, text, f"{{{{ {name} }}}}")
    for label in analysis.placeholders:
        text = "To be filled in for each person; nobody is written to before."
        yield Finding(Level.NOTE, "placeholder", where, text, f"[[{label}]]")


def _meant(problem: TemplateProblem, known: Mapping[str, Variable]) -> str:
    """A likely spelling, or what the parser's words mean."""
    if isinstance(problem, UnknownVariable):
        close = difflib.get_close_matches(problem.variable, list(known), n=1)
        return f" Did you mean “{close[0]}”?" if close else ""
    if isinstance(problem, BrokenTemplate) and "expected tag end" in str(problem):
        return " A condition is open to the end: write {% endif %} behind it."
    return ""


def _of_links(content: Content) -> Iterator[Finding]:
    """Links that lead nowhere, found without the network."""
    addresses = [html.unescape(found) for found in _HREF.findall(content.body_html)]
    for words in _ANCHOR.findall(content.body_html):
        shown = rich_text.to_text(words)[:_SHOWN]
        yield Finding(Level.ERROR, "broken_link", "Text", "This link has no address.", shown)
    written = [each.rstrip(".,;:!?)]}’”'") for each in _WRITTEN.findall(_LIQUID.sub(" ", content.body))]
    for address in dict.fromkeys([*addresses, *written]):
        if wrong := _wrong_link(address):
            # Words that only look like an address do nobody harm; a link that leads nowhere does.
            level = Level.ERROR if address in addresses else Level.WARNING
            yield Finding(level, "broken_link", "Text", wrong, address[:_SHOWN])
    if len(set(addresses) | set(written)) >= MANY_LINKS:
        yield Finding(
            Level.WARNING, "many_links", "Text", "A mail with many links is often taken for advertising."
        )


def _wrong_link(address: str) -> str:
    """Why an address cannot be opened; empty if it looks like one that can."""
    if _LIQUID.fullmatch(address.strip()):
        return ""
    scheme, colon, rest = address.partition(":")
    if scheme.lower() == "mailto" and colon:
        return "" if "@" in rest.partition("?")[0] else "This is not an e-mail address."
    if scheme.lower() not in {"http", "https"} or not rest.startswith("//"):
        return "Write the address of a page whole, with https:// before it."
    try:
        host = urlsplit(address).netloc.rpartition("@")[2].encode("idna").decode()
    except (ValueError, UnicodeError):
        return "This is not the address of a page."
    if not _HOST.fullmatch(host):
        return "This is not the address of a page."
    if any(char.isspace() for char in address):
        return "There is a blank in this address."
    return ""
