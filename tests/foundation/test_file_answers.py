"""Answers that carry a file: what a browser may do with it, whatever it is and is called."""

from __future__ import annotations

from email.message import Message

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage
from django.db.models import FileField
from django.db.models.fields.files import FieldFile
from django.http import FileResponse
from hypothesis import given
from hypothesis import strategies as st

from foundation.file_answers import FileMissing, answered

PAGE = b"<script>alert(document.cookie)</script>"


def held(content: bytes | None = PAGE) -> FieldFile:
    """A row's file; None: its bytes are gone."""
    storage = InMemoryStorage()
    if content is not None:
        storage.save("kept", ContentFile(content))
    return FieldFile(None, FileField(storage=storage), "kept")


def called(answer: FileResponse) -> str:
    """The name a browser would save it under."""
    message = Message()
    message["Content-Disposition"] = answer["Content-Disposition"]
    return message.get_filename() or ""


def test_a_page_that_somebody_gave_is_a_download_and_no_page_of_ours() -> None:
    answer = answered(held(), name="cv.html")
    assert b"".join(answer) == PAGE
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Length"] == str(len(PAGE))
    assert answer["Content-Disposition"] == 'attachment; filename="cv.html"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["Cache-Control"] == "private, no-store"


def test_a_picture_is_shown_and_kept_by_the_browser_for_a_day() -> None:
    answer = answered(held(b"\x89PNG"), name="logo.png", kind="image/png", shown=True)
    assert answer["Content-Type"] == "image/png"
    assert answer["Content-Disposition"] == 'inline; filename="logo.png"'
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert "max-age=86400" in answer["Cache-Control"]


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60))
def test_no_name_breaks_out_of_its_header_or_its_folder(name: str) -> None:
    said = answered(held(), name=name)["Content-Disposition"]
    assert said.startswith("attachment")
    assert not {"\r", "\n", "\0", "/", "\\"} & set(said)


def test_letters_of_any_script_stay_in_the_name() -> None:
    assert called(answered(held(), name="Résumé 李小龙.pdf")) == "Résumé 李小龙.pdf"


def test_bytes_that_are_gone_are_told_as_such() -> None:
    with pytest.raises(FileMissing, match="not there any more") as told:
        answered(held(None), name="cv.pdf")
    assert (told.value.status, told.value.code) == (404, "file_missing")
