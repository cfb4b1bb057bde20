"""Edits of a person: provenance, values that stand back, two editors at once, positions and schools."""

from __future__ import annotations

import datetime

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from foundation.models import Event
from foundation.problems import Invalid
from sourcing import custom_fields, defining_fields, history, people, values
from sourcing.models import Candidate, CustomField, Origin, OtherValue, SocialProfile
from sourcing.values import Statement
from tests.sourcing.factories import make_candidate, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(alice: User) -> Candidate:
    return make_candidate(alice.organisation, title="CTO", company="Acme", source="LinkedIn CSV")


def edit(person: Candidate, actor: User, **changes: object) -> Candidate:
    person.refresh_from_db()
    return people.edit_candidate(candidate=person, actor=actor, version=person.version, changes=changes)


def others(person: Candidate) -> list[tuple[str, object]]:
    rows = OtherValue.objects.for_organisation(person.organisation_id).filter(candidate=person)
    return sorted((row.field, row.value) for row in rows)


def pulled(value: object, source: str = "Greenhouse", days: int = 0, **more: object) -> Statement:
    at = timezone.now() + datetime.timedelta(days=days)
    return Statement(value=value, origin=Origin.PULLED, source=source, at=at, **more)


def test_an_edit_says_who_when_and_keeps_what_it_replaced(person: Candidate, alice: User) -> None:
    changed = edit(person, alice, title="Chief Technology Officer")
    entry = changed.provenance["title"]
    assert (entry["origin"], entry["by"]) == ("added", alice.pk)
    assert others(person) == [("title", "CTO")]
    kept = OtherValue.objects.for_organisation(person.organisation_id).get()
    assert (kept.source, kept.origin, kept.seen_at) == ("LinkedIn CSV", "imported", person.created_at)


def test_what_was_not_changed_has_no_new_source(person: Candidate, alice: User) -> None:
    assert edit(person, alice, title="CTO", company="Acme").provenance == {}


def test_a_correction_of_ones_own_typing_leaves_nothing(person: Candidate, alice: User) -> None:
    edit(person, alice, title="Cheif")
    edit(person, alice, title="Chief")
    assert others(person) == [("title", "CTO")]


def test_use_this_instead_swaps_the_two_and_loses_neither(person: Candidate, alice: User) -> None:
    edit(person, alice, title="Chief")
    other = OtherValue.objects.for_organisation(person.organisation_id).get()
    changed = people.use_value(other=other, actor=alice)
    assert (changed.title, others(person)) == ("CTO", [("title", "Chief")])
    back = people.use_value(
        other=OtherValue.objects.for_organisation(person.organisation_id).get(), actor=alice
    )
    assert (back.title, others(person)) == ("Chief", [("title", "CTO")])


def test_a_pull_does_not_overwrite_a_hand_edit_and_is_kept_beside_it(person: Candidate, alice: User) -> None:
    edit(person, alice, title="Chief")
    changed = people.take_statements(
        candidate=person,
        actor=None,
        statements={"title": pulled("VP"), "company": pulled("Acme Inc.", days=1)},
    )
    person.refresh_from_db()
    assert changed == ["company"]
    assert (person.title, person.company) == ("Chief", "Acme Inc.")
    assert others(person) == [("company", "Acme"), ("title", "CTO"), ("title", "VP")]
    assert person.provenance["company"]["source"] == "Greenhouse"


def test_the_same_word_again_is_kept_once_with_the_later_date(person: Candidate, alice: User) -> None:
    edit(person, alice, title="Chief")
    for day in (1, 2, 3):
        people.take_statements(candidate=person, actor=None, statements={"title": pulled("VP", days=day)})
    rows = OtherValue.objects.for_organisation(person.organisation_id).filter(value="VP")
    assert [(row.seen_at - timezone.now()).days for row in rows] == [2]


def test_a_very_long_value_can_stand_back(person: Candidate, alice: User) -> None:
    edit(person, alice, summary="x" * 20_000)
    bob = make_user(alice.organisation, "Bob")
    edit(person, bob, summary="short")
    assert others(person) == [("summary", "x" * 20_000)]


def test_two_people_who_edit_different_fields_do_not_disturb_each_other(person, alice, bob) -> None:
    seen = {"title": values.mark("CTO"), "company": values.mark("Acme")}
    people.edit_candidate(candidate=person, actor=alice, version=1, changes={"title": "CEO"})
    changed = people.edit_candidate(
        candidate=person, actor=bob, version=1, changes={"company": "Globex"}, seen=seen
    )
    assert (changed.title, changed.company) == ("CEO", "Globex")


