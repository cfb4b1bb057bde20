from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sourcing import matching, names
from sourcing.matching import Key, Person, Rule, Verdict
from sourcing.names import Likeness

WORDS = [
    "Jonas",
    "Bob",
    "Robert",
    "Мария",
    "Maria",
    "Müller",
    "Mueller",
    "Lehner",
    "Smith",
    "田中",
    "O'Neil",
    "J",
    "",
]
ADDRESSES = ["jonas@voltra.example", "info@voltra.example", "j.l@gmail.com", "jl@gmail.com", "x@y.example"]
PROFILES = [
    "linkedin.com/in/jonas",
    "https://www.linkedin.com/in/Jonas/",
    "github.com/jl",
    "linkedin.com/in/other",
]
people = st.builds(
    Person,
    first_name=st.sampled_from(WORDS),
    last_name=st.sampled_from(WORDS),
    emails=st.frozensets(st.sampled_from(ADDRESSES), max_size=2),
    phones=st.frozensets(st.sampled_from(["+4915112345", "+3312345678"]), max_size=2),
    profiles=st.frozensets(st.sampled_from(PROFILES), max_size=2),
    title=st.sampled_from(["Engineer", "CTO", ""]),
    company=st.sampled_from(["Voltra GmbH", "Voltra", "Acme Inc.", ""]),
    place=st.sampled_from(["Munich, Germany", "Munich", "Paris", ""]),
    companies=st.frozensets(st.sampled_from(["Acme", "Globex"]), max_size=2),
    schools=st.frozensets(st.sampled_from(["TU Munich", "University of Oxford"]), max_size=1),
)
rules = st.builds(Rule, keys=st.frozensets(st.sampled_from(list(Key))), every=st.booleans())


@given(people, people, rules)
@settings(deadline=None)
def test_the_order_of_two_people_makes_no_difference(one: Person, two: Person, rule: Rule) -> None:
    assert matching.judge(one, two, rule) == matching.judge(two, one, rule)


@given(people, people, rules, st.sampled_from(["email", "phone", "profile", "company", "school"]))
@settings(deadline=None)
def test_what_two_people_gain_in_common_never_lowers_the_score(
    one: Person, two: Person, rule: Rule, what: str
) -> None:
    shared = {
        "email": ("emails", "new@common.example"),
        "phone": ("phones", "+49891234567"),
        "profile": ("profiles", "linkedin.com/in/common"),
        "company": ("companies", "Common Works"),
        "school": ("schools", "Common Academy"),
    }
    name, value = shared[what]

    def more(person: Person) -> Person:
        return dataclasses.replace(person, **{name: frozenset({*getattr(person, name), value})})  # type: ignore[arg-type]  # of its type

    assert matching.judge(more(one), more(two), rule).score >= matching.judge(one, two, rule).score


@given(people, people, rules)
@settings(deadline=None)
def test_nobody_is_lost_by_looking_at_names_first(one: Person, two: Person, rule: Rule) -> None:
    exact = frozenset({Key.EMAIL, Key.PHONE, Key.PROFILE})
    meet = set(matching.deciding_keys(one, exact)) & set(matching.deciding_keys(two, exact))
    by_name = matching.names_leave_it_open((one.first_name, one.last_name), (two.first_name, two.last_name))
    assert meet or by_name or matching.judge(one, two, rule).verdict is Verdict.DIFFERENT


@given(people, st.frozensets(st.sampled_from(list(Key))))
@settings(deadline=None)
def test_the_keys_of_some_evidence_are_among_all_keys(person: Person, by: frozenset[Key]) -> None:
    assert set(matching.deciding_keys(person, by)) <= set(matching.keys(person))


@given(people, rules)
@settings(deadline=None)
def test_a_score_is_a_percentage_and_its_reasons_have_words(person: Person, rule: Rule) -> None:
    match = matching.judge(person, person, rule)
    assert 0 <= match.score <= 100
    assert all(match.words)


