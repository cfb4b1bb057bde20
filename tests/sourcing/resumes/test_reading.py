"""Documents: what is read of good ones, and that no bad one does more than be called so."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from sourcing.models import FileState
from sourcing.resumes import extracting, reading
from tests.sourcing.resumes import making


def read(data: bytes, limit: int = 10_000, **options: float) -> reading.Reading:
    return reading.read(io.BytesIO(data), limit=limit, **options)


def test_a_pdf_is_read_page_by_page() -> None:
    found = read(making.pdf(["Anna Keller", "Zürich (CH)"], ["Page two"]))
    assert (found.state, found.text) == (FileState.READ, "Anna Keller\nZürich (CH)\nPage two")
    assert found.content_type == extracting.PDF


def test_a_docx_is_read_in_order_with_its_header_and_tables() -> None:
    data = making.docx_of(["Anna Keller", "2019 - 2020\tEngineer", "Skills"], header="anna@mail.example")
    assert read(data).text == "anna@mail.example\nAnna Keller\n2019 - 2020\tEngineer\nSkills"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_plain_text_is_read_in_the_usual_encodings(encoding: str) -> None:
    assert read("Élodie Müller".encode(encoding)).text == "Élodie Müller"


def test_text_beyond_the_limit_is_cut_and_said_so() -> None:
    found = read(("word " * 1000).encode(), limit=100)
    assert found.cut
    assert len(found.text) <= 100


@pytest.mark.parametrize(
    ("make", "state"),
    [
        (lambda: making.pdf([]), FileState.SCANNED),
        (lambda: making.pdf(["x"], encrypted=True), FileState.ENCRYPTED),
        (lambda: making.pdf(["x"])[:120], FileState.BROKEN),
        (lambda: b"%PDF-1.7\n" + b"\xff" * 1000, FileState.BROKEN),
        (lambda: making.docx_of(["x"])[:500], FileState.BROKEN),
        (lambda: making.bomb(), FileState.TOO_LARGE),
        (lambda: making.with_part(making.docx_of(["x"]), "word/document.xml", making.ENTITIES), FileState.BROKEN),
        (lambda: making.with_part(making.docx_of(["x"]), "word/document.xml", b"<w"), FileState.BROKEN),
        (
            lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            FileState.ENCRYPTED,
        ),
        (lambda: bytes(range(256)) * 10, FileState.UNREADABLE),
        (lambda: b"{\\rtf1 Anna}", FileState.UNREADABLE),
        (lambda: b"", FileState.BROKEN),
    ],
    ids=[
        "scanned", "encrypted", "cut", "noise", "cut-docx", "zip-bomb", "entities", "bad-xml", "encrypted-docx",
        "bytes", "rtf", "empty",
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_why(make: Callable[[], bytes], state: FileState) -> None:
    found = read(make())
    assert (found.state, found.text) == (state, "")


def test_a_reader_that_does_not_end_is_killed() -> None:
    assert read(making.pdf(["x"]), seconds=0.01).state == FileState.TOO_LARGE


def test_the_reader_has_no_environment_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, object] = {}
    run = reading.subprocess.run

    def watched(*args: object, **options: object) -> object:
        seen.update(options)
        return run(*args, **options)  # type: ignore[call-overload]  # passed on as given

    monkeypatch.setattr(reading.subprocess, "run", watched)
    read(b"Anna")
    assert seen["env"] == {}
