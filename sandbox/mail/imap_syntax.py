"""Reading IMAP: command lines with quoted strings and literals, sequence sets, search keys. Pure.

RFC 3501 §9; only what a mail reader sends.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence


class BadCommand(Exception):
    """The line cannot be understood; the text goes into the BAD answer."""


class Word(str):
    """A bare word of a command line; strings, quoted or literal, are bytes."""

    __slots__ = ()


_LITERAL = re.compile(rb"\{(\d+)(\+?)\}$")
_ATOM = re.compile(rb'[^\s()"{}]+')
# BODY[HEADER.FIELDS (A B)]<0.10> is one word though it holds spaces and parentheses.
_SECTION = re.compile(rb"[A-Za-z0-9.]+\[[^\]]*\](?:<[0-9.]+>)?")


def literal_at_end(line: bytes) -> tuple[int, bool] | None:
    """Length of the literal a line announces and whether the client waits for a ``+``; None if there is none."""
    found = _LITERAL.search(line)
    return (int(found[1]), not found[2]) if found else None


def tokens(line: bytes, literals: Sequence[bytes] = ()) -> list[Word | bytes | list]:
    """Split a command into words, strings and lists. In ``line`` each literal is still ``{n}``, in order."""
    return _Reader(line, list(literals)).items(nested=False)


class _Reader:
    def __init__(self, line: bytes, literals: list[bytes]) -> None:
        self._line = line
        self._at = 0
        self._literals = literals

    def items(self, *, nested: bool) -> list[Word | bytes | list]:
        found: list[Word | bytes | list] = []
        while self._at < len(self._line):
            char = self._line[self._at : self._at + 1]
            if char.isspace():
                self._at += 1
            elif char == b")":
                if not nested:
                    raise BadCommand("unexpected )")
                self._at += 1
                return found
            elif char == b"(":
                self._at += 1
                found.append(self.items(nested=True))
            elif char == b'"':
                found.append(self._quoted())
            elif char == b"{":
                found.append(self._literal())
            else:
                found.append(self._word())
        if nested:
            raise BadCommand("missing )")
        return found

    def _quoted(self) -> bytes:
        text = bytearray()
        self._at += 1
        while self._at < len(self._line):
            char = self._line[self._at]
            self._at += 1
            if char == 0x22:
                return bytes(text)
            if char == 0x5C and self._at < len(self._line):
                char = self._line[self._at]
                self._at += 1
            text.append(char)
        raise BadCommand("missing closing quote")

    def _literal(self) -> bytes:
        end = self._line.index(b"}", self._at)
        self._at = end + 1
        return self._literals.pop(0)

    def _word(self) -> Word:
        found = _SECTION.match(self._line, self._at) or _ATOM.match(self._line, self._at)
        if not found:
            raise BadCommand("cannot read the command")
        self._at = found.end()
        return Word(found.group().decode("utf-8", "replace"))


def text(item: Word | bytes | list) -> str:
    """A word or string as text; BadCommand for a list."""
    if isinstance(item, list):
        raise BadCommand("a word was expected, not a list")
    return item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item)


def in_set(spec: str, numbers: Sequence[int]) -> list[int]:
    """Which of ``numbers`` (ascending) a sequence set names; ``*`` is the highest of them."""
    chosen: set[int] = set()
    highest = numbers[-1] if numbers else 0
    for part in spec.split(","):
        first, colon, last = part.partition(":")
        low = _bound(first, highest)
        high = _bound(last, highest) if colon else low
        low, high = min(low, high), max(low, high)
        if high - low > len(numbers):
            chosen.update(number for number in numbers if low <= number <= high)
        else:
            chosen.update(range(low, high + 1))
    return [number for number in numbers if number in chosen]


def is_set(spec: str) -> bool:
    """Whether a word is a sequence set."""
    return bool(re.fullmatch(r"(\d+|\*)(:(\d+|\*))?(,(\d+|\*)(:(\d+|\*))?)*", spec))


def _bound(word: str, highest: int) -> int:
    if word == "*":
        return highest
    if not word.isdigit():
        raise BadCommand(f"{word!r} is not a message number")
    return int(word)


def quoted(value: str) -> str:
    """A name as a quoted string."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def folder_name(item: Word | bytes | list) -> str:
    """A folder name, decoded from modified UTF-7 (RFC 3501 §5.1.3)."""
    name = text(item)

    def decode(found: re.Match[str]) -> str:
        if not found[1]:
            return "&"
        padded = found[1].replace(",", "/") + "=" * (-len(found[1]) % 4)
        try:
            return base64.b64decode(padded).decode("utf-16-be")
        except ValueError:
            raise BadCommand("the folder name is not modified UTF-7") from None

    return re.sub(r"&([^-]*)-", decode, name)


def encoded_folder_name(name: str) -> str:
    """A folder name in modified UTF-7."""

    def encode(found: re.Match[str]) -> str:
        if found.group() == "&":
            return "&-"
        packed = base64.b64encode(found.group().encode("utf-16-be")).decode().rstrip("=")
        return f"&{packed.replace('/', ',')}-"

    return re.sub(r"&|[^\x20-\x7e]+", encode, name)


def list_pattern(pattern: str) -> re.Pattern[str]:
    """A LIST pattern: ``*`` anything, ``%`` anything but the separator."""
    parts = (
        {"*": ".*", "%": "[^/]*"}.get(part, re.escape(part)) for part in re.split(r"([*%])", pattern) if part
    )
    return re.compile("".join(parts) or "$", re.IGNORECASE if pattern.upper() == "INBOX" else 0)
