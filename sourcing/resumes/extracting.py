"""The text of a document, read in a process of its own: ``python extracting.py < file``.

This file is run as a script and imports nothing of ours: it gets the bytes on standard input, sets its own limits of
memory, processor time and output, and answers one JSON object ``{"outcome", "text", "cut", "content_type"}``. A hostile
file can take this process down and nothing else (``resumes.reading`` starts it).
"""

from __future__ import annotations

import io
import json
import sys
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

MEMORY_BYTES = 1 << 30
PROCESSOR_SECONDS = 20
OUTPUT_BYTES = 16 << 20
MAX_PAGES = 200
#: What a DOCX may come to when unpacked: all of it, one part against its packed size (small parts aside), parts.
UNPACKED_BYTES = 100 << 20
UNPACKED_RATIO = 200
SMALL_PART = 1 << 20
MAX_PARTS = 5_000

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TEXT = "text/plain"
UNKNOWN = "application/octet-stream"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"


class Unfit(Exception):
    """No text can be had; ``outcome`` says why."""

    def __init__(self, outcome: str) -> None:
        super().__init__(outcome)
        self.outcome = outcome


def kind_of(data: bytes) -> str:
    """The content type the bytes themselves tell."""
    if b"%PDF-" in data[:1024]:
        return PDF
    if data[:4] == b"PK\x03\x04":
        return DOCX
    if data[:8] != _OLE and _decoded(data) is not None:
        return TEXT
    return UNKNOWN


def text_of(data: bytes, *, limit: int) -> tuple[str, bool]:
    """The text in reading order, at most ``limit`` characters, and whether it was cut. Raises :class:`Unfit`."""
    if data[:8] == _OLE:
        # A DOCX with a password is such a container with one stream of this name; others are Word 97 files.
        raise Unfit("encrypted" if "EncryptedPackage".encode("utf-16-le") in data else "unreadable")
    match kind_of(data):
        case "application/pdf":
            lines: Iterable[str] = _pdf(data)
        case "application/vnd.openxmlformats-officedocument.wordprocessingml.document":
            lines = _docx(data)
        case "text/plain":
            lines = (_decoded(data) or "").splitlines()
        case _:
            raise Unfit("unreadable")
    kept: list[str] = []
    length = 0
    for line in lines:
        kept.append(line[: limit - length])
        length += len(line) + 1
        if length >= limit:
            return "\n".join(kept)[:limit], True
    return "\n".join(kept), False


def _pdf(data: bytes) -> Iterator[str]:
    import pypdfium2  # noqa: PLC0415 - only for a PDF

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = getattr(error, "err_code", None) == pypdfium2.raw.FPDF_ERR_PASSWORD
        raise Unfit("encrypted" if locked else "broken") from error
    for number in range(min(len(document), MAX_PAGES)):
        try:
            page = document[number]
            yield from page.get_textpage().get_text_range().splitlines()
        except pypdfium2.PdfiumError as error:
            raise Unfit("broken") from error
        page.close()


def _docx(data: bytes) -> Iterator[str]:
    import docx  # noqa: PLC0415 - only for a DOCX

    _guard(data)
    document = docx.Document(io.BytesIO(data))
    # Names and addresses often stand in the page header.
    for part in (document.sections[0].header, document, document.sections[0].footer):
        if part is document or not part.is_linked_to_previous:  # type: ignore[union-attr]  # only headers have it
            yield from _blocks(part)


def _blocks(container: Any) -> Iterator[str]:
    """Paragraphs and tables as they follow each other; a row of a table is a line, its cells apart by a tab."""
    for block in container.iter_inner_content():
        if not hasattr(block, "rows"):
            yield from block.text.splitlines() or [""]
            yield from _boxes(block._element)  # noqa: SLF001 - python-docx leaves text boxes to its XML
            continue
        for row in block.rows:
            cells: dict[Any, list[str]] = {}
            for cell in row.cells:
                if cell._element not in cells:  # noqa: SLF001 - a merged cell is given once for each column
                    cells[cell._element] = list(_blocks(cell))  # noqa: SLF001 - its identity
            if any(len([line for line in lines if line]) > 1 for lines in cells.values()):
                for lines in cells.values():
                    yield from lines
            else:
                yield "\t".join(line for lines in cells.values() for line in lines if line)


def _boxes(paragraph: Any) -> Iterator[str]:
    """The text boxes anchored in a paragraph. Word writes each twice; the second is for older programs."""
    for box in paragraph.iter(f"{_WORD}txbxContent"):
        if not any(above.tag == _FALLBACK for above in box.iterancestors()):
            for inner in box.iter(f"{_WORD}p"):
                yield "".join(piece.text or "" for piece in inner.iter(f"{_WORD}t"))


def _guard(data: bytes) -> None:
    """Refuse what unpacks to too much, and any XML with a document type (the way to entity bombs)."""
    from defusedxml import sax  # type: ignore[import-untyped]  # noqa: PLC0415 - no stubs; only for a DOCX

    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except zipfile.BadZipFile as error:
        raise Unfit("broken") from error
    parts = archive.infolist()
    bomb = len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > UNPACKED_BYTES
    if bomb or any(
        part.file_size > SMALL_PART and part.file_size > UNPACKED_RATIO * max(part.compress_size, 1)
        for part in parts
    ):
        raise Unfit("too_large")
    if "word/document.xml" not in archive.namelist():
        raise Unfit("encrypted" if any(part.flag_bits & 1 for part in parts) else "unreadable")
    if any(part.flag_bits & 1 for part in parts):
        raise Unfit("encrypted")
    for part in parts:
        if part.filename.endswith((".xml", ".rels")):
            parser = sax.make_parser()
            parser.forbid_dtd = True
            parser.parse(io.BytesIO(archive.read(part)))


def _decoded(data: bytes) -> str | None:
    """Plain text; None when the bytes are none."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ["utf-16"]
    elif b"\x00" in data:
        return None
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        odd = sum(unicodedata.category(c) == "Cc" and c not in "\t\r\n\f" for c in text[:4096])
        return (
            text if odd <= len(text[:4096]) // 100 and not text.startswith(("{\\rtf", "PK", "%!")) else None
        )
    return None


def _limit_ourselves() -> None:
    import resource  # noqa: PLC0415 - not in a test that imports this module elsewhere

    for limit, value in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, PROCESSOR_SECONDS),
        (resource.RLIMIT_FSIZE, OUTPUT_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        _soft, hard = resource.getrlimit(limit)
        allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (allowed, allowed))


def main() -> None:
    """Read standard input, answer on standard output."""
    _limit_ourselves()
    limit = int(sys.argv[1])
    data = sys.stdin.buffer.read()
    answer: dict[str, object] = {"outcome": "read", "text": "", "cut": False, "content_type": kind_of(data)}
    try:
        text, answer["cut"] = text_of(data, limit=limit)
        answer["text"] = text
        if not text.strip():
            answer["outcome"] = "scanned" if answer["content_type"] == PDF else "broken"
    except Unfit as unfit:
        answer["outcome"] = unfit.outcome
    except MemoryError:
        answer["outcome"] = "too_large"
    except Exception:  # noqa: BLE001 - whatever a library stumbles over, the file is broken; its bytes stay
        answer["outcome"] = "broken"
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
