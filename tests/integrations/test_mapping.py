"""A person in the words of connectors: pure, the same for push, preview and log."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from integrations.base.records import Education, Employment
from integrations.mapping import FieldOutcome, Outcome, Payload, PersonData, Reachable, payload

DUMMY = "no-email--352233856@beckon.example.com"


def made(person: PersonData, **values: Any) -> Payload:
    asked: dict[str, Any] = {"source_label": "Beckon", "own_dummy": "", "send_dummy": False, **values}
    return payload(person, **asked)


def outcomes(result: Payload) -> dict[str, Outcome]:
    return {line.field: line.outcome for line in result.fields}


def test_everything_known_is_written() -> None:
    person = PersonData(
        first_name="Ada",
        last_name="Byron",
        location="London",
        emails=(Reachable(value="ada@example.org"),),
        phones=(Reachable(value="+442079460000"),),
        social_links=("https://linkedin.com/in/ada",),
        experience=(Employment(title="Analyst"),),
        education=(Education(school="Home"),),
    )
    result = made(person)
    assert set(outcomes(result).values()) == {Outcome.WRITTEN}
    assert list(outcomes(result)) == [
        "Name",
        "E-mail",
        "Phone",
        "Source",
        "Location",
        "Social media URL",
        "Experience",
        "Education",
    ]
    assert result.record.full_name == result.keys.name == "Ada Byron"


def test_what_is_not_known_is_missing_and_not_sent_empty() -> None:
    result = made(PersonData(first_name="Ada"))
    assert outcomes(result)["Phone"] == Outcome.MISSING
    assert not result.keys


def test_title_and_company_without_history_are_the_current_position() -> None:
    result = made(PersonData(title="Analyst", company="Engines"))
    assert result.record.experience == (Employment(title="Analyst", company="Engines"),)
    known = PersonData(title="Analyst", company="Engines", experience=(Employment(title="Clerk"),))
    assert made(known).record.experience == (Employment(title="Clerk"),)


def test_a_dead_address_is_kept_back_but_still_a_key() -> None:
    person = PersonData(
        emails=(Reachable(value="dead@example.org", dead=True), Reachable(value="ada@example.org"))
    )
    result = made(person)
    assert result.record.emails == ("ada@example.org",)
    assert result.keys.emails == ("dead@example.org", "ada@example.org")
    assert FieldOutcome("E-mail", Outcome.KEPT, "1 bounced or invalid") in result.fields


def test_a_field_the_vendor_cannot_hold_is_said() -> None:
    result = made(PersonData(education=(Education(school="Home"),)), cannot_hold=("education",))
    assert FieldOutcome("Education", Outcome.KEPT, "cannot be held there") in result.fields


def test_a_dummy_goes_only_when_asked_for_and_to_nobody_with_an_address() -> None:
    nobody = PersonData(first_name="Ada")
    assert made(nobody, own_dummy=DUMMY).record.sent_emails == ()
    generated = made(nobody, own_dummy=DUMMY, send_dummy=True)
    assert generated.record.sent_emails == (DUMMY,)
    assert FieldOutcome("E-mail", Outcome.WRITTEN, "a generated address") in generated.fields
    # An address in any state counts as one, a dead one too.
    bounced = PersonData(emails=(Reachable(value="dead@example.org", dead=True),))
    assert made(bounced, own_dummy=DUMMY, send_dummy=True).record.sent_emails == ()


def test_an_earlier_dummy_helps_to_find_the_person() -> None:
    assert made(PersonData(), own_dummy=DUMMY).keys.markers == (DUMMY,)


reachable = st.builds(Reachable, value=st.emails(), dead=st.booleans(), private=st.booleans())
persons = st.builds(
    PersonData,
    first_name=st.text(max_size=8),
    emails=st.lists(reachable, max_size=4).map(tuple),
    phones=st.lists(reachable, max_size=2).map(tuple),
)


@given(person=persons, own_dummy=st.sampled_from(["", DUMMY]), send_dummy=st.booleans())
def test_no_dead_address_ever_leaves_and_no_value_is_ever_logged(
    person: PersonData, own_dummy: str, send_dummy: bool
) -> None:
    result = made(person, own_dummy=own_dummy, send_dummy=send_dummy)
    dead = {email.value for email in person.emails if email.dead} - {
        email.value for email in person.emails if not email.dead
    }
    assert not dead & set(result.record.sent_emails)
    told = " ".join(f"{line.field} {line.why}" for line in result.fields)
    assert not any(email.value in told for email in person.emails)
    assert {line.field for line in result.fields} >= {"Name", "E-mail", "Phone"}
