"""A person in a vendor's fields: pure, the same for push, dry run, preview and log."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.base.records import (
    Education,
    Employment,
    FieldKind,
    Option,
    RemoteField,
    RemotePerson,
    UpdateRule,
)
from integrations.mapping import (
    FieldOutcome,
    FieldRule,
    Outcome,
    Payload,
    PersonData,
    Reachable,
    digest,
    payload,
)

DUMMY = "no-email--352233856@beckon.example.com"

NAME = RemoteField(key="name", label="Name", default_variable="full_name")
TITLE = RemoteField(key="title", label="Title", default_variable="title")
EMAILS = RemoteField(key="emails", label="E-mail", kind=FieldKind.EMAILS, default_variable="emails")
PHONES = RemoteField(key="phones", label="Phone", kind=FieldKind.PHONES, default_variable="phones")
HISTORY = RemoteField(
    key="jobs", label="Experience", kind=FieldKind.EXPERIENCE, readable=False, default_variable="experience"
)
COLOUR = RemoteField(
    key="custom:7",
    label="Colour",
    kind=FieldKind.CHOICE,
    options=(Option(id="r", label="Red"), Option(id="b", label="Blue")),
    custom=True,
)
FIELDS = (NAME, TITLE, EMAILS, PHONES, HISTORY, COLOUR)

ADA = PersonData(
    first_name="Ada",
    last_name="Byron",
    title="Analyst",
    emails=(Reachable(value="ada@example.org"),),
    phones=(Reachable(value="+442079460000"),),
    experience=(Employment(title="Analyst", company="Engines", started="1842"),),
)


def made(person: PersonData = ADA, *, rules: Any = None, **values: Any) -> Payload:
    chosen = rules if rules is not None else [FieldRule.default(field) for field in FIELDS]
    return payload(person, rules=chosen, **{"source_label": "Beckon", **values})


def outcomes(result: Payload) -> dict[str, Outcome]:
    return {line.field: line.outcome for line in result.fields}


def held(**values: Any) -> RemotePerson:
    return RemotePerson(external_id="1", values=values)


def test_everything_mapped_is_written_on_a_create_in_the_vendors_order() -> None:
    result = made()
    assert list(result.values) == ["name", "title", "emails", "phones", "jobs"]
    assert result.values["name"] == "Ada Byron"
    assert set(outcomes(result).values()) == {Outcome.WRITTEN}
    assert result.keys.name == "Ada Byron"
    assert result.whole == result.values


def test_what_is_not_known_is_missing_and_not_sent_empty() -> None:
    result = made(PersonData(first_name="Ada"))
    assert outcomes(result)["Phone"] == Outcome.MISSING
    assert "phones" not in result.values
    assert not result.keys


def test_title_and_company_without_history_are_the_current_position() -> None:
    result = made(PersonData(title="Analyst", company="Engines"))
    assert result.values["jobs"] == (Employment(title="Analyst", company="Engines"),)
    known = PersonData(title="Analyst", company="Engines", experience=(Employment(title="Clerk"),))
    assert made(known).values["jobs"] == (Employment(title="Clerk"),)


def test_a_dead_address_is_kept_back_but_still_a_key() -> None:
    person = PersonData(
        emails=(Reachable(value="dead@example.org", dead=True), Reachable(value="ada@example.org"))
    )
    result = made(person)
    assert result.values["emails"] == ("ada@example.org",)
    assert result.keys.emails == ("dead@example.org", "ada@example.org")
    assert FieldOutcome("E-mail", Outcome.KEPT, "1 bounced or invalid") in result.fields


def test_a_dummy_goes_only_when_asked_for_and_to_nobody_with_an_address() -> None:
    nobody = PersonData(first_name="Ada")
    assert "emails" not in made(nobody, own_dummy=DUMMY).values
    generated = made(nobody, own_dummy=DUMMY, send_dummy=True)
    assert generated.values["emails"] == (DUMMY,)
    assert FieldOutcome("E-mail", Outcome.WRITTEN, "a generated address") in generated.fields
    # An address in any state counts as one, a dead one too.
    bounced = PersonData(emails=(Reachable(value="dead@example.org", dead=True),))
    assert "emails" not in made(bounced, own_dummy=DUMMY, send_dummy=True).values


def test_an_earlier_dummy_helps_to_find_the_person() -> None:
    assert made(PersonData(), own_dummy=DUMMY).keys.markers == (DUMMY,)


# --- a record that exists -----------------------------------------------------------------------------------


def test_what_is_the_same_there_is_not_written() -> None:
    result = made(existing=held(name="Ada Byron", title="Clerk", emails=("ada@example.org",), phones=()))
    assert set(result.values) == {"title", "phones", "jobs"}
    assert FieldOutcome("Name", Outcome.KEPT, "the same there") in result.fields


def test_only_if_blank_reads_the_value_there_first() -> None:
    rules = [FieldRule(field=TITLE, variable="title", rule=UpdateRule.IF_BLANK)]
    assert made(rules=rules, existing=held(title="")).values == {"title": "Analyst"}
    kept = made(rules=rules, existing=held(title="Clerk"))
    assert (kept.values, kept.whole) == ({}, {"title": "Clerk"})
    assert kept.fields == (FieldOutcome("Title", Outcome.KEPT, "only if blank, and there is a value there"),)
    untold = made(rules=rules, existing=held())
    assert untold.fields[0].why == "only if blank, and it cannot be read there"


def test_a_protected_field_is_written_at_creation_and_never_after() -> None:
    rules = [FieldRule(field=TITLE, variable="title", rule=UpdateRule.PROTECTED)]
    assert made(rules=rules).values == {"title": "Analyst"}
    later = made(rules=rules, existing=held(title=""))
    assert later.values == {}
    assert later.fields[0].outcome == Outcome.PROTECTED


def test_what_cannot_be_read_back_is_sent_again_only_when_it_changed_here() -> None:
    rules = [FieldRule.default(HISTORY)]
    known = {"jobs": digest(ADA.experience)}
    assert made(rules=rules, existing=held(), written=known).values == {}
    assert made(rules=rules, existing=held(), written={"jobs": "other"}).values
    # The record as a whole still has it, for vendors that take all or nothing.
    assert "jobs" in made(rules=rules, existing=held(), written=known).whole


def test_addresses_are_added_to_those_there_and_only_our_dummy_is_replaced() -> None:
    rules = [FieldRule.default(EMAILS)]
    result = made(rules=rules, existing=held(emails=("old@example.org", DUMMY)), own_dummy=DUMMY)
    assert result.values["emails"] == ("old@example.org", "ada@example.org")
    # A dummy somebody else made is theirs.
    other = made(rules=rules, existing=held(emails=(DUMMY,)), own_dummy="no-email-7@beckon.example.com")
    assert other.values["emails"] == (DUMMY, "ada@example.org")


def test_our_dummy_in_a_field_for_one_address_counts_as_blank() -> None:
    single = RemoteField(
        key="email", label="E-mail", default_variable="email", default_rule=UpdateRule.IF_BLANK
    )
    rules = [FieldRule.default(single)]
    assert made(rules=rules, existing=held(email=DUMMY), own_dummy=DUMMY).values == {
        "email": "ada@example.org"
    }


# --- what people entered, what must be there ----------------------------------------------------------------


def test_an_entered_value_goes_before_the_variable_and_a_choice_may_be_named_by_its_label() -> None:
    rules = [FieldRule(field=COLOUR, variable="title"), FieldRule.default(TITLE)]
    result = made(rules=rules, entered={"custom:7": "blue", "title": "Boss"})
    assert result.values == {"custom:7": "b", "title": "Boss"}


def test_a_value_that_does_not_fit_is_said_without_being_shown() -> None:
    rules = [FieldRule(field=COLOUR, variable="title", mandatory=True)]
    result = made(rules=rules)
    assert result.missing == ("Colour",)
    (line,) = result.fields
    assert line == FieldOutcome("Colour", Outcome.MISSING, "what we have does not fit: not among its choices")


def test_a_mandatory_field_is_missing_until_it_is_filled_here_or_there() -> None:
    rules = [FieldRule(field=TITLE, variable="title", mandatory=True)]
    nobody = PersonData(first_name="Ada")
    assert made(nobody, rules=rules).missing == ("Title",)
    assert made(nobody, rules=rules, existing=held(title="Clerk")).missing == ()
    assert made(nobody, rules=rules, entered={"title": "Boss"}).missing == ()


def test_what_the_vendor_requires_is_required_at_creation_only() -> None:
    required = RemoteField(key="last", label="Last name", required=True, default_variable="last_name")
    rules = [FieldRule.default(required)]
    assert made(PersonData(first_name="Ada"), rules=rules).missing == ("Last name",)
    assert made(PersonData(first_name="Ada"), rules=rules, existing=held(last="")).missing == ()


def test_a_text_too_long_for_the_vendor_is_cut_and_said() -> None:
    short = RemoteField(key="t", label="Title", longest=3, default_variable="title")
    result = made(rules=[FieldRule.default(short)])
    assert result.values == {"t": "Ana"}
    assert result.fields[0].why == "cut to 3 characters"


def test_history_goes_into_a_text_line_by_line() -> None:
    text = RemoteField(
        key="s", label="Summary", kind=FieldKind.LONG_TEXT, default_variable="education", updatable=False
    )
    person = PersonData(education=(Education(school="Home", degree="Mathematics", ended="1835"),))
    result = made(person, rules=[FieldRule.default(text)])
    assert result.values == {"s": "Mathematics, Home (… – 1835)"}
    again = made(person, rules=[FieldRule.default(text)], existing=held(s=""))
    assert again.fields[0].why == "cannot be changed there after creation"


@pytest.mark.parametrize(
    ("kind", "typed", "expected"),
    [
        (FieldKind.NUMBER, "12.50", "12.5"),
        (FieldKind.NUMBER, 3, "3"),
        (FieldKind.DATE, "2026-01-31", "2026-01-31"),
        (FieldKind.YES_NO, "no", False),
        (FieldKind.TEXTS, "a, b, a", ("a", "b")),
        (FieldKind.TEXT, ("a", "b"), "a, b"),
    ],
)
def test_values_take_the_shape_of_the_field(kind: FieldKind, typed: Any, expected: Any) -> None:
    field = RemoteField(key="f", label="F", kind=kind)
    assert made(rules=[FieldRule(field=field)], entered={"f": typed}).values == {"f": expected}


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        (FieldKind.NUMBER, "many"),
        (FieldKind.NUMBER, "NaN"),
        (FieldKind.DATE, "soon"),
        (FieldKind.YES_NO, "perhaps"),
        (FieldKind.EXPERIENCE, "Analyst"),
    ],
)
def test_values_that_cannot_take_its_shape_stay_here(kind: FieldKind, typed: Any) -> None:
    field = RemoteField(key="f", label="F", kind=kind)
    result = made(rules=[FieldRule(field=field)], entered={"f": typed})
    assert result.values == {}
    assert result.fields[0].outcome == Outcome.MISSING


# --- for every person ---------------------------------------------------------------------------------------

reachable = st.builds(Reachable, value=st.emails(), dead=st.booleans(), private=st.booleans())
persons = st.builds(
    PersonData,
    first_name=st.text(max_size=8),
    title=st.text(max_size=8),
    emails=st.lists(reachable, max_size=4).map(tuple),
    phones=st.lists(reachable, max_size=2).map(tuple),
)
remotes = st.none() | st.builds(
    lambda title, emails: held(title=title, emails=tuple(emails)),
    st.text(max_size=8),
    st.lists(st.emails() | st.just(DUMMY), max_size=3),
)


@given(person=persons, own_dummy=st.sampled_from(["", DUMMY]), send_dummy=st.booleans(), existing=remotes)
def test_no_dead_address_ever_leaves_and_no_value_is_ever_logged(
    person: PersonData, own_dummy: str, send_dummy: bool, existing: RemotePerson | None
) -> None:
    result = made(person, own_dummy=own_dummy, send_dummy=send_dummy, existing=existing)
    alive = {email.value.casefold() for email in person.emails if not email.dead}
    there = {email.casefold() for email in existing.values["emails"]} if existing is not None else set()
    sent = {email.casefold() for email in result.values.get("emails", ())}
    assert sent <= alive | there | {DUMMY}
    told = " ".join(f"{line.field} {line.why}" for line in result.fields)
    assert not any(email.value in told for email in person.emails)
    assert {line.field for line in result.fields} >= {"Name", "Title", "E-mail", "Phone"}


@given(person=persons, existing=remotes, rule=st.sampled_from(UpdateRule))
def test_an_address_there_is_never_taken_away(
    person: PersonData, existing: RemotePerson | None, rule: UpdateRule
) -> None:
    rules = [FieldRule(field=EMAILS, variable="emails", rule=rule)]
    result = made(person, rules=rules, existing=existing, own_dummy=DUMMY)
    if existing is not None and "emails" in result.values:
        kept = {email.casefold() for email in existing.values["emails"]} - {DUMMY}
        assert kept <= {email.casefold() for email in result.values["emails"]}
