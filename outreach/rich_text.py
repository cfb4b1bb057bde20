"""Rich text: what markup a message may hold, and its plain twin. Pure.

Authors write bold, italic, links, lists, quotes and pictures; everything else is taken out, its text stays. The same
list is applied to what is stored, to what was rendered for one person, and to what a page shows, so that nothing in a
value, a template or an old row can bring markup of its own.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from html.parser import HTMLParser

import nh3

#: Where an uploaded picture is read from our pages; on the wire it becomes a part of the mail (``outreach.mime``).
FILE_PATH = "/outreach/files/{}/"
_FILE_SRC = re.compile(r"/outreach/files/(\d{1,18})/")
_TAGS = {"p", "br", "b", "strong", "i", "em", "u", "a", "ul", "ol", "li", "blockquote", "img"}
_ATTRIBUTES = {"a": {"href"}, "img": {"src", "alt", "width", "height"}}
_SCHEMES = {"http", "https", "mailto"}
#: Mail programs know no style sheets; these are all the style there is.
_STYLES = {
    "p": {"style": "margin:0 0 1em"},
    "ul": {"style": "margin:0 0 1em;padding-left:2em"},
    "ol": {"style": "margin:0 0 1em;padding-left:2em"},
    "blockquote": {"style": "margin:0 0 1em;padding-left:1em;border-left:2px solid #ccc"},
    "img": {"style": "max-width:100%;height:auto"},
}
_BLOCKS = re.compile(
    r"<(/?)(?:div|h[1-6]|section|article|header|footer|main|aside|tr|center|address|pre)\b[^>]*>",
    re.IGNORECASE,
)
#: A paragraph that holds nothing but Liquid's own tags, as the editor makes one of every line.
_ONLY_TAGS = re.compile(r"<p>\s*((?:\{%(?:(?!%\}).)*%\}\s*)+)(?:<br\s*/?>)?\s*</p>", re.DOTALL)
_EMPTY_END = re.compile(r"(?:\s*<p>(?:\s|&nbsp;|<br\s*/?>)*</p>)+\s*$")
_EMPTY_ROW = re.compile(r"(?:<p[^>]*>(?:\s|&nbsp;|<br\s*/?>)*</p>\s*){2,}")
_NO_PICTURE = re.compile(r"<img(?![^>]*\bsrc=)[^>]*>")
_LINK = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)
_LINK_TAIL = ".,;:!?)]}’”'"
_LIQUID_LINK = re.compile(r"\{\{[^{}<>\"]*\}\}")


def _attribute(tag: str, name: str, value: str) -> str | None:
    """Pictures are our own uploads; a link is an address or one variable."""
    if tag == "img" and name == "src":
        return value if _FILE_SRC.fullmatch(value) else None
    if tag == "a" and name == "href":
        whole = value.strip()
        scheme, colon, _ = whole.partition(":")
        return whole if _LIQUID_LINK.fullmatch(whole) or (colon and scheme.lower() in _SCHEMES) else None
    if name in {"width", "height"}:
        return value if value.isascii() and value.isdigit() and len(value) <= 4 else None
    return value


_STORED = nh3.Cleaner(
    tags=_TAGS,
    attributes=_ATTRIBUTES,
    attribute_filter=_attribute,
    url_schemes=_SCHEMES,
    link_rel=None,
)
_SENT = nh3.Cleaner(
    tags=_TAGS,
    attributes=_ATTRIBUTES,
    attribute_filter=_attribute,
    url_schemes=_SCHEMES,
    link_rel=None,
    set_tag_attribute_values=_STYLES,
)
_SHOWN = nh3.Cleaner(
    tags=_TAGS,
    attributes=_ATTRIBUTES,
    attribute_filter=_attribute,
    url_schemes=_SCHEMES,
    link_rel="noopener noreferrer",
    set_tag_attribute_values={"a": {"target": "_blank"}},
)


def sanitised(markup: str) -> str:
    """What is stored of an author's markup; a template's Liquid stays as it was written. Empty for no content."""
    clean = _NO_PICTURE.sub("", _STORED.clean(_BLOCKS.sub(r"<\1p>", markup)))
    clean = _EMPTY_END.sub("", _ONLY_TAGS.sub(r"\1", clean)).strip()
    return clean if to_text(clean).strip() or "<img" in clean else ""


def for_mail(markup: str) -> str:
    """Rendered markup as it is sent: sanitised once more, with the styles a mail needs; left-out sentences leave no
    hole."""
    clean = _NO_PICTURE.sub("", _SENT.clean(markup))
    return _EMPTY_ROW.sub("", clean).strip()


@lru_cache(maxsize=128)
def for_screen(markup: str) -> str:
    """Rendered markup as our own pages show it: without styles, links in a tab of their own."""
    return _SHOWN.clean(markup)


def files_in(markup: str) -> list[int]:
    """Ids of the pictures a markup shows, each once, in order."""
    return list(dict.fromkeys(int(number) for number in _FILE_SRC.findall(markup)))


def with_sources(markup: str, sources: dict[int, str]) -> str:
    """The markup with each picture of ``sources`` read from there; pictures that are gone lose their source."""
    return _FILE_SRC.sub(lambda match: html.escape(sources.get(int(match[1]), ""), quote=True), markup)


def to_text(markup: str) -> str:
    """The plain twin: paragraphs, lists, quotes; a link's address stands after its words where they differ."""
    writer = _Writer()
    writer.feed(markup)
    writer.close()
    return writer.text()


