"""Filters, their counts, and the rights of whoever asks."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from sourcing import contact_points, people, projects
from sourcing.models import Candidate, FacetValue, PersonSearch
from sourcing.search import (
    areas,
    dictionary,
    facets,
    facts,
    index,
    query,
    record,
    suggesting,
    synonyms,
    texts,
)
from sourcing.search.question import Order, Question
from tests.sourcing.factories import make_candidate, make_project

pytestmark = pytest.mark.django_db


def found(
    viewer: User, text: str = "", nice: str = "", order: Order = Order.RECENT, **filters: Any
) -> set[str]:
    """First names of whom a question finds; a filter is one value or several."""
    named = {
        name.replace("__", "."): (value,) if isinstance(value, str) else tuple(value)
        for name, value in filters.items()
    }
    page = query.people(viewer=viewer, question=Question(text, nice, named, order))
    ids = set(query.candidate_ids(viewer=viewer, question=Question(text, nice, named, order)))
    assert ids == {person.pk for person in page.people}
    assert page.total.count == len(ids)
    return {person.first_name for person in page.people}


@pytest.fixture
def team(alice: User) -> dict[str, Candidate]:
    """Three people who differ in everything a filter asks for."""
    organisation = alice.organisation
    ana = make_candidate(
        organisation, "Ana", "Silva", actor=alice, title="Nurse", company="Charité", location="Berlin, Germany",
        skills=["First Aid"], tags=["hot"], source="Career fair", emails=["ana@x.example"],
        experience=[
            {"title": "Nurse", "company": "Charité", "started": "2022", "ended": ""},
            {"title": "Nurse", "company": "Vivantes", "started": "2012", "ended": "2021"},
        ],
        education=[{"school": "University of Lisbon"}],
    )  # fmt: skip
    bo = make_candidate(
        organisation, "Bo", "Chen", title="Software Engineer", company="Voltra", location="Munich, Germany",
        skills=["Python", "C++"], phones=[("+49 151 5550142", "mobile")],
        experience=[{"title": "Software Engineer", "company": "Voltra", "started": "2023-01", "ended": "2024-01"}],
    )  # fmt: skip
    cem = make_candidate(
        organisation, "Cem", "Kaya", title="software engineer", company="VOLTRA", location="Munich, Germany",
        skills=["python"], summary="Leads the python guild",
    )  # fmt: skip
    return {"ana": ana, "bo": bo, "cem": cem}


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"title": "Software Engineer"}, {"Bo", "Cem"}),
        ({"title": ["nurse", "SOFTWARE ENGINEER"]}, {"Ana", "Bo", "Cem"}),
        ({"company": "charite"}, {"Ana"}),
        ({"past_company": "Vivantes"}, {"Ana"}),
        ({"past_company": "Charité"}, set()),
        ({"school": "university of lisbon"}, {"Ana"}),
        ({"location": "Munich, Germany", "skill": "C++"}, {"Bo"}),
        ({"skill": "Python"}, {"Bo", "Cem"}),
        ({"years": "11-"}, {"Ana"}),
        ({"years": ["0-2", "3-5"]}, {"Bo"}),
        ({"tag": "hot"}, {"Ana"}),
        ({"source": "career fair"}, {"Ana"}),
        ({"has": "email"}, {"Ana"}),
        ({"has": "phone"}, {"Bo"}),
        ({"has": ["email", "phone"]}, set()),
        ({"contacted": "never"}, {"Ana", "Bo", "Cem"}),
        ({"title": "Astronaut"}, set()),
        ({"title": "' OR 1=1 --"}, set()),
        ({"years": "many"}, set()),
        ({"contacted": "yesterday"}, set()),
        ({"project": "99999999999999999999"}, set()),
    ],
)
def test_a_filter_finds_who_has_one_of_its_values(
    alice: User, team: dict[str, Candidate], filters: dict[str, Any], names: set[str]
) -> None:
    assert found(alice, **filters) == names


def test_words_and_filters_join(alice: User, team: dict[str, Candidate]) -> None:
    assert found(alice, "python -c++ ", title="software engineer") == {"Cem"}
    assert found(alice, "title:nurse OR skill:python ") == {"Ana", "Bo", "Cem"}
    assert found(alice, 'school:"university of lisbon"') == {"Ana"}
    assert found(alice, '"bo chen"') == {"Bo"}
    assert found(alice, "ana@x.example OR cem ") == {"Ana", "Cem"}
    assert found(alice, "NOT ana@x.example ") == {"Bo", "Cem"}


def test_projects_that_are_joined_and_left(
    alice: User, bob: User, mallory: User, team: dict[str, Candidate]
) -> None:
    project = make_project(alice, people_in_it=[team["ana"], team["bo"]])
    hers = make_candidate(mallory.organisation)
    projects.add_people(project=project, actor=alice, candidate_ids=[hers.pk])
    assert found(bob, project=str(project.pk)) == {"Ana", "Bo"}
    assert found(bob, not_in_project=str(project.pk)) == {"Cem"}
    projects.remove_people(project=project, actor=alice, candidate_ids=[team["ana"].pk])
    assert found(bob, project=str(project.pk)) == {"Bo"}
    assert found(mallory, project=str(project.pk)) == set()
    index.refresh([team["bo"].pk])
    assert found(bob, project=str(project.pk)) == {"Bo"}


def test_when_somebody_was_contacted(alice: User, team: dict[str, Candidate]) -> None:
    people.contacted(team["ana"].pk, timezone.now() - datetime.timedelta(days=3), alice)
    people.contacted(team["bo"].pk, timezone.now() - datetime.timedelta(days=40), alice)
    assert found(alice, contacted="7") == {"Ana"}
    assert found(alice, contacted="90") == {"Ana", "Bo"}
    assert found(alice, contacted="not-7") == {"Bo", "Cem"}
    assert found(alice, contacted="never") == {"Cem"}


def test_facts_of_upper_rooms_are_filters(alice: User, team: dict[str, Candidate]) -> None:
    both = [team["ana"].pk, team["bo"].pk]
    facts.set(both, "campaigns", "status", ["Replied"])
    assert found(alice, fact__campaigns__status="replied") == {"Ana", "Bo"}
    facts.set([team["bo"].pk], "campaigns", "status", ["Bounced", "Started"])
    assert found(alice, fact__campaigns__status="Replied") == {"Ana"}
    assert found(alice, fact__campaigns__status=["Started"]) == {"Bo"}
    facts.set(both, "campaigns", "status", [])
    assert found(alice, fact__campaigns__status=["Started", "Replied"]) == set()
    assert found(alice, skill="python") == {"Bo", "Cem"}


def test_a_radius_is_the_places_around(
    alice: User, team: dict[str, Candidate], monkeypatch: pytest.MonkeyPatch
) -> None:
    munich, augsburg = 2867714, 2954172
    organisation = alice.organisation_id or 0
    places = {
        (organisation, "location", f"#{place}"): record.place(place, "x") for place in (munich, augsburg)
    }
    value = dictionary.ids(places)
    rows = PersonSearch.objects.for_organisation(alice.organisation_id)
    rows.update(facets=[])
    for name, facet in zip(("ana", "bo"), value.values(), strict=True):
        rows.filter(pk=team[name].pk).update(facets=[facet])
    monkeypatch.setattr(areas, "_within", [lambda _place, km: [augsburg] if km >= 50 else []])
    monkeypatch.setattr(areas, "_locate", [lambda text: munich if text == "München" else None])
    assert found(alice, location=f"#{munich}") == {"Ana"}
    assert found(alice, location="München", within="50") == {"Ana", "Bo"}
    assert found(alice, location="München", within="10") == {"Ana"}
    assert found(alice, location="Atlantis", within="50") == set()


def test_numbers_and_days_of_own_fields_have_ranges(alice: User, team: dict[str, Candidate]) -> None:
    values = [("custom.salary", 50_000), ("custom.salary", 80_000.0), ("custom.since", "2024-05-01")]
    one = index.records([team["ana"].pk])[0]
    for (kind, stored), name in zip(values, ("ana", "bo", "cem"), strict=True):
        one.custom = {kind.removeprefix("custom."): stored}
        (made,) = [value for value in record.values(one) if value.kind == kind]
        ids = dictionary.ids({(alice.organisation_id or 0, kind, made.folded): made})
        PersonSearch.objects.for_organisation(alice.organisation_id).filter(pk=team[name].pk).update(
            facets=list(ids.values())
        )
    assert found(alice, custom__salary="50000..60000") == {"Ana"}
    assert found(alice, custom__salary="..100,000") == {"Ana", "Bo"}
    assert found(alice, custom__salary="80000") == {"Bo"}
    assert found(alice, custom__since="2024-01-01..2024-12-31") == {"Cem"}
    assert found(alice, custom__salary="cheap..dear") == set()


def test_restricted_texts_are_found_by_whom_they_are_for(
    alice: User, bob: User, team: dict[str, Candidate], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        texts, "_providers", [lambda ids: [(pk, f"@u{alice.pk}", "secret plan") for pk in ids[:1]]]
    )
    monkeypatch.setattr(texts, "_scopes", [lambda viewer: [f"@u{viewer.pk}"]])
    index.refresh([team["ana"].pk])
    assert found(alice, '"secret plan"') == {"Ana"}
    assert found(alice, "secret nurse ") == {"Ana"}
    assert found(bob, "secret ") == set()


def test_relevance_puts_nice_to_have_first_and_titles_before_summaries(
    alice: User, team: dict[str, Candidate]
) -> None:
    def names(text: str, nice: str = "") -> list[str]:
        question = Question(text, nice, {}, Order.RELEVANCE)
        return [person.first_name for person in query.people(viewer=alice, question=question).people]

    assert names("python ", "guild ")[0] == "Cem"
    assert names("python ", "c++ ")[0] == "Bo"
    assert sorted(names("", "nurse ")) == ["Ana", "Bo", "Cem"]
    assert names("", "nurse ")[0] == "Ana"


def test_many_hits_are_ranked_among_the_most_recently_active(
    alice: User, team: dict[str, Candidate], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query, "EXACT_UP_TO", 1)
    page = query.people(viewer=alice, question=Question("python ", "", {}, Order.RELEVANCE))
    assert page.among == 1
    assert [person.first_name for person in page.people] == ["Cem"]


@pytest.mark.parametrize("active_since_then", [0, 1, 2, 3])
def test_who_is_ranked_does_not_hang_on_how_good_the_samples_guess_was(
    alice: User, team: dict[str, Candidate], monkeypatch: pytest.MonkeyPatch, active_since_then: int
) -> None:
    monkeypatch.setattr(query, "EXACT_UP_TO", 2)
    latest = PersonSearch.objects.for_organisation(alice.organisation_id).order_by("-last_activity")
    since = [row.last_activity for row in latest]
    guess = since[active_since_then - 1] if active_since_then else timezone.now() + datetime.timedelta(days=1)
    question = Question("germany ", "nurse guild ", {}, Order.RELEVANCE)
    monkeypatch.setattr(query, "_recent_enough", lambda *_: (50, None))
    unbounded = query.people(viewer=alice, question=question)
    monkeypatch.setattr(query, "_recent_enough", lambda *_: (50, guess))
    bounded = query.people(viewer=alice, question=question)
    assert [person.pk for person in bounded.people] == [person.pk for person in unbounded.people]
    assert len(bounded.people) == 2


@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize("most", [10_000, -1])
def test_pages_of_every_order_show_everybody_once(
    alice: User, team: dict[str, Candidate], monkeypatch: pytest.MonkeyPatch, order: Order, most: int
) -> None:
    if order is not Order.RELEVANCE:
        monkeypatch.setattr(query, "EXACT_UP_TO", most)
    seen: list[int] = []
    after = None
    while True:
        page = query.people(
            viewer=alice, question=Question("germany ", "python ", {}, order), after=after, size=1
        )
        seen += [person.pk for person in page.people]
        after = page.next
        if after is None:
            break
    assert sorted(seen) == sorted(person.pk for person in team.values())


def test_when_order_and_question_have_to_do_with_each_other_all_hits_are_sorted(
    alice: User, team: dict[str, Candidate], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query, "EXACT_UP_TO", -1)
    monkeypatch.setattr(query, "_WALK", 1)
    page = query.people(viewer=alice, question=Question("name:silva ", "", {}, Order.RECENT))
    assert page.people == [team["ana"]]


def options(viewer: User, name: str, **filters: str) -> dict[str, int | None]:
    question = Question("", "", {key.replace("__", "."): (value,) for key, value in filters.items()})
    column = facets.column(viewer=viewer, question=question)
    return {each.label: each.count for one in column.filters if one.name == name for each in one.options}


def test_counts_say_how_many_each_value_would_leave(alice: User, team: dict[str, Candidate]) -> None:
    assert options(alice, "title") == {"Software Engineer": 2, "Nurse": 1}
    assert options(alice, "skill", title="nurse") == {"First Aid": 1}
    # A filter's own values are left out: one more tick would show them.
    assert options(alice, "title", title="nurse") == {"Nurse": 1, "Software Engineer": 2}
    assert options(alice, "has") == {"Has e-mail": 1, "Has phone": 1}
    assert options(alice, "added_by") == {alice.name: 1}
    assert options(alice, "years")["11 years and more"] == 1


def test_nobody_counts_an_address_somebody_added_for_themselves(
    alice: User, bob: User, team: dict[str, Candidate]
) -> None:
    contact_points.add_email(candidate=team["cem"], actor=alice, type="personal", value="cem@home.example")
    index.refresh([team["cem"].pk])
    for viewer in (alice, bob):
        assert options(viewer, "has")["Has e-mail"] == 1
        assert found(viewer, has="email") == {"Ana"}
    assert found(alice, "email:cem@home.example") == {"Cem"}
    assert found(bob, "email:cem@home.example") == set()


def test_another_organisation_sees_no_value(alice: User, mallory: User, team: dict[str, Candidate]) -> None:
    assert options(mallory, "title") == {}
    assert suggesting.values(viewer=mallory, text="software") == []
    assert found(mallory, title="nurse") == set()


def test_estimates_are_made_on_a_part_and_say_so(
    alice: User, team: dict[str, Candidate], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facets, "EXACT_UP_TO", 1)
    column = facets.column(viewer=alice, question=Question("germany "))
    assert not any(one.exact for one in column.filters)


def test_type_ahead_begins_contains_and_knows_synonyms(alice: User, team: dict[str, Candidate]) -> None:
    def values(text: str) -> list[str]:
        return [each.value for each in suggesting.values(viewer=alice, text=text)]

    assert values("soft") == ["Software Engineer"]
    assert values("ENGI") == ["Software Engineer"]
    assert values("nu") == ["Nurse"]
    assert values("s") == []
    assert values("100%_") == []
    synonyms.add(actor=alice, word="SWE", same_as="software engineer")
    assert values("swe") == ["Software Engineer"]
    assert suggesting.synonyms_of(alice, "Software Engineer") == ["SWE"]
    assert [person.first_name for person in suggesting.people(viewer=alice, text="che")] == ["Bo"]


def test_characters_that_nobody_sees_are_no_part_of_what_was_typed(alice: User) -> None:
    for text in ("a\x00b", "\x00"):
        assert suggesting.values(viewer=alice, text=text) == []
        assert suggesting.synonyms_of(alice, text) == []


def test_a_value_that_nobody_has_any_more_is_forgotten(alice: User, team: dict[str, Candidate]) -> None:
    rows = FacetValue.objects.for_organisation(alice.organisation_id)
    ids = list(rows.filter(folded__in=["vivantes", "voltra"]).values_list("pk", flat=True))
    team["ana"].delete()
    dictionary.forget_unused(alice.organisation_id or 0, ids)
    assert list(rows.filter(folded__in=["vivantes", "voltra"]).values_list("folded", flat=True)) == ["voltra"]


def test_the_index_is_written_in_a_fixed_number_of_statements(
    alice: User, team: dict[str, Candidate], django_assert_num_queries: pytest.FixtureRequest
) -> None:
    ids = [person.pk for person in team.values()]
    index.refresh(ids)
    with django_assert_num_queries(10):  # type: ignore[operator]  # six reads, notes, files, the dictionary, the rows
        index.refresh([pk for pk in ids if not index.in_sample(pk)])
