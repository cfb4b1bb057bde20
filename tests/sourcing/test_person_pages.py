"""The page and the drawer of one person, edited in place and without script."""

from __future__ import annotations

import html
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from sourcing import contact_points, defining_fields, history, notes, people, slots
from sourcing.models import Candidate, ContactPoint, OtherValue
from tests.sourcing.factories import make_candidate, make_project

pytestmark = pytest.mark.django_db
LONG = "Ramón-Nonato " * 23
ARABIC = "محمد‎ بن سلمان"


def part(target: str) -> dict[str, str]:
    return {"HX-Request": "true", "HX-Target": target}


def text_of(answer) -> str:
    return html.unescape(answer.content.decode())


def seen_in(page: str) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]{16})"', page)
    assert found
    return found[1]


@pytest.fixture
def person(alice: User) -> Candidate:
    return make_candidate(
        alice.organisation, title="CTO", company="Acme", location="Berlin, Germany", source="LinkedIn CSV"
    )


def test_the_head_says_where_it_is_what_time_there(as_alice: Client, person: Candidate) -> None:
    page = text_of(as_alice.get(f"/people/{person.pk}/"))
    assert re.search(r">\d\d:\d\d</span> there", page)
    assert "Europe/Berlin, the place is 95 % sure" in page


def test_tabs_are_links_and_parts_of_one_page(as_alice: Client, person: Candidate) -> None:
    url = f"/people/{person.pk}/?tab=profile"
    whole = text_of(as_alice.get(url))
    assert "<html" in whole
    assert 'id="field-title"' in whole
    swapped = text_of(as_alice.get(url, headers=part("person-tabs")))
    assert swapped.lstrip().startswith("<nav")
    assert 'id="field-title"' in swapped
    assert "Save note" in text_of(as_alice.get(f"/people/{person.pk}/?tab=unheard-of"))


def test_other_rooms_add_tabs_and_their_right_is_checked(
    as_alice, as_bob, alice, person, monkeypatch
) -> None:
    monkeypatch.setattr(slots.candidate_tab, "_slots", dict(slots.candidate_tab._slots))
    slots.candidate_tab(
        id="salary",
        label="Salary",
        order=60,
        right="organisation:edit",
        template="sourcing/_total.html",
        context=lambda _candidate, _viewer: {},
        count=lambda _candidate, _viewer: 3,
    )
    assert "Salary" in text_of(as_alice.get(f"/people/{person.pk}/"))
    assert "Salary" not in text_of(as_bob.get(f"/people/{person.pk}/?tab=salary"))


def test_a_field_is_edited_where_it_stands(as_alice: Client, alice: User, person: Candidate) -> None:
    url = f"/people/{person.pk}/fields/title/"
    form = text_of(as_alice.get(url, headers=part("field-title")))
    assert 'value="CTO"' in form
    saved = as_alice.post(url, {"value": "CEO", "seen": seen_in(form)}, headers=part("field-title"))
    page = text_of(saved)
    assert saved.status_code == 200
    assert 'id="person-head" hx-swap-oob="innerHTML"' in page
    assert f"edited by {alice.name}" in page
    assert "Use this instead" in page
    person.refresh_from_db()
    assert person.title == "CEO"


def test_it_works_without_script(as_alice: Client, person: Candidate) -> None:
    url = f"/people/{person.pk}/fields/location/"
    form = text_of(as_alice.get(url))
    assert "<html" in form
    saved = as_alice.post(url, {"value": "Munich", "seen": seen_in(form)})
    assert saved.headers["Location"] == f"/people/{person.pk}/?tab=profile"
    assert "Munich" in text_of(as_alice.get(saved.headers["Location"]))


def test_the_second_editor_sees_both_values_and_decides(as_alice, as_bob, person: Candidate) -> None:
    url = f"/people/{person.pk}/fields/title/"
    seen = seen_in(text_of(as_bob.get(url)))
    as_alice.post(url, {"value": "CEO", "seen": seen})
    told = as_bob.post(url, {"value": "COO", "seen": seen}, headers=part("field-title"))
    page = text_of(told)
    assert (told.status_code, told.headers["HX-Retarget"]) == (409, "#field-title")
    for words in ("Now: <bdi>CEO</bdi>", "Yours: <bdi>COO</bdi>", "Save mine", "Keep theirs", 'value="COO"'):
        assert words in page
    person.refresh_from_db()
    assert person.title == "CEO"
    as_bob.post(url, {"value": "COO", "seen": seen_in(page)}, headers=part("field-title"))
    person.refresh_from_db()
    kept = OtherValue.objects.for_organisation(person.organisation_id).filter(candidate=person)
    assert (person.title, {row.value for row in kept}) == ("COO", {"CEO", "CTO"})


