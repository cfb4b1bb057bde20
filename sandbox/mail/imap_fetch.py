"""Answers to FETCH: which parts of a message, as bytes on the wire. Pure apart from the loader it is given.

Whole messages, header blocks, chosen header fields, text, and parts of these. Not here: ENVELOPE, BODYSTRUCTURE
and numbered MIME parts; asking for them is answered BAD, never with something made up.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence

from sandbox.mail.imap_syntax import BadCommand, Word, text
from sandbox.mail.store import Message

_MACROS = {"FAST": ["FLAGS", "INTERNALDATE", "RFC822.SIZE"]}
_WHOLE = {"RFC822": "BODY[]", "RFC822.HEADER": "BODY.PEEK[HEADER]", "RFC822.TEXT": "BODY[TEXT]"}
_BODY = re.compile(
    r"BODY(?P<peek>\.PEEK)?\[(?P<section>[^\]]*)\](?:<(?P<start>\d+)\.(?P<length>\d+)>)?", re.I
)
_FIELDS = re.compile(r"HEADER\.FIELDS(?P<without>\.NOT)? \((?P<names>[^)]*)\)", re.I)
_METADATA = ("UID", "FLAGS", "INTERNALDATE", "RFC822.SIZE")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Render = Callable[[Message, Callable[[], bytes]], bytes]


class Fetch:
    """A parsed FETCH: ``marks_seen`` if reading sets the flag; ``answer`` gives the part in parentheses."""

    def __init__(self, item: Word | bytes | list, *, by_uid: bool) -> None:
        names = [text(each) for each in item] if isinstance(item, list) else [text(item)]
        wanted = [each for name in names for each in _MACROS.get(name.upper(), [name])]
        if by_uid and not any(name.upper() == "UID" for name in wanted):
            wanted.insert(0, "UID")
        self._attributes = [_attribute(name) for name in wanted]
        self.marks_seen = any(
            name.upper() in ("RFC822", "RFC822.TEXT") or name.upper().startswith("BODY[") for name in wanted
        )

    def answer(self, message: Message, load: Callable[[], bytes]) -> bytes:
        """All attributes of one message; ``load`` is called only if its bytes are needed."""
        return b" ".join(attribute(message, load) for attribute in self._attributes)


def _attribute(name: str) -> Render:
    upper = name.upper()
    if upper in _METADATA:
        return lambda message, _load: _metadata(upper, message)
    body = _BODY.fullmatch(_WHOLE.get(upper, name))
    if body is None:
        raise BadCommand(f"FETCH {name} is not supported by the sandbox")
    label = upper if upper in _WHOLE else f"BODY[{body['section'].upper()}]"
    if body["start"] is not None:
        label += f"<{body['start']}>"
    section = _section(body["section"])
    start, length = int(body["start"] or 0), body["length"]

    def render(_message: Message, load: Callable[[], bytes]) -> bytes:
        part = section(load())
        if length is not None:
            part = part[start : start + int(length)]
        return f"{label} {{{len(part)}}}\r\n".encode() + part

    return render


def _metadata(name: str, message: Message) -> bytes:
    if name == "UID":
        return f"UID {message.uid}".encode()
    if name == "FLAGS":
        return f"FLAGS ({' '.join(sorted(message.flags))})".encode()
    if name == "RFC822.SIZE":
        return f"RFC822.SIZE {message.size}".encode()
    return f'INTERNALDATE "{internal_date(message.received)}"'.encode()


def _section(name: str) -> Callable[[bytes], bytes]:
    upper = name.upper()
    if upper == "":
        return lambda raw: raw
    if upper == "HEADER":
        return _header
    if upper == "TEXT":
        return lambda raw: raw.partition(b"\r\n\r\n")[2]
    fields = _FIELDS.fullmatch(name)
    if fields is None:
        raise BadCommand(f"FETCH BODY[{name}] is not supported by the sandbox")
    names = [each.strip('"').lower() for each in fields["names"].split()]
    return lambda raw: _some_fields(raw, names, without=bool(fields["without"]))


def _header(raw: bytes) -> bytes:
    head, gap, _ = raw.partition(b"\r\n\r\n")
    return head + gap


def _some_fields(raw: bytes, names: Sequence[str], *, without: bool) -> bytes:
    kept = bytearray()
    for name, line in header_lines(raw):
        if (name in names) is not without:
            kept += line
    return bytes(kept) + b"\r\n"


def header_lines(raw: bytes) -> list[tuple[str, bytes]]:
    """Header fields in order: name in lower case, and the field as it stands with its folding."""
    head = _header(raw).removesuffix(b"\r\n")
    found: list[tuple[str, bytes]] = []
    for line in head.splitlines(keepends=True):
        if line[:1] in (b" ", b"\t") and found:
            name, before = found[-1]
            found[-1] = (name, before + line)
        elif b":" in line:
            found.append((line.partition(b":")[0].decode("ascii", "replace").strip().lower(), line))
    return found


def internal_date(moment: float) -> str:
    """Epoch seconds as IMAP writes them, in UTC and whatever the locale."""
    t = time.gmtime(moment)
    clock = f"{t.tm_hour:02}:{t.tm_min:02}:{t.tm_sec:02}"
    return f"{t.tm_mday:02}-{_MONTHS[t.tm_mon - 1]}-{t.tm_year} {clock} +0000"