@given(people, people)
@settings(max_examples=300, deadline=None)
def test_two_records_that_are_surely_one_share_a_key(one: Person, two: Person) -> None:
    if matching.judge(one, two).verdict is Verdict.SAME:
        assert set(matching.keys(one)) & set(matching.keys(two))


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
@settings(deadline=None)
def test_any_names_at_all_can_be_compared(a: str, b: str, c: str, d: str) -> None:
    assert names.compare((a, b), (c, d)) == names.compare((c, d), (a, b))
    matching.keys(Person(first_name=a, last_name=b, company=c, place=d, profiles=[a]))


@pytest.mark.parametrize(
    ("one", "two", "likeness"),
    [
        (("Jonas", "Lehner"), ("jonas", "LEHNER"), Likeness.SAME),
        (("Jonas", "Lehner"), ("Lehner", "Jonas"), Likeness.SAME),
        (("Jo\u200bnas", "Leh\u2060ner"), ("Jonas", "Lehner"), Likeness.SAME),
        (("J\u043enas", "Lehner"), ("Jonas", "Lehner"), Likeness.SAME),
        (("Мария", "Иванова"), ("Mariya", "Ivanova"), Likeness.SAME),
        (("Γιώργος", "Νικολάου"), ("Giorgos", "Nikolaou"), Likeness.SAME),
        (("Jörg", "Müller"), ("Joerg", "Mueller"), Likeness.SAME),
        (("Bob", "Smith"), ("Robert", "Smith"), Likeness.NICKNAME),
        (("Jon", "Weber"), ("Jonas", "Weber"), Likeness.NICKNAME),
        (("Paul", "Weber"), ("Paula", "Weber"), Likeness.NEAR),
        (("Alex", "Weber"), ("Alexandra", "Weber"), Likeness.NICKNAME),
        (("J.", "Lehner"), ("Jonas", "Lehner"), Likeness.INITIAL),
        (("Jonas Peter", "Lehner"), ("Jonas", "Lehner"), Likeness.SAME),
        (("Anna", "Schmidt-Weber"), ("Anna", "Schmidt"), Likeness.SAME),
        (("Jonas", "Lehner"), ("Jonas", "Lenher"), Likeness.NEAR),
        (("Katharyna", "Baumgartner"), ("Katharina", "Baumgärtner"), Likeness.NEAR),
        (("Anna", "Schmidt"), ("Anna", "Weber"), Likeness.FIRST_ONLY),
        (("Anna", "Weber"), ("Paul", "Weber"), Likeness.FAMILY),
        (("Jonas", ""), ("Jonas", "Lehner"), Likeness.PART),
        (("Jon", ""), ("Jonas", "Lehner"), Likeness.PART),
        (("", "Lehner"), ("Jonas", "Lehner"), Likeness.PART),
        (("Wei", ""), ("Jonas", "Lehner"), Likeness.DIFFERENT),
        (("", ""), ("Jonas", "Lehner"), Likeness.UNKNOWN),
        (("Ana", "Diaz"), ("Wei", "Chen"), Likeness.DIFFERENT),
    ],
)
def test_names_as_people_write_them(one: tuple[str, str], two: tuple[str, str], likeness: Likeness) -> None:
    assert names.compare(one, two) is likeness


def lehner(**values: object) -> Person:
    return Person(**({"first_name": "Jonas", "last_name": "Lehner"} | values))  # type: ignore[arg-type]  # the dataclass checks