def test_the_whole_form_shows_both_values_too(as_alice, as_bob, person: Candidate) -> None:
    url = f"/people/{person.pk}/edit/"
    form = text_of(as_bob.get(url))
    posted = dict(re.findall(r'name="(seen_\w+)" value="(\w+)"', form))
    as_alice.post(f"/people/{person.pk}/fields/title/", {"value": "CEO", "seen": posted["seen_title"]})
    body = {"title": "COO", "company": "Globex", "version": 1, **posted}
    told = as_bob.post(url, body)
    page = text_of(told)
    assert told.status_code == 422
    assert "Title now: <bdi>CEO</bdi> · yours: <bdi>COO</bdi>" in page
    assert "Company now" not in page
    again = dict(re.findall(r'name="(seen_\w+)" value="(\w+)"', page))
    assert as_bob.post(url, {**body, **again}).status_code == 302
    person.refresh_from_db()
    assert (person.title, person.company) == ("COO", "Globex")


def test_a_value_that_does_not_fit_says_so_beside_the_field(as_alice, alice, person) -> None:
    defining_fields.add(organisation=alice.organisation, actor=alice, label="Salary", kind="number")
    url = f"/people/{person.pk}/fields/custom.salary/"
    answer = as_alice.post(url, {"value": "a lot", "seen": ""}, headers=part("field-custom-salary"))
    assert answer.status_code == 422
    assert "must be a number" in text_of(answer)
    assert 'value="a lot"' in text_of(answer)


@pytest.mark.parametrize(
    ("kind", "posted", "shown"),
    [
        ("yes_no", "yes", "Yes"),
        ("choices", ["Low", "High"], "Low, High"),
        ("date", "2026-12-24", "2026-12-24"),
        ("link", "example.org", "https://example.org"),
        ("number", "80,000", "80,000"),
    ],
)
def test_each_kind_of_field_is_shown_and_edited(as_alice, alice, person, kind, posted, shown) -> None:
    choices = ["Low", "High"] if kind == "choices" else []
    field = defining_fields.add(
        organisation=alice.organisation, actor=alice, label="Level", kind=kind, choices=choices
    )
    url = f"/people/{person.pk}/fields/{field.name}/"
    form = text_of(as_alice.get(url))
    assert as_alice.post(url, {"value": posted, "seen": seen_in(form)}).status_code == 302
    assert shown in text_of(as_alice.get(f"/people/{person.pk}/?tab=profile"))
    assert as_alice.get(url).status_code == 200


def test_a_link_of_a_hostile_kind_never_becomes_one(as_alice, alice, person) -> None:
    field = defining_fields.add(organisation=alice.organisation, actor=alice, label="Page", kind="link")
    url = f"/people/{person.pk}/fields/{field.name}/"
    form = text_of(as_alice.get(url))
    refused = as_alice.post(url, {"value": "javascript:alert(1)", "seen": seen_in(form)})
    assert refused.status_code == 422
    assert 'href="javascript' not in text_of(as_alice.get(f"/people/{person.pk}/?tab=profile"))


def test_skills_and_positions_are_changed_in_their_place(as_alice, person: Candidate) -> None:
    base = f"/people/{person.pk}"
    added = as_alice.post(f"{base}/words/skills/", {"add": "Go, C++"}, headers=part("words-skills"))
    assert "Remove C++" in text_of(added)
    as_alice.post(f"{base}/words/skills/", {"remove": "Go"})
    made = as_alice.post(
        f"{base}/history/education/", {"school": "TU München"}, headers=part("history-education")
    )
    assert "TU München" in text_of(made)
    (row,) = history.rows_of(person, "education")
    form = text_of(as_alice.get(f"{base}/history/education/{row.pk}/", headers=part("history-education")))
    body = {"school": "TUM", "seen": seen_in(form)}
    assert as_alice.post(f"{base}/history/education/{row.pk}/", body).status_code == 302
    late = as_alice.post(
        f"{base}/history/education/{row.pk}/",
        {"school": "LMU", "seen": seen_in(form)},
        headers=part("history-education"),
    )
    assert late.status_code == 409
    assert "School now: <bdi>TUM</bdi> · yours: <bdi>LMU</bdi>" in text_of(late)
    as_alice.post(f"{base}/history/education/{row.pk}/remove/")
    person.refresh_from_db()
    assert (person.skills, history.rows_of(person, "education")) == (["C++"], [])
    assert as_alice.get(f"{base}/history/hobbies/").status_code == 404


