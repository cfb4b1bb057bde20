"""Fields, and what a record shows: recorded document, expected record."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.base.errors import MalformedResponse, RecordGone
from integrations.base.records import FieldKind, RemoteField, RemoteRef, Standing
from integrations.vendors.pinpoint import fields, mapping
from integrations.vendors.pinpoint.connector import PinpointConnector
from tests.integrations.pinpoint.answers import (
    JOB,
    application,
    attribute,
    custom_field,
    error,
    many,
    single,
    stage,
)
from tests.integrations.vendor_server import Answer, VendorServer

REF = RemoteRef(external_id="1000050")
COLOURS = ("Maroon", "Vermillion", "Blue", "Black and white", "Red, green")
DEFINITIONS = many(
    custom_field("1", "Favourite colour", "single_select", *COLOURS),
    custom_field("2", "Favourite colours", "multi_select", *COLOURS),
    custom_field("3", "Lucky number", "integer"),
    custom_field("4", "Lucky decimal number", "decimal"),
    custom_field("5", "Was a checkbox ticked?", "boolean"),
    custom_field("6", "Free from", "date"),
    custom_field("7", "Quotation", "text"),
    custom_field("8", "Badge", "varchar"),
    custom_field("9", "Recruiter", "users"),
    custom_field("10", "Budget", "decimal", about="job"),
)


def test_the_fields_are_the_standard_ones_and_the_custom_ones_of_applications(
    pinpoint: PinpointConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(DEFINITIONS)
    found = pinpoint.list_fields(record_type="candidate")
    standard = pinpoint.standard_fields("candidate")
    assert found[: len(standard)] == standard
    assert [(field.key, field.kind, field.longest) for field in found[len(standard) :]] == [
        ("single_select:1", FieldKind.CHOICE, None),
        ("multi_select:2", FieldKind.CHOICES, None),
        ("integer:3", FieldKind.NUMBER, None),
        ("decimal:4", FieldKind.NUMBER, None),
        ("boolean:5", FieldKind.YES_NO, None),
        ("date:6", FieldKind.DATE, None),
        ("text:7", FieldKind.LONG_TEXT, None),
        ("varchar:8", FieldKind.TEXT, 255),
    ]
    assert [option.id for option in found[len(standard)].options] == list(COLOURS)


def shown(vendor: VendorServer, pinpoint: PinpointConnector, *pairs: tuple[str, str | None]) -> Any:
    """The record of an application with these custom attributes by the words of their fields."""
    row = application(tags=[{"context": "rejection", "name": "Under-qualified"}])
    beside = [attribute(str(400 + place), *pair) for place, pair in enumerate(pairs)]
    row["relationships"]["custom_attributes"] = {
        "data": [{"type": "custom_attributes", "id": each["id"]} for each in beside]
    }
    vendor.will_answer(single(row, stage("review"), *beside), DEFINITIONS)
    return pinpoint.read(REF)


def test_a_recorded_application_becomes_this_record(
    pinpoint: PinpointConnector, vendor: VendorServer
) -> None:
    person = shown(
        vendor,
        pinpoint,
        ("Favourite colour", "Maroon"),
        ("Favourite colours", "Maroon, Vermillion, and Blue"),
        ("Lucky number", "13"),
        ("Lucky decimal number", "3.140"),
        ("Was a checkbox ticked?", "true"),
        ("Free from", "2026-01-31"),
        ("Quotation", "Someone finally bought a copy of your book sir!"),
    )
    assert (person.external_id, person.emails, person.phones) == (
        "1000050",
        ("joe.bloggs@people.example",),
        ("+447797000000",),
    )
    assert person.target_ids == {JOB.external_id}
    assert person.standing is None
    assert person.updated_at == datetime.datetime(2019, 1, 2, tzinfo=datetime.UTC)
    assert person.values == {
        "first_name": "Joe",
        "last_name": "Bloggs",
        "email": "joe.bloggs@people.example",
        "phone": "+447797000000",
        "phone_iso2": "JE",
        "linkedin_url": "",
        "address1": "One Waverley Place",
        "address2": "Union Street",
        "town": "St Helier",
        "country": "Jersey",
        "postcode": "JE1 2PP",
        "date_of_birth": "",
        "start_on": "2022-01-01",
        "summary": "A developer with great habits",
        "tags": ("Under-qualified",),
        "single_select:1": "Maroon",
        "multi_select:2": ("Maroon", "Vermillion", "Blue"),
        "integer:3": "13",
        "decimal:4": "3.14",
        "boolean:5": True,
        "date:6": "2026-01-31",
        "text:7": "Someone finally bought a copy of your book sir!",
        "varchar:8": "",
    }
    assert vendor.seen[0].params == {
        "include": "stage,custom_attributes",
        "extra_fields[applications]": "tags",
    }


@pytest.mark.parametrize(
    ("name", "words", "key"),
    [
        ("Favourite colour", "Octarine", "single_select:1"),
        ("Favourite colours", "Maroon, Octarine, and Blue", "multi_select:2"),
        ("Lucky number", "thirteen", "integer:3"),
        ("Was a checkbox ticked?", "perhaps", "boolean:5"),
        ("Free from", "soon", "date:6"),
    ],
)
def test_words_that_cannot_be_understood_are_not_told_rather_than_guessed(
    name: str, words: str, key: str, pinpoint: PinpointConnector, vendor: VendorServer
) -> None:
    assert key not in shown(vendor, pinpoint, (name, words)).values


def test_of_two_fields_with_the_same_words_none_is_read() -> None:
    two = [RemoteField(key=f"varchar:{number}", label="Badge", custom=True) for number in (1, 2)]
    assert fields.read(two, [attribute("1", "Badge", "x")]) == {}


def test_the_definitions_are_asked_for_once(pinpoint: PinpointConnector, vendor: VendorServer) -> None:
    vendor.will_answer(single(application()), DEFINITIONS, single(application()))
    pinpoint.read(REF)
    pinpoint.read(REF)
    assert [seen.path for seen in vendor.seen] == [
        "/applications/1000050",
        "/custom_fields",
        "/applications/1000050",
    ]


def sentence(words: list[str]) -> str:
    """As Rails' ``to_sentence`` says it."""
    if len(words) < 3:
        return " and ".join(words)
    return f"{', '.join(words[:-1])}, and {words[-1]}"


