"""Excel workbooks: values as people see them, and every file that is none refused with what to do."""

from __future__ import annotations

import datetime
import io
import re
import tracemalloc
import zipfile
from collections.abc import Sequence

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook

from accounts.models import User
from sourcing.importing import previewing, uploading, workbook
from sourcing.importing.workbook import BadWorkbook
from sourcing.models import Candidate, ImportFormat
from tests.sourcing.factories import finish, import_csv, upload

_NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def book(
    *rows: Sequence[object], formats: dict[str, str] | None = None, **sheets: list[list[object]]
) -> bytes:
    """A workbook with the rows on its first sheet and more sheets by name; ``formats`` by cell."""
    made = Workbook()
    first = made.active
    assert first is not None
    first.title = "People"
    for row in rows:
        first.append(list(row))
    for cell, name in (formats or {}).items():
        first[cell].number_format = name
    for title, more in sheets.items():
        sheet = made.create_sheet(title)
        for row in more:
            sheet.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def cells(data: bytes, sheet: str = "People") -> list[list[str]]:
    return [record.cells for record in workbook.rows(io.BytesIO(data), sheet)]


def shared(data: bytes) -> bytes:
    """The workbook with its texts in a table of strings, as Excel itself writes them."""
    texts: list[str] = []

    def moved(found: re.Match[str]) -> str:
        texts.append(found[1])
        return f't="s"><v>{len(texts) - 1}</v>'

    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name).decode()
            if name.startswith("xl/worksheets/"):
                content = re.sub(r't="inlineStr"><is>(.*?)</is>', moved, content)
            new.writestr(name, content)
        strings = "".join(f"<si>{text}</si>" for text in texts)
        new.writestr("xl/sharedStrings.xml", f"<sst {_NS}>{strings}</sst>")
    return out.getvalue()


