"""Templates: Liquid with few tags and filters and hard limits, filled in for one person. Pure.

A variable that has no value and no fallback, or that does not exist, is an error with its name: it never leaves as a
hole or raw. ``[[why you]]`` is a placeholder that a person fills in for each receiver; unfilled, it is such an error
too. A rich template is HTML: values are escaped, fallbacks are the author's own markup.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from liquid import Environment, Markup
from liquid.builtin import register
from liquid.exceptions import LiquidError, ResourceLimitError, UndefinedError
from liquid.template import BoundTemplate
from liquid.undefined import Undefined

from foundation.problems import Invalid
from outreach.variables import BUILT_IN

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
#: Markup takes more characters than the text it holds.
LONGEST_RICH_TEMPLATE = 200_000
LONGEST_PLACEHOLDER = 80
_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_QUOTED = re.compile(r"""("[^"]*"|'[^']*')""")
_PLACEHOLDER = re.compile(r"\[\[\s*([^\[\]{}<>\n]{1,80}?)\s*\]\]")
_SINGLE_BRACES = re.compile(r"(?<![{%])\{\s*([a-z][a-z0-9_]*)\s*\}(?!\})")
#: What telephones and word processors make of straight quotes and blanks.
_STRAIGHT = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "\u00a0": " ", "\u202f": " "})
_FILL_IN = "_placeholder_"


class TemplateProblem(Invalid):
    """The text cannot be used."""

    code: ClassVar[str] = "template"
    variable: str = ""
    #: The tag of the text that is wrong, as it was written; empty if it is not one tag.
    near: str = ""


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


class PlaceholderEmpty(TemplateProblem):
    """A ``[[placeholder]]`` that nobody has filled in for this person."""

    code: ClassVar[str] = "placeholder_empty"

    def __init__(self, label: str) -> None:
        self.label = label
        super().__init__(f"[[{label}]] has not been filled in.")


class BrokenTemplate(TemplateProblem):
    """The text is not well-formed, or asks for more than it may."""

    code: ClassVar[str] = "broken_template"

    def __init__(self, text: str, *, line: int | None = None, near: str = "") -> None:
        self.line, self.near = line, near
        super().__init__(f"Line {line}: {text}" if line else text)


@dataclass(frozen=True)
class Analysis:
    """What a template uses. ``problems`` keep it from starting; ``needs`` are variables without a fallback.

    ``placeholders`` are the labels of its ``[[…]]``, each once, in order.
    """

    variables: tuple[str, ...] = ()
    problems: tuple[TemplateProblem, ...] = ()
    needs: tuple[str, ...] = ()
    placeholders: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Parsed:
    liquid: BoundTemplate
    #: Name of the variable that stands for it → label.
    placeholders: Mapping[str, str]
    #: In order of appearance, whole paths where somebody wrote ``a.b``; placeholders are not among them.
    names: tuple[str, ...]


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


class _RichEnvironment(_StepEnvironment):
    output_stream_limit: ClassVar[int | None] = 400_000
    local_namespace_limit: ClassVar[int | None] = 800_000


_PLAIN = _StepEnvironment(undefined=_NoValue)
_RICH = _RichEnvironment(undefined=_NoValue, autoescape=True)


def fill(
    template: str,
    values: Mapping[str, str],
    *,
    known: Collection[str],
    fills: Mapping[str, str] | None = None,
    rich: bool = False,
) -> str:
    """``template`` with its variables and placeholders. ``fills`` is by :func:`placeholder_key`.

    Empty strings among ``values`` must be left out by the caller: here they would be values. A rich template yields
    HTML that still has to be sanitised. Raises :class:`TemplateProblem`.
    """
    parsed = _parsed(template, rich)
    for name in parsed.names:
        if name not in known:
            raise UnknownVariable(name)
    filled = dict(values)
    for name, label in parsed.placeholders.items():
        if text := (fills or {}).get(placeholder_key(label), "").strip():
            filled[name] = Markup(html.escape(text).replace("\n", "<br>")) if rich else text
    try:
        return parsed.liquid.render(**filled)
    except UndefinedError as error:
        raise _missing(str(error.message), parsed) from error
    except LiquidError as error:
        raise _broken(error, rich=rich) from error


def uses(template: str, *, rich: bool = False) -> frozenset[str]:
    """The names a well-formed template mentions; nothing of one that is not."""
    try:
        return frozenset(_parsed(template, rich).names)
    except BrokenTemplate:
        return frozenset()


def analyse(template: str, *, own: Collection[str] = (), rich: bool = False) -> Analysis:
    """What a subject or body uses and what is wrong with it, while it is being written; raises nothing."""
    return _analysed(template, frozenset(own), rich)