def to_html(text: str) -> str:
    """Plain text as safe HTML: everything escaped, blank lines make paragraphs, web addresses links."""
    paragraphs = [block for block in re.split(r"\n{2,}", text.strip("\n")) if block.strip()]
    return "\n".join(f"<p>{_linked(block)}</p>" for block in paragraphs)


def from_text(text: str) -> str:
    """A plain template as the editor begins with it: its paragraphs and lines, nothing else is made of it."""
    blocks = [block for block in re.split(r"\n{2,}", text.strip("\n")) if block.strip()]
    return "".join(f"<p>{html.escape(block, quote=False).replace(chr(10), '<br>')}</p>" for block in blocks)


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


class _Writer(HTMLParser):
    """Collects lines; each block opens new ones behind the marks of the lists and quotes around it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = [""]
        self._lists: list[int | None] = []
        self._quotes = 0
        self._link: str | None = None
        self._link_words = ""
        self._mark = ""

    def text(self) -> str:
        lines = [line.rstrip() for line in self._lines]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "br":
            self._new_line()
        elif tag in {"p", "blockquote"}:
            self._quotes += tag == "blockquote"
            self._block()
        elif tag in {"ul", "ol"}:
            self._block() if not self._lists else None
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "li" and self._lists:
            self._item()
        elif tag == "a":
            self._link, self._link_words = values.get("href") or "", ""
        elif tag == "img":
            self._write(f"[{values.get('alt') or 'picture'}]")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"p", "blockquote"}:
            self._quotes = max(0, self._quotes - (tag == "blockquote"))
            self._block()
        elif tag in {"ul", "ol"} and self._lists:
            self._lists.pop()
            self._block() if not self._lists else None
        elif tag == "a" and self._link is not None:
            address = self._link.removeprefix("mailto:")
            if address and address != self._link_words.strip():
                self._write(f" ({address})" if self._link_words.strip() else address)
            self._link = None

    def handle_data(self, data: str) -> None:
        words = re.sub(r"[ \t\r\n\f]+", " ", data).replace("\u00a0", " ")
        if self._link is not None:
            self._link_words += words
        self._write(words)

    def _write(self, words: str) -> None:
        if not self._lines[-1].strip("> ") and not self._mark:
            words = words.lstrip(" ")
        if words:
            self._lines[-1] += self._mark + words
            self._mark = ""

    def _new_line(self) -> None:
        self._lines.append("> " * self._quotes)

    def _block(self) -> None:
        if self._lists:
            return
        if self._lines[-1].strip("> "):
            self._lines.append("> " * self._quotes if self._quotes else "")
        if len(self._lines) > 1 or self._lines[-1]:
            self._new_line()

    def _item(self) -> None:
        if self._lines[-1].strip("> "):
            self._new_line()
        number = self._lists[-1]
        if number is not None:
            self._lists[-1] = number + 1
        bullet = "- " if number is None else f"{number + 1}. "
        self._mark = "  " * (len(self._lists) - 1) + bullet
