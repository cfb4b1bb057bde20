"""``{% load search %}{% marked pieces %}``: a text with what fitted a search marked in it."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from sourcing.search.highlighting import Piece

register = template.Library()

_MARK = "<mark>{}</mark>"


@register.simple_tag
def marked(pieces: Iterable[Piece]) -> SafeString:
    """The pieces in their order, escaped; a function because a page has two hundred of them."""
    return mark_safe("".join(_shown(piece) for piece in pieces))  # noqa: S308 - every text is escaped


def _shown(piece: Piece) -> str:
    text = conditional_escape(piece.text)
    return _MARK.format(text) if piece.hit else text