def test_the_second_editor_of_one_field_is_told_both_values_and_nothing_is_written(
    person, alice, bob
) -> None:
    seen = {"title": values.mark("CTO")}
    people.edit_candidate(candidate=person, actor=alice, version=1, changes={"title": "CEO"})
    with pytest.raises(people.Changed) as told:
        people.edit_candidate(candidate=person, actor=bob, version=1, changes={"title": "COO"}, seen=seen)
    assert told.value.extra["fields"] == {"title": {"current": "CEO", "yours": "COO"}}
    person.refresh_from_db()
    assert person.title == "CEO"


def test_two_editors_who_agree_are_not_told_of_a_conflict(person, alice, bob) -> None:
    people.edit_candidate(candidate=person, actor=alice, version=1, changes={"title": "CEO"})
    seen = {"title": values.mark("CTO")}
    people.edit_candidate(candidate=person, actor=bob, version=1, changes={"title": "CEO"}, seen=seen)


def test_an_edit_is_news_with_the_names_of_the_fields(person: Candidate, alice: User) -> None:
    edit(person, alice, title="CEO", skills=["Go"])
    event = Event.objects.for_organisation(person.organisation_id).get(kind="candidate.updated")
    assert event.ids == {"candidate_id": person.pk, "actor_id": alice.pk, "fields": "skills,title"}


def test_a_new_place_brings_its_time_zone(person: Candidate, alice: User) -> None:
    changed = edit(person, alice, location="Munich, Germany")
    assert (changed.time_zone, changed.place_confidence) == ("Europe/Berlin", 95)
    gone = edit(person, alice, location="nowhere in particular")
    assert (gone.place_id, gone.time_zone, gone.latitude) == (None, "", None)


def test_the_profile_link_follows_the_key(person: Candidate, alice: User) -> None:
    edit(person, alice, linkedin_url="https://www.linkedin.com/in/jonas/")
    edit(person, alice, linkedin_url="linkedin.com/in/jonas-lehner")
    rows = SocialProfile.objects.for_organisation(person.organisation_id).values_list("url", flat=True)
    assert list(rows) == ["https://linkedin.com/in/jonas-lehner"]


# ── custom fields ────────────────────────────────────────────────────────────


@pytest.fixture
def level(alice: User) -> CustomField:
    return defining_fields.add(
        organisation=alice.organisation, actor=alice, label="Level", kind="choice", choices=["Low", "High"]
    )


def test_a_custom_value_is_cleaned_kept_and_settled_like_any_other(person, alice, level) -> None:
    assert edit(person, alice, custom={"level": "high"}).custom == {"level": "High"}
    people.take_statements(
        candidate=person,
        actor=None,
        statements={"custom.level": pulled("low"), "custom.unknown": pulled("x")},
    )
    person.refresh_from_db()
    assert person.custom == {"level": "High"}
    assert others(person) == [("custom.level", "Low")]
    assert edit(person, alice, custom={"level": ""}).custom == {}


def test_a_wrong_custom_value_changes_nothing(person: Candidate, alice: User, level: CustomField) -> None:
    with pytest.raises(custom_fields.InvalidValue) as refused:
        edit(person, alice, title="CEO", custom={"level": "middle"})
    assert set(refused.value.fields) == {"custom.level"}
    person.refresh_from_db()
    assert (person.title, person.version) == ("CTO", 1)


def test_another_organisation_has_fields_of_its_own(mallory: User, level: CustomField) -> None:
    stranger = make_candidate(mallory.organisation)
    with pytest.raises(custom_fields.InvalidValue, match="do not fit"):
        edit(stranger, mallory, custom={"level": "Low"})


def test_a_field_is_renamed_ordered_archived_and_brought_back_with_its_values(person, alice, level) -> None:
    second = defining_fields.add(organisation=alice.organisation, actor=alice, label="Salary", kind="number")
    edit(person, alice, custom={"level": "Low", "salary": "80,000"})
    defining_fields.move(field=second, actor=alice, by=-1)
    defining_fields.change(field=level, actor=alice, label="Grade", choices=["Low", "Top"])
    assert [field.label for field in defining_fields.fields_of(alice)] == ["Salary", "Grade"]
    defining_fields.archive(field=level, actor=alice)
    assert [field.label for field in defining_fields.fields_of(alice)] == ["Salary"]
    defining_fields.add(organisation=alice.organisation, actor=alice, label="grade", kind="text")
    with pytest.raises(defining_fields.LabelTaken):
        defining_fields.bring_back(field=level, actor=alice)
    person.refresh_from_db()
    assert person.custom == {"level": "Low", "salary": 80000}