options = st.lists(
    st.text(st.sampled_from("abc ,&"), min_size=1, max_size=5).map(str.strip).filter(bool)
    | st.sampled_from(["a and b", "a, b", "and", "b, and a"]),
    min_size=1,
    max_size=6,
    unique=True,
)


@given(options, st.data())
def test_several_choices_are_read_back_or_not_at_all(known: list[str], data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(known), min_size=1, unique=True))
    found = fields.choices(sentence(chosen), known)
    assert found is None or set(found) == set(chosen)


@given(
    st.lists(st.text(st.sampled_from("abcxyzé"), min_size=1), min_size=1, max_size=6, unique=True), st.data()
)
def test_plain_choices_are_always_read_back(known: list[str], data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(known), min_size=1, unique=True))
    found = fields.choices(sentence(chosen), known)
    assert found == tuple(option for option in known if option in chosen)


def test_a_text_of_hostile_length_ends_soon() -> None:
    assert fields.choices("a, " * 20_000 + "b", ["a", "a, a", "a, a, a"]) is None


@pytest.mark.parametrize(
    ("basic_type", "about", "standing"),
    [
        ("hired", {}, Standing.HIRED),
        ("rejected", {}, Standing.REJECTED),
        ("hired", {"rejected_at": "2019-01-01T00:00:00+00:00"}, Standing.HIRED),
        ("review", {"rejected_at": "2019-01-01T00:00:00+00:00"}, Standing.REJECTED),
        ("offer", {"hired_at": "2019-01-01T00:00:00+00:00"}, Standing.HIRED),
        ("interview", {}, None),
        ("a new one", {}, None),
    ],
)
def test_where_a_person_stands(basic_type: str, about: dict[str, str], standing: Standing | None) -> None:
    row = application(**about)
    beside = {("stages", "1000045"): stage(basic_type)}
    assert mapping.person(row, beside, None).standing is standing


def test_a_sparse_row_tells_only_what_was_asked() -> None:
    row = {"id": 5, "type": "applications", "attributes": {"email": "a@people.example"}}
    person = mapping.person(row, {}, None)
    assert (person.external_id, person.values) == ("5", {"email": "a@people.example"})


def test_a_person_who_is_gone(pinpoint: PinpointConnector, vendor: VendorServer) -> None:
    vendor.will_answer(error(404, "Record not found"))
    with pytest.raises(RecordGone):
        pinpoint.read(REF)


@pytest.mark.parametrize(
    "about", [{"updated_at": "soon"}, {"first_name": ["x"]}, {"tags": "Ruby"}, {"email": {"a": 1}}]
)
def test_wrong_shapes_are_malformed(
    about: dict[str, Any], pinpoint: PinpointConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(single(application(**about)), DEFINITIONS)
    with pytest.raises(MalformedResponse):
        pinpoint.read(REF)
    vendor.will_answer(Answer(body={"data": None}))
    with pytest.raises(MalformedResponse):
        pinpoint.read(REF)
