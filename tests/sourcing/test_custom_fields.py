from __future__ import annotations

import datetime
from dataclasses import dataclass, field

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from foundation.problems import Invalid
from sourcing.custom_fields import InvalidValue, clean, clean_choices, merged, new_key, shown


@dataclass
class Field:
    kind: str
    choices: list[str] = field(default_factory=lambda: ["Low", "Mid, senior", "Élite"])
    key: str = "level"
    label: str = "Level"


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("text", "  a\u200b\n b ", "a b"),
        ("number", "1,250", 1250),
        ("number", "€ 1.250,50", 1250.5),
        ("number", "12,5", 12.5),
        ("number", " 80 000 ", 80000),
        ("number", 3.0, 3),
        ("number", "-7", -7),
        ("date", "24.12.2026", "2026-12-24"),
        ("date", "December 24, 2026", "2026-12-24"),
        ("date", "2026-12-24", "2026-12-24"),
        ("date", datetime.datetime(2026, 12, 24, 23, tzinfo=datetime.UTC), "2026-12-24"),
        ("choice", "elite", "Élite"),
        ("choices", "élite; low", ["Low", "Élite"]),
        ("choices", "Mid, senior", ["Mid, senior"]),
        ("choices", "low, elite", ["Low", "Élite"]),
        ("choices", ["Élite", "Low", "Low"], ["Low", "Élite"]),
        ("yes_no", "Ja", True),
        ("yes_no", False, False),
        ("yes_no", "0", False),
        ("link", "example.org/cv", "https://example.org/cv"),
        ("link", "http://example.org", "http://example.org"),
    ],
)
def test_each_kind_has_one_form(kind, raw, value) -> None:
    assert clean(Field(kind), raw) == value
    assert type(clean(Field(kind), raw)) is type(value)


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("text", "x" * 2001),
        ("text", {"a": 1}),
        ("number", "many"),
        ("number", "1e999"),
        ("number", float("nan")),
        ("number", True),
        ("number", "9" * 400),
        ("date", "31.02.2026"),
        ("date", 20261224),
        ("choice", "Highest"),
        ("choices", "Low; Highest"),
        ("choices", 7),
        ("yes_no", "perhaps"),
        ("link", "javascript:alert(1)"),
        ("link", "file:///etc/passwd"),
        ("link", "no link"),
        ("link", "https://[::1"),
        ("link", "https://example.org/" + "x" * 600),
    ],
)
def test_what_does_not_fit_is_refused_with_the_name_of_the_field(kind, raw) -> None:
    with pytest.raises(InvalidValue, match="Level"):
        clean(Field(kind), raw)


@pytest.mark.parametrize("kind", ["text", "number", "date", "choice", "choices", "yes_no", "link"])
@pytest.mark.parametrize("raw", [None, "", "  ", "\u200b", []])
def test_empty_is_no_value(kind, raw) -> None:
    assert clean(Field(kind), raw) is None


def test_changes_name_every_wrong_field_and_write_nothing() -> None:
    fields = [Field("number", key="salary", label="Salary"), Field("choice")]
    with pytest.raises(InvalidValue) as refused:
        merged(fields, {}, {"salary": "much", "level": "low", "height": "1"})
    assert set(refused.value.fields) == {"custom.salary", "custom.height"}


def test_an_empty_value_takes_the_field_away() -> None:
    assert merged([Field("choice")], {"level": "Low", "old": 1}, {"level": ""}) == {"old": 1}


def test_keys_are_plain_and_differ() -> None:
    assert new_key("Größe (cm)", []) == "grosse_cm"
    assert new_key("Grösse cm", ["grosse_cm"]) == "grosse_cm_2"
    assert new_key("🙂", []) == "field"


def test_choices_are_there_once() -> None:
    assert clean_choices([" Low", "low", "", "High\u200b"]) == ["low", "High"]
    with pytest.raises(Invalid):
        clean_choices(["", "  "])


def test_values_are_shown_as_people_write_them() -> None:
    values = [("number", 1250), ("yes_no", True), ("choices", ["a", "b"]), ("text", None)]
    assert [shown(kind, value) for kind, value in values] == ["1,250", "Yes", "a, b", ""]


@given(
    st.sampled_from(["text", "number", "date", "choice", "choices", "yes_no", "link"]),
    st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.lists(st.text()), st.none()),
)
@example("choices", [""])
def test_whatever_comes_in_is_cleaned_for_good_or_refused(kind, raw) -> None:
    try:
        value = clean(Field(kind), raw)
    except InvalidValue:
        return
    assert clean(Field(kind), value) == value