def changed(data: bytes, part: str, replace: tuple[str, str]) -> bytes:
    """The workbook with a text in one of its parts replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content.decode().replace(*replace) if name == part else content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        (491515550142, "General", "491515550142"),
        (4.91515550142e13, "0.00E+00", "49151555014200"),
        (5.0, "General", "5"),
        (0.1 + 0.2, "General", "0.3"),
        (42, "00000", "00042"),
        (0.25, "0%", "25%"),
        (datetime.date(2024, 3, 1), "dd/mm/yyyy", "2024-03-01"),
        (datetime.date(2024, 3, 1), "mmm yyyy", "2024-03"),
        (datetime.date(2024, 3, 1), "yyyy", "2024"),
        (datetime.datetime(2024, 3, 1, 14, 30), "dd.mm.yyyy hh:mm", "2024-03-01 14:30"),  # noqa: DTZ001 - Excel knows no zones
        (True, "General", "TRUE"),
        ("  Müller 🙂 ", "General", "  Müller 🙂 "),
        ("_x0041_", "General", "A"),
    ],
)
def test_values_come_as_people_see_them(value: object, number_format: str, shown: str) -> None:
    assert cells(book([value], formats={"A1": number_format})) == [[shown]]


def test_rows_keep_their_numbers_and_cells_their_columns() -> None:
    data = book(["a"], [], [None, None, "c"])
    assert [(record.line, record.cells) for record in workbook.rows(io.BytesIO(data), "People")] == [
        (1, ["a"]),
        (3, ["", "", "c"]),
    ]


def test_a_formula_is_never_evaluated_and_gives_what_was_stored() -> None:
    data = book(["=1+1", "x"])
    assert cells(data) == [["", "x"]]
    stored = changed(data, "xl/worksheets/sheet1.xml", ("<f>1+1</f><v />", "<f>1+1</f><v>2</v>"))
    stored = changed(stored, "xl/worksheets/sheet1.xml", ("<f>1+1</f><v></v>", "<f>1+1</f><v>2</v>"))
    assert cells(stored) == [["2", "x"]]


def test_texts_come_from_the_table_of_strings_in_any_order_and_from_their_runs() -> None:
    data = shared(book(*[[f"name {number}", f"p{number}@x.example"] for number in range(3_000)]))
    data = changed(data, "xl/worksheets/sheet1.xml", ("<v>1</v>", "<v>5999</v>"))
    data = changed(
        data,
        "xl/sharedStrings.xml",
        ("<t>name 7</t>", "<r><t>na</t></r><r><t>me 7</t></r><rPh><t>x</t></rPh>"),
    )
    found = cells(data)
    assert found[0] == ["name 0", "p2999@x.example"]
    assert found[7] == ["name 7", "p7@x.example"]
    assert found[-1] == ["name 2999", "p2999@x.example"]


def test_a_sheet_is_chosen_and_the_first_with_rows_proposed() -> None:
    data = book(Leads=[["Name", "Email"], ["Ida Hansen", "ida@x.example"]])
    assert workbook.sheets_of(io.BytesIO(data)) == ["People", "Leads"]


@pytest.mark.django_db
def test_a_workbook_becomes_people(alice: User) -> None:
    data = book(
        ["First Name", "Last Name", "Email", "Phone", "Company", "Start Date"],
        ["Ida", "Hansen", "ida@x.example; i@y.example", 491515550142, "Fjell", datetime.date(2020, 4, 1)],
        [],
        ["", "", "no address", "", "", ""],
    )
    import_run = upload(alice, data, name="people.xlsx")
    assert (import_run.format, import_run.sheet, import_run.sheets) == ("workbook", "People", ["People"])
    assert previewing.preview(import_run).fresh == 1
    done = finish(uploading.start(import_run=import_run, actor=alice))
    assert (done.rows, done.imported, done.rejected) == (2, 1, 1)
    assert [note.line for note in done.notes.all()] == [4]
    ida = Candidate.objects.for_organisation(alice.organisation_id).get()
    assert ida.contact_points.filter(kind="email").count() == 2
    assert ida.experience.get().started == "2020-04-01"
    assert done.rows_file == ""


@pytest.mark.django_db
def test_another_sheet_is_read_again(alice: User) -> None:
    data = book(["Email"], ["a@x.example"], Leads=[["Name", "E-mail"], ["Ida Hansen", "ida@x.example"]])
    import_run = upload(alice, data, name="people.xlsx")
    uploading.describe_again(import_run, actor=alice, sheet="Leads", has_header=True)
    assert import_run.mapping == {"0": "full_name", "1": "email"}
    done = finish(uploading.start(import_run=import_run, actor=alice))
    assert done.imported == 1
    assert Candidate.objects.for_organisation(alice.organisation_id).get().first_name == "Ida"


@pytest.mark.django_db
def test_a_wide_workbook_in_a_csvs_clothes_is_still_a_workbook(alice: User) -> None:
    done = import_csv(alice, book(["Email"], ["a@x.example"]), name="people.csv")
    assert (done.format, done.imported) == (ImportFormat.WORKBOOK, 1)


def _zipped(*parts: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return out.getvalue()


_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
_BAD = {
    "old": (_OLD + "Workbook".encode("utf-16-le"), "old kind"),
    "password": (_OLD + "EncryptedPackage".encode("utf-16-le"), "password"),
    "cut off": (book(["Email"], ["a@x.example"])[:-200], "damaged"),
    "a zip": (_zipped(("readme.txt", b"hello")), "damaged"),
    "a bomb": (_zipped(("xl/worksheets/sheet1.xml", b"\0" * (64 << 20))), "unpacks"),
    "empty": (book(), "no rows"),
    "entities": (
        changed(
            book(["Email"], ["a@x.example"]),
            "xl/worksheets/sheet1.xml",
            ("<worksheet", '<!DOCTYPE x [<!ENTITY a "b">]><worksheet'),
        ),
        "damaged",
    ),
    "strings that are not there": (
        changed(shared(book(["Email"])), "xl/worksheets/sheet1.xml", ("<v>0</v>", "<v>99</v>")),
        "damaged",
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("which", _BAD)
def test_what_cannot_be_read_is_refused_with_what_to_do(alice: User, which: str) -> None:
    content, words = _BAD[which]
    with pytest.raises((BadWorkbook, uploading.BadFile), match=words):
        uploading.upload(actor=alice, file=SimpleUploadedFile("x.xlsx", content))


def test_memory_does_not_grow_with_the_sheet() -> None:
    def peak(count: int) -> int:
        made = Workbook(write_only=True)
        sheet = made.create_sheet("People")
        for number in range(count):
            sheet.append([f"name {number}", f"p{number}@x.example", number])
        out = io.BytesIO()
        made.save(out)
        tracemalloc.start()
        assert sum(1 for _ in workbook.rows(out, "People")) == count
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(8_000) < peak(2_000) * 1.5
