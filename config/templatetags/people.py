"""``{% load people %}{% person_rows rows %}``: the rows of a people table, and ``{% mark mark %}`` of a slot.

Functions and no templates, because every search draws fifty rows of a dozen parts each: 9 ms as a template, 2 as these.
Every text goes through ``escape``; the components of ``config.templatetags.ui`` have seen to theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from django import template
from django.utils.safestring import SafeString, mark_safe

from config.templatetags.ui import avatar, mailmark, nothing, phonemark, status, when
from sourcing.search.highlighting import Piece
from sourcing.slots import Mark
from sourcing.views.rows import Marked, Row

register = template.Library()

_NAME = "row-target block truncate text-left font-medium"
_SECOND_LINE = "block truncate text-left text-xs text-muted"


@register.simple_tag
def person_rows(rows: Iterable[Row], *, opens: str = "", opened: object = None) -> SafeString:
    """The ``tr`` of each row. With ``opens`` (the address of a drawer but for the id) names lead to the drawer, in
    which ``opened`` is; without to the person's page."""
    return mark_safe("".join(_row(row, opens, opened) for row in rows))  # noqa: S308 - every text is escaped


@register.simple_tag
def mark(one: Mark) -> SafeString:
    """One mark of a slot: a letter tile of a system, or a status word with its quiet second line."""
    label, note = escape(one.label), escape(one.note)
    if one.tile:
        said, done = (f"{label}, exported", f"{label}: exported") if one.done else (label, label)
        shown = (
            f'<span class="ats{" ats-ok" if one.done else ""}" role="img" aria-label="{said}" title="{done}">'
        )
        shown += f"{escape(one.tile)}</span>"
    elif one.plain:
        shown = f'<span class="block truncate text-left" dir="auto">{label}</span>'
    else:
        shown = status(one.label, plain=True)
        shown += f'<span class="{_SECOND_LINE}" dir="auto">{note}</span>' if note else ""
    return mark_safe(shown)  # noqa: S308 - every text is escaped


def _row(row: Row, opens: str, opened: object) -> str:
    person, texts = row.person, row.texts
    current = ' aria-current="true"' if opened == person.pk else ""
    mail, phone = mailmark(row.reach.mail), phonemark(row.reach.phones)
    marks = "".join(f'<td class="hidden @3xl:table-cell">{_marks(kind)}</td>' for kind in row.marks)
    return f"""<tr class="row-link"{current}>
  <td class="w-10 pe-0"><input class="checkbox row-check align-middle" type="checkbox" name="candidate" \
value="{person.pk}" aria-label="Select {escape(person.name)}"></td>
  <th scope="row" class="w-full max-w-0 @2xl:w-auto"><div class="flex items-center gap-2.5">{avatar(person)}\
<div class="min-w-0 flex-1">{_name(row, opens)}{_position(texts)}{_excerpt(texts)}</div>
    <span class="flex flex-none gap-0.5 @lg:hidden">{mail}</span></div></th>
  <td class="hidden text-muted @2xl:table-cell"><span class="block truncate text-left" dir="auto">\
{_marked(texts.location)}</span></td>
  <td class="hidden @lg:table-cell"><span class="flex">{mail}{phone}</span></td>
  {marks}
  <td class="hidden text-end whitespace-nowrap text-muted @2xl:table-cell">{when(person.updated_at)}</td>
</tr>
"""


def _name(row: Row, opens: str) -> str:
    url = escape(f"{opens}{row.person.pk}" if opens else row.person.url)
    drawer = f' hx-get="{url}" hx-target="#drawer" hx-push-url="true"' if opens else ""
    return f'<a class="{_NAME}" dir="auto" href="{url}"{drawer}>{_marked(row.texts.name)}</a>'


def _position(texts: Marked) -> str:
    between = " · " if texts.title and texts.company else ""
    title, company = _marked(texts.title), _marked(texts.company)
    return f'<span class="{_SECOND_LINE}"><bdi>{title}</bdi>{between}<bdi>{company}</bdi></span>'


def _excerpt(texts: Marked) -> str:
    return f'<span class="{_SECOND_LINE}" dir="auto">{_marked(texts.excerpt)}</span>' if texts.excerpt else ""


def _marked(pieces: Iterable[Piece]) -> str:
    """A text with what fitted a search marked in it."""
    return "".join(
        f"<mark>{escape(piece.text)}</mark>" if piece.hit else escape(piece.text) for piece in pieces
    )


def _marks(kind: Sequence[Mark]) -> str:
    return "".join(mark(each) for each in kind) or nothing("none")