@pytest.mark.parametrize(
    ("one", "two", "verdict", "why"),
    [
        (lehner(emails=["a@x.example"]), lehner(emails=["a@x.example"]), Verdict.SAME, "email"),
        (lehner(emails=["j.l+jobs@gmail.com"]), lehner(emails=["jl@gmail.com"]), Verdict.SAME, "email"),
        (Person(emails=["a@x.example"]), lehner(emails=["a@x.example"]), Verdict.SAME, "email"),
        # A Cyrillic o in an address is another mailbox; in a name it is the same name.
        (
            lehner(emails=["jonas@x.example"]),
            lehner(first_name="J\u043enas", emails=["j\u043enas@x.example"]),
            Verdict.DIFFERENT,
            "name_same",
        ),
        # Names of which nothing is left to compare agree with any.
        (
            Person(first_name="🦊", emails=["a@x.example"]),
            Person(last_name="\u200b", emails=["a@x.example"]),
            Verdict.SAME,
            "email",
        ),
        # A couple with one address, and everybody behind info@.
        (
            lehner(emails=["lehners@x.example"]),
            lehner(first_name="Anna", emails=["lehners@x.example"]),
            Verdict.DIFFERENT,
            "but_name",
        ),
        (
            lehner(emails=["info@x.example"]),
            lehner(emails=["info@x.example"]),
            Verdict.DIFFERENT,
            "shared_email",
        ),
        (
            Person(emails=["info@x.example"]),
            Person(emails=["info@x.example"]),
            Verdict.DIFFERENT,
            "shared_email",
        ),
        (
            lehner(first_name="Maria", emails=["lehner@x.example"]),
            lehner(first_name="Mario", emails=["lehner@x.example"]),
            Verdict.LIKELY,
            "name_near",
        ),
        # Married since.
        (
            Person(first_name="Anna", last_name="Weber", emails=["anna@x.example"]),
            Person(first_name="Anna", last_name="Lehner", emails=["anna@x.example"]),
            Verdict.LIKELY,
            "name_first_only",
        ),
        (
            lehner(profiles=["https://de.linkedin.com/in/jonas?x=1"]),
            lehner(profiles=["linkedin.com/in/Jonas/"]),
            Verdict.SAME,
            "profile",
        ),
        (
            lehner(emails=["a@x.example"], profiles=["linkedin.com/in/jonas"]),
            lehner(emails=["a@x.example"], profiles=["linkedin.com/in/jonas-2"]),
            Verdict.LIKELY,
            "but_profile",
        ),
        (lehner(phones=["+491"]), lehner(phones=["+491"]), Verdict.LIKELY, "phone"),
        (lehner(company="Voltra GmbH"), lehner(company="Voltra"), Verdict.LIKELY, "company"),
        (lehner(company="Voltra"), lehner(companies=["Voltra AG"]), Verdict.LIKELY, "past_company"),
        (lehner(place="Munich"), lehner(place="Munich, Germany"), Verdict.DIFFERENT, "place"),
        (lehner(), lehner(), Verdict.DIFFERENT, "name_same"),
        (
            Person(company="Voltra", title="CTO", place="Munich", schools=["TUM"]),
            Person(company="Voltra", title="CTO", place="Munich", schools=["TUM"]),
            Verdict.DIFFERENT,
            None,
        ),
        (
            lehner(emails=["no-email-5@beckon.example.com"]),
            lehner(emails=["no-email-5@beckon.example.com"]),
            Verdict.DIFFERENT,
            "name_same",
        ),
    ],
)
def test_what_makes_two_records_one_person(
    one: Person, two: Person, verdict: Verdict, why: str | None
) -> None:
    match = matching.judge(one, two)
    assert match.verdict is verdict, match
    assert why is None or why in match.reasons


def test_an_organisation_says_what_decides() -> None:
    one = lehner(company="Voltra", emails=["a@x.example"])
    two = lehner(company="Voltra GmbH", emails=["b@x.example"])
    assert matching.judge(one, two, Rule(keys=frozenset({Key.NAME_COMPANY}))).verdict is Verdict.SAME
    both = Rule(keys=frozenset({Key.NAME_COMPANY, Key.EMAIL}), every=True)
    assert matching.judge(one, two, both).verdict is Verdict.LIKELY
    assert matching.judge(one, dataclasses.replace(two, emails=["a@x.example"]), both).verdict is Verdict.SAME
    assert matching.judge(one, one, Rule(keys=frozenset())).verdict is Verdict.LIKELY


def test_a_nickname_and_a_typing_error_still_meet() -> None:
    bob = Person(first_name="Bob", last_name="Smith", company="Acme Inc.")
    robert = Person(first_name="Robert", last_name="Smyth", company="Acme")
    assert set(matching.keys(bob)) & set(matching.keys(robert))


def test_teams_and_generated_addresses_give_no_key() -> None:
    assert matching.keys(Person(emails=["info@x.example", "no-email-5@beckon.example.com"])) == []
    assert matching.keys(Person(profiles=["https://linkedin.com/company/voltra", "voltra.example"])) == []
