"""A step's text for one person: variables, fallbacks, and the plain and HTML form of the result. Pure.

Templates are Liquid with few tags and filters and hard limits. They are written as plain text; the HTML part
is made from the finished text, so nothing in a name or in a template can become markup. A variable that has
no value and no fallback, or that does not exist, is an error with its name: it never leaves as a hole or raw.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

from liquid import Environment
from liquid.builtin import register
from liquid.exceptions import LiquidError, ResourceLimitError, UndefinedError
from liquid.template import BoundTemplate
from liquid.undefined import Undefined

from foundation.problems import Invalid

#: Name → what it is, as the editor's list of variables shows it.
VARIABLES: Mapping[str, str] = {
    "first_name": "First name",
    "last_name": "Last name",
    "full_name": "Full name",
    "title": "Job title",
    "company": "Company",
    "location": "Location",
    "school": "School",
    "sender_name": "Your name",
    "sender_first_name": "Your first name",
    "sender_email": "Your e-mail address",
    "project_name": "Project",
    "unsubscribe_link": "Unsubscribe link",
}
_TAGS = frozenset(
    {"content", "output", "illegal", "if", "unless", "case", "for", "break", "continue"}
    | {"assign", "capture", "echo", "comment", "#", "doc"}
)
# No date (reads the clock), no replace, join or arithmetic (a few characters could ask for gigabytes).
_FILTERS = frozenset(
    {"default", "upcase", "downcase", "capitalize", "strip", "lstrip", "rstrip", "squish", "append"}
    | {"prepend", "truncate", "truncatewords", "first", "last", "split", "size"}
)
LONGEST_TEMPLATE = 50_000
LONGEST_SUBJECT = 255
_LINK = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)
_LINK_TAIL = ".,;:!?)]}’”'"
_SINGLE_BRACES = re.compile(r"(?<![{%])\{\s*([a-z][a-z0-9_]*)\s*\}(?!\})")
_BLANK_LINES = re.compile(r"\n{3,}")
# Marks that reorder text on the screen: in a name they make a sentence read otherwise than it is stored.
_REORDERING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F])
FOOTER = "If you do not want to hear from me again"


class TemplateProblem(Invalid):
    """The text of a step cannot be used."""

    code: ClassVar[str] = "template"
    variable: str = ""


class UnknownVariable(TemplateProblem):
    """A variable that does not exist."""

    code: ClassVar[str] = "unknown_variable"

    def __init__(self, variable: str) -> None:
        self.variable = variable
        super().__init__(f"There is no variable “{variable}”.")


class MissingValue(TemplateProblem):
    """A variable without a value for this person and without a fallback."""

    code: ClassVar[str] = "missing_value"

    def __init__(self, variable: str) -> None:
        self.variable = variable
        super().__init__(
            f"“{variable}” is empty and has no fallback. "
            f'Write {{{{ {variable} | default: "…" }}}} or fill it in.'
        )


class BrokenTemplate(TemplateProblem):
    """The text is not well-formed, or asks for more than it may."""

    code: ClassVar[str] = "broken_template"

    def __init__(self, text: str, *, line: int | None = None) -> None:
        self.line = line
        super().__init__(f"Line {line}: {text}" if line else text)


@dataclass(frozen=True)
class Rendered:
    """One message's text: a subject of a single line, a plain part with ``\\n`` line ends, an HTML part."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Analysis:
    """What a template uses. ``problems`` keep it from starting; ``needs`` are variables without a fallback."""

    variables: tuple[str, ...] = ()
    problems: tuple[TemplateProblem, ...] = ()
    needs: tuple[str, ...] = ()


class _NoValue(Undefined):
    """An empty variable: false in conditions, replaced by ``default``, an error where it would be shown."""

    force_liquid_default = True

    def __str__(self) -> str:
        raise UndefinedError(self.name, token=self.token)

    def __hash__(self) -> int:
        return hash(self.name)


class _StepEnvironment(Environment):
    loop_iteration_limit: ClassVar[int | None] = 1_000
    output_stream_limit: ClassVar[int | None] = 100_000
    local_namespace_limit: ClassVar[int | None] = 200_000

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:  # noqa: ARG002 - liquid's signature
        register(self)
        for name in set(self.tags) - _TAGS:
            del self.tags[name]
        for name in set(self.filters) - _FILTERS:
            del self.filters[name]


_ENVIRONMENT = _StepEnvironment(undefined=_NoValue)


def render(
    subject: str,
    body: str,
    variables: Mapping[str, str],
    *,
    unsubscribe_link: str = "",
    own: Collection[str] = (),
) -> Rendered:
    """The text for one person. ``own`` are names of variables beyond :data:`VARIABLES`.

    With ``unsubscribe_link`` a last line offers it, unless the text holds ``{{ unsubscribe_link }}`` itself.
    Raises :class:`UnknownVariable`, :class:`MissingValue` or :class:`BrokenTemplate`.
    """
    known = {*VARIABLES, *own}
    values = {name: clean for name, value in variables.items() if (clean := _one_line(value))}
    if unsubscribe_link:
        values["unsubscribe_link"] = unsubscribe_link
    line = _one_line(_fill(subject, values, known))
    if len(line) > LONGEST_SUBJECT:
        raise BrokenTemplate(f"The subject is longer than {LONGEST_SUBJECT} characters.")
    text = _tidy(_fill(body, values, known))
    if not text.strip():
        raise BrokenTemplate("The text is empty for this person.")
    as_html = to_html(text)
    if unsubscribe_link and "unsubscribe_link" not in _used(_parsed(body)):
        text = f"{text}\n\n{FOOTER}: {unsubscribe_link}"
        link = html.escape(unsubscribe_link, quote=True)
        as_html = f'{as_html}\n<p><small>{FOOTER}, <a href="{link}">unsubscribe</a>.</small></p>'
    return Rendered(subject=line, text=text, html=as_html)