def test_phones_are_shown_the_local_way_and_kept_in_e164(as_alice, alice, person) -> None:
    body = {"type": "mobile", "value": "0151 55501420"}
    page = text_of(as_alice.post(f"/people/{person.pk}/phones/new/", body, headers=part("contacts")))
    point = ContactPoint.objects.for_organisation(alice.organisation_id).get()
    assert (point.normalised, point.shared, point.added_by) == ("+4915155501420", False, alice)
    assert "01515 5501420" in page
    assert 'href="tel:+4915155501420"' in page
    people.edit_candidate(candidate=person, actor=alice, version=1, changes={"location": "Vienna"})
    assert "+49 1515 5501420" in text_of(as_alice.get(f"/people/{person.pk}/"))


def test_an_address_is_marked_by_hand(as_alice, alice, person) -> None:
    point = contact_points.add_email(candidate=person, actor=alice, type="work", value="a@x.example")
    url = f"/people/contacts/{point.pk}/status/"
    assert "Verified" in text_of(as_alice.post(url, {"status": "verified"}, headers=part("contacts")))
    assert "Invalid" in text_of(as_alice.post(url, {"status": "invalid"}, headers=part("contacts")))
    assert as_alice.post(url, {"status": "bounced"}).status_code == 422
    point.refresh_from_db()
    assert (point.status, point.status_note) == ("invalid", f"said by {alice.name}")


def test_each_type_has_its_letter_and_its_word(as_alice, alice, person) -> None:
    for type_ in ("personal", "work", "other"):
        contact_points.add_email(candidate=person, actor=alice, type=type_, value=f"{type_}@x.example")
    contact_points.add_phone(candidate=person, actor=alice, type="mobile", value="+4915155501420")
    page = text_of(as_alice.get(f"/people/{person.pk}/"))
    for title, letter in (("Personal", "P"), ("Business", "W"), ("Other", "O"), ("Mobile", "M")):
        assert re.search(rf'class="letter" title="{title}">{letter}<', page)
    assert page.count("Added by you") >= 4


def test_long_and_right_to_left_names_are_isolated(as_alice, alice) -> None:
    person = make_candidate(alice.organisation, LONG.strip(), ARABIC, title="x" * 300)
    page = text_of(as_alice.get(f"/people/{person.pk}/"))
    assert f"<bdi>{person.name}</bdi>" in page
    assert len(person.first_name) > 290


def test_confidential_work_does_not_show_through_projects_of_others(
    as_alice, as_mallory, alice, person
) -> None:
    project = make_project(alice, "Project Falcon", people_in_it=[person])
    assert project.name in text_of(as_alice.get(f"/people/{person.pk}/"))
    assert as_mallory.get(f"/people/{person.pk}/").status_code == 404


def test_the_page_asks_the_same_number_of_questions_however_much_there_is(as_alice, alice, person) -> None:
    def questions(tab: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            as_alice.get(f"/people/{person.pk}/?tab={tab}")
        return len(asked)

    notes.write(candidate=person, actor=alice, body="One")
    contact_points.add_email(candidate=person, actor=alice, type="work", value="a0@x.example")
    make_project(alice, "P0", people_in_it=[person])
    history.add(candidate=person, actor=alice, kind="experience", entry={"title": "T"})
    questions("timeline")  # what is unread is read from the cache from now on
    few = {tab: questions(tab) for tab in ("timeline", "profile")}
    for number in range(12):
        notes.write(candidate=person, actor=alice, body=f"Note {number}")
        contact_points.add_email(candidate=person, actor=alice, type="work", value=f"b{number}@x.example")
        make_project(alice, f"Q{number}", people_in_it=[person])
        history.add(candidate=person, actor=alice, kind="experience", entry={"title": f"T{number}"})
        defining_fields.add(organisation=alice.organisation, actor=alice, label=f"F{number}", kind="text")
    assert {tab: questions(tab) for tab in few} == few