def test_only_an_admin_defines_fields(as_bob: Client, as_alice: Client, alice: User) -> None:
    body = {"label": "Notice", "kind": "choices", "choices": "1 month\n3 months\n\n"}
    assert as_bob.post("/settings/custom-fields/", body).status_code == 403
    assert as_alice.post("/settings/custom-fields/", body).status_code == 302
    assert defining_fields.fields_of(alice).get().choices == ["1 month", "3 months"]
    page = as_alice.post("/settings/custom-fields/", body)
    assert page.status_code == 422
    assert "Another field has this name" in page.content.decode()
    assert as_alice.post("/settings/custom-fields/", {"label": "X", "kind": "choice"}).status_code == 422


# ── positions and schools ────────────────────────────────────────────────────


def add(person: Candidate, actor: User, **entry: str) -> history.Row:
    return history.add(candidate=person, actor=actor, kind="experience", entry=entry)


def test_positions_are_added_on_top_moved_changed_and_removed(person: Candidate, alice: User) -> None:
    first = add(person, alice, title="Engineer", company="Acme", started="2015", ended="2019-04")
    second = add(person, alice, title="CTO", company="Globex", started="2019-05")
    assert history.rows_of(person, "experience") == [second, first]
    history.move(candidate=person, actor=alice, kind="experience", row_id=first.pk, by=-5)
    assert history.rows_of(person, "experience") == [first, second]
    seen = values.mark(history.content(second))
    entry = {**history.content(second), "title": "Chief"}
    row = history.change(
        candidate=person, actor=alice, kind="experience", row_id=second.pk, entry=entry, seen=seen
    )
    assert row.title == "Chief"
    history.remove(candidate=person, actor=alice, kind="experience", row_id=first.pk)
    assert history.rows_of(person, "experience") == [second]
    person.refresh_from_db()
    assert person.version == 6


def test_the_second_editor_of_a_position_is_told(person: Candidate, alice: User, bob: User) -> None:
    row = add(person, alice, title="Engineer", company="Acme")
    content = history.content(row)

    def change(actor: User, title: str) -> history.Row:
        return history.change(
            candidate=person,
            actor=actor,
            kind="experience",
            row_id=row.pk,
            entry={**content, "title": title},
            seen=values.mark(content),
        )

    change(alice, "Lead")
    with pytest.raises(history.RowChanged) as told:
        change(bob, "Staff")
    assert told.value.extra["fields"] == {"title": {"current": "Lead", "yours": "Staff"}}
    assert change(bob, "Lead").title == "Lead"


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"title": "\u200b"},
        {"title": "CTO", "started": "May 2019"},
        {"title": "CTO", "started": "2019-13"},
        {"title": "CTO", "started": "2020", "ended": "2019"},
        {"title": "CTO", "started": "2020-05", "ended": "2020-04"},
    ],
)
def test_a_position_that_makes_no_sense_is_refused(person: Candidate, alice: User, entry) -> None:
    with pytest.raises(Invalid):
        add(person, alice, **entry)


def test_a_row_of_another_person_is_not_there(person: Candidate, alice: User) -> None:
    other = make_candidate(alice.organisation, "Ida")
    row = add(other, alice, title="CTO")
    with pytest.raises(history.RowMissing):
        history.remove(candidate=person, actor=alice, kind="experience", row_id=row.pk)


# ── skills and tags ──────────────────────────────────────────────────────────


def test_skills_are_a_set_that_two_people_can_add_to(person: Candidate, alice: User, bob: User) -> None:
    people.add_words(candidate=person, actor=alice, field="skills", words=["Go", " go ", "C++"])
    people.add_words(candidate=person, actor=bob, field="skills", words=["GO", "Rust", "", "\u200b"])
    person.refresh_from_db()
    assert person.skills == ["go", "C++", "Rust"]
    people.remove_word(candidate=person, actor=alice, field="skills", word="RUST")
    person.refresh_from_db()
    assert person.skills == ["go", "C++"]
    assert person.provenance["skills"]["by"] == alice.pk


def test_there_is_an_end_to_tags(person: Candidate, alice: User) -> None:
    people.add_words(candidate=person, actor=alice, field="tags", words=[str(n) for n in range(200)])
    with pytest.raises(Invalid, match="200"):
        people.add_words(candidate=person, actor=alice, field="tags", words=["one more"])