def analyse(template: str, *, own: Collection[str] = ()) -> Analysis:
    """What a subject or body uses and what is wrong with it, while it is being written; raises nothing."""
    try:
        parsed = _parsed(template)
    except BrokenTemplate as problem:
        return Analysis(problems=(problem,))
    known = {*VARIABLES, *own}
    used = _used(parsed)
    found: list[TemplateProblem] = [UnknownVariable(name) for name in used if name not in known]
    found += [
        BrokenTemplate(f"Variables are written with two braces: {{{{ {match[1]} }}}}.")
        for match in _SINGLE_BRACES.finditer(template)
        if match[1] in known
    ]
    needs: list[str] = []
    while not found:
        try:
            parsed.render(**dict.fromkeys([*needs, "unsubscribe_link"], "x"))
        except UndefinedError as error:
            needs.append(str(error.message))
        except LiquidError as error:
            found.append(_broken(error))
        else:
            break
        if needs[-1:] == needs[-2:-1]:
            break
    return Analysis(variables=tuple(used), problems=tuple(found), needs=tuple(needs))


def problems(subject: str, body: str, *, own: Collection[str] = ()) -> list[str]:
    """The sentences that keep a step from starting, subject first."""
    return [
        f"{part}: {problem}"
        for part, template in (("Subject", subject), ("Text", body))
        for problem in analyse(template, own=own).problems
    ]


def to_html(text: str) -> str:
    """Plain text as safe HTML: everything escaped, blank lines make paragraphs, web addresses links."""
    paragraphs = [block for block in re.split(r"\n{2,}", text.strip("\n")) if block.strip()]
    return "\n".join(f"<p>{_linked(block)}</p>" for block in paragraphs)


def reply_subject(subject: str) -> str:
    """The subject of a follow-up in the same thread: ``Re:`` once (RFC 5322 §3.6.5)."""
    return subject if subject[:3].lower() == "re:" else f"Re: {subject}"


def _fill(template: str, values: Mapping[str, str], known: Collection[str]) -> str:
    parsed = _parsed(template)
    for name in _used(parsed):
        if name not in known:
            raise UnknownVariable(name)
    try:
        return parsed.render(**values)
    except UndefinedError as error:
        raise MissingValue(str(error.message)) from error
    except LiquidError as error:
        raise _broken(error) from error


@lru_cache(maxsize=256)
def _parsed(template: str) -> BoundTemplate:
    if len(template) > LONGEST_TEMPLATE:
        raise BrokenTemplate(f"The text is longer than {LONGEST_TEMPLATE} characters.")
    try:
        return _ENVIRONMENT.from_string(template)
    except LiquidError as error:
        raise _broken(error) from error
    except RecursionError as error:
        raise BrokenTemplate("The text is nested too deeply.") from error


def _used(parsed: BoundTemplate) -> list[str]:
    """Names in order of appearance, whole paths where somebody wrote ``a.b``."""
    spans: dict[str, int] = {}
    for uses in parsed.analyze().globals.values():
        for use in uses:
            name = str(use)
            spans[name] = min(spans.get(name, use.span.index), use.span.index)
    return sorted(spans, key=lambda name: spans[name])


def _broken(error: LiquidError) -> BrokenTemplate:
    if isinstance(error, ResourceLimitError):
        return BrokenTemplate("The text asks for too many repetitions or grows too long.")
    place: Any = None
    if error.token is not None and 0 <= error.token.start_index < len(error.token.source):
        place = error.context()
    return BrokenTemplate(f"{error.message or 'this cannot be read'}.", line=place[0] if place else None)


def _one_line(value: object) -> str:
    """A value as one line without control or reordering characters: nothing can start a header or a paragraph."""
    text = unicodedata.normalize("NFC", "" if value is None else str(value)).translate(_REORDERING)
    text = "".join(" " if unicodedata.category(char) in {"Cc", "Zl", "Zp", "Cs"} else char for char in text)
    return " ".join(text.split())


def _tidy(text: str) -> str:
    """Line ends as ``\\n``, no trailing blanks, never more than one blank line: left-out sentences leave none."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    kept = "".join(char for char in "\n".join(lines) if char in "\n\t" or unicodedata.category(char) != "Cc")
    return _BLANK_LINES.sub("\n\n", kept).strip("\n")


def _linked(block: str) -> str:
    parts: list[str] = []
    end = 0
    for match in _LINK.finditer(block):
        address = match[0].rstrip(_LINK_TAIL)
        parts.append(_escaped(block[end : match.start()]))
        link = html.escape(address, quote=True)
        parts.append(f'<a href="{link}">{link}</a>')
        end = match.start() + len(address)
    parts.append(_escaped(block[end:]))
    return "".join(parts)


def _escaped(text: str) -> str:
    return html.escape(text, quote=True).replace("\n", "<br>\n")
