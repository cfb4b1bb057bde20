"""The words of a mail: its text parts, HTML as text, and the reply without what it quotes. Pure."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from email.message import Message
from html.parser import HTMLParser

from mailparser_reply import EmailReplyParser
from mailparser_reply.constants import MAIL_LANGUAGES

from outreach.inbound.headers import UNREADABLE, clean, to_text

LONGEST_TEXT = 200_000
#: The quote finder backtracks: it gets no more, and no longer lines, than a person writes.
_LONGEST_REPLY, _LONGEST_LINE = 20_000, 400
_DEEPEST, _MOST_PARTS = 12, 200
_DECLARATION = re.compile(r"<![^>]*>")
_TAG = re.compile(r"<[a-zA-Z/!?]")
_QUOTED = re.compile(r"^\s*>")
_INTRODUCTION = re.compile(r"^(?=.*[@\d]).*[:：]\s*$")
_REPLIES = EmailReplyParser(languages=sorted(MAIL_LANGUAGES))


def parts(message: Message) -> Iterator[Message]:
    """Every part outside returned messages, in order; depth and number are bounded."""
    stack = [(message, 0)]
    count = 0
    while stack and count < _MOST_PARTS:
        part, depth = stack.pop()
        count += 1
        yield part
        payload = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(payload, list) and depth < _DEEPEST:
            stack += [(child, depth + 1) for child in reversed(payload) if isinstance(child, Message)]


def text_of(message: Message) -> str:
    """The text of a mail with ``\\n`` line ends: its plain parts, or its HTML as text."""
    plain: list[str] = []
    marked_up: list[str] = []
    for part in parts(message):
        kind = part.get_content_type()
        # Parts whose boundary never comes are one text.
        broken = part.get_content_maintype() == "multipart" and not part.is_multipart()
        if not broken and (kind not in {"text/plain", "text/html"} or _attached(part)):
            continue
        (marked_up if kind == "text/html" else plain).append(content(part))
        if sum(len(piece) for piece in (*plain, *marked_up)) > 4 * LONGEST_TEXT:
            break
    text = "\n".join(plain)
    if not text.strip():
        text = "\n".join(from_html(piece) for piece in marked_up)
    return text[:LONGEST_TEXT].strip("\n")


def content(part: Message) -> str:
    """The decoded text of one part; broken transfer encodings and charsets give what can be read."""
    try:
        payload = part.get_payload(decode=True)
    except UNREADABLE:
        payload = None
    if not isinstance(payload, bytes):
        payload = str(part.get_payload() or "").encode("utf-8", "replace")
    try:
        charset = part.get_content_charset()
    except UNREADABLE:
        charset = None
    text = to_text(payload[: 4 * LONGEST_TEXT], charset)
    return clean(text.replace("\r\n", "\n").replace("\r", "\n"))


def without_quotes(text: str) -> str:
    """What the writer wrote now. If that leaves nothing, everything that is not marked as quoted."""
    lines = [line[:_LONGEST_LINE] for line in text[:_LONGEST_REPLY].split("\n")]
    try:
        newest = _REPLIES.read("\n".join(lines)).replies[0].full_body
    except (*UNREADABLE, re.error):
        newest = ""
    return _unquoted(newest.split("\n")) or _unquoted(lines)


def from_html(markup: str) -> str:
    """HTML as text: blocks on their own lines, quotations marked with ``>``, scripts and styles left out."""
    reader = _Reader()
    try:
        reader.feed(_ended(markup[: 2 * LONGEST_TEXT]))
        reader.close()
    except UNREADABLE:
        pass  # What was read until the broken place is the text.
    lines = [" ".join(line.split()) for line in "".join(reader.pieces).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def _ended(markup: str) -> str:
    """Without comments and declarations, up to the last tag that ends: a browser shows nothing after one that does not.

    html.parser looks for the end of each to the end of the text: minutes for 100 KB that begin many and end none.
    """
    first, *others = markup.split("<!--")
    rests = itertools.takewhile(lambda found: found[1], (piece.partition("-->") for piece in others))
    text = first + "".join(rest for _, _, rest in rests)
    last = text.rfind(">") + 1
    return _DECLARATION.sub("", text[:last]) + _TAG.split(text[last:], maxsplit=1)[0]


def _unquoted(lines: list[str]) -> str:
    """Without quoted lines and the line that introduces them (``… wrote:`` in any language)."""
    kept: list[str] = []
    for line in lines:
        if not _QUOTED.match(line):
            kept.append(line)
            continue
        while kept and not kept[-1].strip():
            kept.pop()
        if kept and _INTRODUCTION.search(kept[-1]):
            kept.pop()
    return "\n".join(kept).strip()


def _attached(part: Message) -> bool:
    try:
        return part.get_content_disposition() == "attachment"
    except UNREADABLE:
        return False


class _Reader(HTMLParser):
    _blocks = frozenset(
        {"address", "article", "div", "dd", "dt", "h1", "h2", "h3", "h4", "h5", "h6"}
        | {"hr", "li", "p", "pre", "table", "tr", "ul", "ol"}
    )
    _silent = frozenset(("script", "style", "head", "title", "template"))

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden = 0
        self._quoted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._silent:
            self._hidden += 1
        elif tag == "blockquote":
            self._quoted += 1
            self._new_line()
        elif tag == "br" or tag in self._blocks:
            self._new_line()
        if dict(attrs).get("id") in {"divRplyFwdMsg", "appendonsend"}:
            # Outlook on the web marks where the quoted mail begins by these, and by nothing else.
            self.pieces.append("\n\n________________________________\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._silent:
            self._hidden = max(self._hidden - 1, 0)
        elif tag == "blockquote":
            self._quoted = max(self._quoted - 1, 0)
            self._new_line()
        elif tag in self._blocks:
            self._new_line()

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.pieces.append(" ".join(data.split("\n")) if data.strip() else " ")

    def _new_line(self) -> None:
        self.pieces.append("\n" + "> " * min(self._quoted, 5))
