from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sourcing.importing.reading import NotText, guess_delimiter, guess_encoding, open_text, records
from tests.sourcing.factories import csv_bytes

ROWS = (["Name", "Ort"], ["Jörg Müller", "Köln"], ["Zoë Gonçalves", "São Paulo"], ["Anke Weiß", "Düsseldorf"])


def cells(data: bytes, encoding: str, delimiter: str = ",") -> list[list[str]]:
    return [record.cells for record in records(open_text(io.BytesIO(data), encoding), delimiter)]


@pytest.mark.parametrize(
    ("written", "guessed"),
    [("utf-8", "utf-8-sig"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"), ("utf-16-le", "utf-16-le"),
     ("utf-16-be", "utf-16-be"), ("cp1252", "cp1252"), ("utf-32", "utf-32")],
)  # fmt: skip
def test_the_encoding_is_found_and_every_letter_survives(written: str, guessed: str) -> None:
    data = csv_bytes(*ROWS, encoding=written)
    assert guess_encoding(io.BytesIO(data)) == guessed
    assert cells(data, guessed) == [list(row) for row in ROWS]


def test_cyrillic_of_an_old_windows_is_not_taken_for_western() -> None:
    text = (
        "Имя,Фамилия\nЕлена,Петрова\nДмитрий,Коваленко\nНаталья,Смирнова, инженер по данным, Санкт-Петербург\n"
        * 5
    )
    data = text.encode("cp1251")
    encoding = guess_encoding(io.BytesIO(data))
    assert data.decode(encoding) == text


def test_a_foreign_letter_after_a_megabyte_of_plain_text_still_decides() -> None:
    data = b"name,city\n" + b"Jonas,Berlin\n" * 100_000 + "Jörg,Köln\n".encode("cp1252")
    assert guess_encoding(io.BytesIO(data)) == "cp1252"


def test_the_file_is_at_its_start_afterwards() -> None:
    file = io.BytesIO(csv_bytes(*ROWS, encoding="cp1252"))
    guess_encoding(file)
    assert file.tell() == 0


@pytest.mark.parametrize("head", [b"PK\x03\x04rest", b"%PDF-1.7", b"\x89PNG\r\n"])
def test_what_is_no_text_is_refused_with_what_to_do(head: bytes) -> None:
    with pytest.raises(NotText):
        guess_encoding(io.BytesIO(head + b"\x00" * 100))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_cuts_rows_alike(delimiter: str) -> None:
    data = csv_bytes(
        ["Name", "Place, country", "a;b"],
        ["Jo, Jr", "Köln, DE", "x;y"],
        ["Bo", "Rom, IT", "z"],
        delimiter=delimiter,
    )
    assert guess_delimiter(data.decode().splitlines(keepends=True)) == delimiter


def test_excel_names_its_delimiter_in_a_first_line() -> None:
    lines = ["sep=;\r\n", "a;b\r\n", "1,5;2\r\n"]
    assert guess_delimiter(lines) == ";"
    assert [record.cells for record in records(lines, ";")] == [["a", "b"], ["1,5", "2"]]


def test_a_quoted_line_break_counts_as_a_line_of_the_file() -> None:
    found = list(records(["a,b\r\n", '"one\r\n', 'two",x\r\n', "c,d\r\n"], ","))
    assert [(record.line, record.cells) for record in found] == [
        (1, ["a", "b"]),
        (2, ["one\r\ntwo", "x"]),
        (4, ["c", "d"]),
    ]


def test_blank_lines_and_rows_of_delimiters_are_passed_over_with_true_line_numbers() -> None:
    assert [record.line for record in records(["a,b\n", "\n", ",,,\n", "c,d\n"], ",")] == [1, 4]


def test_nul_bytes_fall_away() -> None:
    assert cells(b"Jo\x00nas,x\n", "utf-8-sig") == [["Jonas", "x"]]


def test_a_quotation_mark_that_nobody_closes_costs_its_own_line_only() -> None:
    lines = ["name,city\n", 'Jonas,"Berlin\n', "Ida,Oslo\n", "Bo,Rom\n"]
    found = list(records(lines, ","))
    assert [(record.line, bool(record.broken)) for record in found] == [
        (1, False),
        (2, True),
        (3, False),
        (4, False),
    ]
    assert found[2].cells == ["Ida", "Oslo"]


def test_an_open_quotation_mark_far_from_the_end_is_found_without_reading_everything() -> None:
    lines = ["a,b\n", 'x,"open\n', *(f"p{number},q\n" for number in range(5_000))]
    found = list(records(lines, ","))
    assert [record.line for record in found if record.broken] == [2]
    assert len(found) == 5_002


def test_a_quotation_mark_inside_a_plain_cell_is_text() -> None:
    assert cells(b'24" screen,x\nJo "JJ" Lehner,y\n', "utf-8-sig") == [
        ['24" screen', "x"],
        ['Jo "JJ" Lehner', "y"],
    ]


@given(st.binary(max_size=400))
def test_no_bytes_make_the_reader_fall_over(data: bytes) -> None:
    try:
        encoding = guess_encoding(io.BytesIO(data))
    except NotText:
        return
    for record in records(open_text(io.BytesIO(data), encoding), ","):
        assert record.line >= 1
        assert all("\x00" not in cell for cell in record.cells) or record.broken