@lru_cache(maxsize=256)
def _analysed(template: str, own: frozenset[str], rich: bool) -> Analysis:
    try:
        parsed = _parsed(template, rich)
    except BrokenTemplate as problem:
        return Analysis(problems=(problem,))
    known = {*BUILT_IN, *own}
    used = parsed.names
    found: list[TemplateProblem] = [UnknownVariable(name) for name in used if name not in known]
    found += [
        BrokenTemplate(f"Variables are written with two braces: {{{{ {match[1]} }}}}.", near=match[0])
        for match in _SINGLE_BRACES.finditer(template)
        if match[1] in known
    ]
    needs, broken = _needs(parsed, rich=rich) if not found else ([], [])
    return Analysis(
        variables=used,
        problems=(*found, *broken),
        needs=tuple(needs),
        placeholders=tuple({placeholder_key(each): each for each in parsed.placeholders.values()}.values()),
    )


def placeholder_key(label: str) -> str:
    """What makes two placeholders the same one: case and blanks do not matter."""
    return " ".join(label.split()).casefold()


def _needs(parsed: _Parsed, *, rich: bool) -> tuple[list[str], list[TemplateProblem]]:
    """Variables that are asked for when nobody has any value, found by rendering until none is missing."""
    needs: list[str] = []
    given = dict.fromkeys([*parsed.placeholders, "unsubscribe_link"], "x")
    while True:
        try:
            parsed.liquid.render(**given)
        except UndefinedError as error:
            name = str(error.message)
            if name in given:
                return needs, []
            needs.append(name)
            given[name] = "x"
        except LiquidError as error:
            return needs, [_broken(error, rich=rich)]
        else:
            return needs, []


def _missing(name: str, parsed: _Parsed) -> TemplateProblem:
    label = parsed.placeholders.get(name)
    return MissingValue(name) if label is None else PlaceholderEmpty(label)


@lru_cache(maxsize=256)
def _parsed(template: str, rich: bool = False) -> _Parsed:
    limit = LONGEST_RICH_TEMPLATE if rich else LONGEST_TEMPLATE
    if len(template) > limit:
        raise BrokenTemplate(f"The text is longer than {limit} characters.")
    source, placeholders = _prepared(template, rich=rich)
    try:
        liquid = (_RICH if rich else _PLAIN).from_string(source)
    except LiquidError as error:
        raise _broken(error, rich=rich) from error
    except RecursionError as error:
        raise BrokenTemplate("The text is nested too deeply.") from error
    return _Parsed(liquid, placeholders, _names(liquid, placeholders))


def _prepared(template: str, *, rich: bool) -> tuple[str, dict[str, str]]:
    """As Liquid reads it: straight quotes and no entities in its tags, placeholders outside them as variables."""
    placeholders: dict[str, str] = {}

    def placeholder(match: re.Match[str]) -> str:
        name = f"{_FILL_IN}{len(placeholders)}"
        placeholders[name] = html.unescape(match[1]) if rich else match[1]
        return f"{{{{ {name} }}}}"

    parts: list[str] = []
    end = 0
    for tag in _TAG.finditer(template):
        parts += [_PLACEHOLDER.sub(placeholder, template[end : tag.start()]), _straight(tag[0], rich=rich)]
        end = tag.end()
    parts.append(_PLACEHOLDER.sub(placeholder, template[end:]))
    return "".join(parts), placeholders


def _straight(tag: str, *, rich: bool) -> str:
    """Outside of quoted words, which are the author's own text (and in a rich template their markup)."""
    pieces = _QUOTED.split(html.unescape(tag) if rich and "&quot;" in tag else tag)
    for number in range(0, len(pieces), 2):
        piece = pieces[number].translate(_STRAIGHT)
        pieces[number] = html.unescape(piece).translate(_STRAIGHT) if rich else piece
    return "".join(pieces)


def _names(liquid: BoundTemplate, placeholders: Mapping[str, str]) -> tuple[str, ...]:
    spans: dict[str, int] = {}
    for each in liquid.analyze().globals.values():
        for use in each:
            name = str(use)
            spans[name] = min(spans.get(name, use.span.index), use.span.index)
    return tuple(sorted(spans.keys() - placeholders.keys(), key=lambda name: spans[name]))


def _broken(error: LiquidError, *, rich: bool) -> BrokenTemplate:
    if isinstance(error, ResourceLimitError):
        return BrokenTemplate("The text asks for too many repetitions or grows too long.")
    line, near = None, ""
    token = error.token
    if token is not None and 0 <= token.start_index < len(token.source):
        place = error.context()
        line = place[0] if place else None
        near = next(
            (tag[0] for tag in _TAG.finditer(token.source) if tag.start() <= token.start_index <= tag.end()),
            token.source[token.start_index : token.start_index + 40].partition("\n")[0],
        )
    # Lines of markup are nobody's lines.
    return BrokenTemplate(
        f"{error.message or 'this cannot be read'}.", line=None if rich else line, near=near
    )
