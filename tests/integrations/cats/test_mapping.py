"""One row in our words, one person in CATS': the two shapes differ."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.base.errors import MalformedResponse
from integrations.base.records import Education, Employment, FieldKind, Standing, TargetKind
from integrations.vendors.cats import fields, mapping
from tests.integrations.cats.answers import ADA


def test_a_read_row_is_this_person() -> None:
    person = mapping.person(ADA, "candidate")
    assert (person.first_name, person.last_name, person.record_type) == ("Ada", "Byron", "candidate")
    assert person.emails == ("ada@example.org", "ada@work.example", "ada@third.example")
    assert person.phones == ("+44 20 7946 0000",)
    assert person.created_at is not None
    assert person.created_at.isoformat() == "2024-05-01T10:00:00+00:00"
    assert person.values == {
        "first_name": "Ada",
        "middle_name": "",
        "last_name": "Byron",
        "title": "Analyst",
        "emails": ("ada@example.org", "ada@work.example", "ada@third.example"),
        "phones": ("+44 20 7946 0000",),
        "address.street": "St James's Square",
        "address.city": "London",
        "address.state": "",
        "address.postal_code": "SW1",
        "country_code": "GB",
        "social_media_urls": ("https://www.linkedin.com/in/ada",),
        "website": "",
        "best_time_to_call": "",
        "current_employer": "Engines",
        "date_available": "",
        "current_pay": "",
        "desired_pay": "",
        "is_willing_to_relocate": False,
        "key_skills": "mathematics, poetry",
        "notes": "",
        "is_hot": True,
        "is_active": True,
        "owner_id": "7",
        "source": "Beckon",
        "custom:351005": "Green Hills",
        "custom:351006": True,
        "custom:351007": ("Ruby", "Go"),
    }


def test_every_value_read_belongs_to_a_field_that_says_it_is_readable() -> None:
    known = {field.key: field for field in fields.standard("candidate", users=())}
    for key in mapping.person(ADA, "candidate").values:
        assert key.startswith(fields.CUSTOM) or known[key].readable, key


def test_what_the_answer_does_not_tell_is_absent_and_not_blank() -> None:
    assert dict(mapping.person({"id": 1, "title": None}, "contact").values) == {"title": ""}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({}, None),
        ({"is_active": True}, None),
        ({"is_active": False}, Standing.OFF_LIMITS),
        ({"consent_status": "Withdrawn"}, Standing.OFF_LIMITS),
        ({"consent_status": "something new"}, None),
        ({"consent_status": 5}, None),
    ],
)
def test_inactive_people_and_refused_consent_are_off_limits(row: Any, expected: Standing | None) -> None:
    assert mapping.standing(row) is expected


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([], None),
        (["Contacted"], None),
        (["Contacted", "PLACED"], Standing.HIRED),
        (["Not In Consideration", "client declined"], Standing.REJECTED),
        (["Not In Consideration", "Submitted"], None),
    ],
)
def test_hired_by_one_job_counts_rejected_only_by_all(statuses: list[str], expected: Standing | None) -> None:
    assert mapping.standing_on_jobs(statuses) is expected


def test_a_new_record_is_one_body_with_education_in_its_notes() -> None:
    body = mapping.create_body(
        {
            "first_name": "Ada",
            "last_name": "Byron",
            "emails": ("ada@example.org", "ada@work.example"),
            "phones": ("+44 20 7946 0000",),
            "address.city": "London",
            "country_code": "GB",
            "social_media_urls": ("https://linkedin.com/in/ada",),
            "owner_id": "7",
            "is_hot": False,
            "notes": "Met at the Analytical Society.",
            "education": (
                Education(school="Home", degree="Mathematics", started="1832", ended="1835"),
                Education(school="De Morgan"),
            ),
            "work_history": (Employment(title="Analyst", company="Engines", started="1842-09"),),
            "custom:351005": "Green Hills",
            "tags": ("maths",),
        }
    )
    assert body == {
        "first_name": "Ada",
        "last_name": "Byron",
        "emails": [
            {"email": "ada@example.org", "is_primary": True},
            {"email": "ada@work.example", "is_primary": False},
        ],
        "phones": [{"number": "+44 20 7946 0000", "type": "mobile"}],
        "address": {"city": "London"},
        "country_code": "GB",
        "social_media_urls": ["https://linkedin.com/in/ada"],
        "owner_id": 7,
        "is_hot": False,
        "notes": ("Met at the Analytical Society.\n\nEducation\nMathematics, Home (1832 – 1835)\nDe Morgan"),
        "work_history": [
            {
                "title": "Analyst",
                "employer": {"linked": False, "name": "Engines"},
                "start_date": "1842-09-01",
            }
        ],
        "custom_fields": [{"id": 351005, "value": "Green Hills"}],
    }


def test_a_password_is_never_sent() -> None:
    assert "password" not in mapping.create_body({"first_name": "A", "password": "x"})


@pytest.mark.parametrize(("date", "whole"), [("1842", "1842-01-01"), ("1842-09", "1842-09-01")])
def test_a_position_is_known_again_by_title_employer_and_beginning(date: str, whole: str) -> None:
    position = Employment(title="Analyst", company="Engines", started=date)
    row = {"title": "analyst ", "employer": {"name": "ENGINES"}, "start_date": f"{whole}T00:00:00Z"}
    assert mapping.same_position(row, position)
    assert mapping.same_position({**row, "employer": "Engines"}, position)
    assert not mapping.same_position({**row, "title": "Poet"}, position)


def test_lists_of_candidates_and_of_contacts_have_different_ids() -> None:
    first, second = (mapping.pool({"id": 3, "name": "Warm"}, kind) for kind in ("candidate", "contact"))
    assert (first.kind, first.external_id, first.name) == (TargetKind.POOL, "candidates/3", "Warm")
    assert (second.external_id, second.name) == ("contacts/3", "Warm (contacts)")


@pytest.mark.parametrize(
    ("row", "kind", "options"),
    [
        ({"type": "text"}, FieldKind.TEXT, []),
        ({"type": "textarea"}, FieldKind.LONG_TEXT, []),
        ({"type": "checkbox"}, FieldKind.YES_NO, []),
        ({"type": "number"}, FieldKind.NUMBER, []),
        ({"type": "date"}, FieldKind.DATE, []),
        ({"type": "dropdown", "selections": ["North", "South"]}, FieldKind.CHOICE, ["North", "South"]),
        ({"type": "radio", "selections": [{"id": 1, "label": "Yes"}]}, FieldKind.CHOICE, ["Yes"]),
        ({"type": "checkboxes", "selections": [{"id": 1, "value": "Go"}]}, FieldKind.CHOICES, ["Go"]),
        ({"type": "dropdown", "selections": None}, FieldKind.TEXT, []),
        ({"type": "hologram"}, FieldKind.TEXT, []),
    ],
    ids=str,
)
def test_a_custom_field_has_the_kind_of_its_type(row: Any, kind: FieldKind, options: list[str]) -> None:
    field = fields.definition({"id": 9, "name": "Region", "field": row}, users=())
    assert (field.key, field.label, field.kind, field.custom) == ("custom:9", "Region", kind, True)
    assert [option.id for option in field.options] == options


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("no-email-352@beckon.example.com", True),
        ("No-Email--2147483648@crm.example.com", True),
        ("no-email-x@beckon.example.com", False),
        ("ada@example.org", False),
    ],
)
def test_only_a_generated_address_may_be_replaced(address: str, expected: bool) -> None:
    assert mapping.is_dummy(address) is expected


words = st.text(max_size=20)
plain = st.none() | st.booleans() | st.integers() | words | st.floats(allow_nan=False)
nested = st.lists(plain, max_size=3) | st.dictionaries(words, plain, max_size=3)
anything = plain | nested | st.lists(nested, max_size=2) | st.dictionaries(words, nested, max_size=3)


@given(
    row=st.dictionaries(
        st.sampled_from(sorted({*fields.PLAIN, "address", "phones", "_embedded", "is_active"})), anything
    )
)
def test_whatever_stands_in_a_row_is_read_or_refused_as_malformed(row: dict[str, Any]) -> None:
    try:
        person = mapping.person({"id": 1, **row}, "candidate")
    except MalformedResponse:
        return
    assert all(isinstance(value, str | bool | tuple) for value in person.values.values())


@given(words)
def test_a_name_of_any_letters_goes_over_unchanged(name: str) -> None:
    assert mapping.create_body({"first_name": name})["first_name"] == name
