"""Positions, schools, skills and pages a vendor tells of come to people we have, and a hand's work stays."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any

import pytest

from integrations import field_table, mapping
from integrations.models import Connection, FieldRow
from integrations.receiving import take
from integrations.vendors.smartrecruiters import mapping as smartrecruiters
from sourcing import history, people, social_profiles
from sourcing.models import Candidate, OtherValue
from tests.integrations import making, syncs
from tests.integrations.toy import ToyServer, _person

pytestmark = pytest.mark.django_db

AT = datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC)
LEAD = {"title": "Lead", "company": "Engines", "started": "2020"}
DEV = {"title": "Dev", "company": "Mills", "started": "2015", "ended": "2019"}
SCHOOL = {"school": "Trinity", "degree": "BA"}


@pytest.fixture
def row(toy: ToyServer) -> Connection:
    row = syncs.connection(making.alice(), capabilities=["export", "pull"])
    field_table.discover(row)
    fields = FieldRow.objects.for_organisation(row.organisation_id).filter(connection=row)
    for key, variable in (("work", "experience"), ("schools", "education"), ("skills", "skills")):
        fields.filter(key=key).update(variable=variable)
    return row


def told(row: Connection, **said: Any) -> dict[str, int]:
    """One pull of Ada's record as the vendor shows it."""
    shown = {"id": "r1", "first": "Ada", "emails": ["ada@people.example"], "jobs": [], **said}
    return dict(take(row, [replace(_person(shown), updated_at=AT)]))


def positions(person: Candidate) -> list[tuple[str, str, str]]:
    return [(entry.title, entry.started, entry.ended) for entry in person.experience.order_by("position")]


def test_known_and_new_people_get_what_is_new_and_the_same_pull_changes_nothing(row: Connection) -> None:
    ada = making.person(row.created_by, skills=["Ruby"], experience=[{**LEAD, "ended": ""}])
    said = {"work": [{**LEAD, "ended": "2023"}, DEV], "schools": [SCHOOL], "skills": "ruby; Go,  Ada\n"}
    assert told(row, **said) == {"changed": 1}
    ada.refresh_from_db()
    assert positions(ada) == [("Lead", "2020", "2023"), ("Dev", "2015", "2019")]
    assert [school.school for school in ada.education.all()] == ["Trinity"]
    assert ada.skills == ["Ruby", "Go", "Ada"]
    version = ada.version
    assert told(row, **said) == {"same": 1}
    ada.refresh_from_db()
    assert (ada.version, len(positions(ada))) == (version, 2)

    assert told(row, id="r2", emails=["bea@there.example"], **said) == {"new": 1}
    bea = Candidate.objects.for_organisation(row.organisation_id).latest("pk")
    assert (positions(bea), bea.skills) == (
        [("Lead", "2020", "2023"), ("Dev", "2015", "2019")],
        ["ruby", "Go", "Ada"],
    )


@pytest.mark.parametrize(
    ("rule", "shown"),
    [("always", ["2022", "2024"]), ("if_blank", ["2024", "2022"]), ("protected", ["2024", "2022"])],
)
def test_a_contradiction_is_kept_beside_ours_in_the_order_the_rule_says(
    rule: str, shown: list[str], row: Connection
) -> None:
    FieldRow.objects.for_organisation(row.organisation_id).filter(key="work").update(rule=rule)
    ada = making.person(row.created_by, experience=[{**LEAD, "ended": "2022"}])
    told(row, work=[{**LEAD, "ended": "2024"}])
    assert [ended for _title, _started, ended in positions(ada)] == shown


def test_what_a_hand_removes_or_corrects_here_does_not_come_back(row: Connection) -> None:
    alice = row.created_by
    ada = making.person(alice, skills=[])
    told(row, work=[LEAD, DEV], skills="Go, COBOL")
    lead, dev = history.rows_of(ada, "experience")
    history.remove(candidate=ada, actor=alice, kind="experience", row_id=dev.pk)
    seen = history.values.mark(history.content(lead))
    entry = {**LEAD, "title": "Head"}
    history.change(candidate=ada, actor=alice, kind="experience", row_id=lead.pk, entry=entry, seen=seen)
    people.remove_word(candidate=ada, actor=alice, field="skills", word="COBOL")
    newest = {"title": "CTO", "company": "Looms", "started": "2025"}
    assert told(row, work=[LEAD, DEV, newest], skills="Go, COBOL, Rust") == {"changed": 1}
    ada.refresh_from_db()
    assert [title for title, _started, _ended in positions(ada)] == ["CTO", "Head"]
    assert ada.skills == ["Go", "Rust"]


def test_our_own_write_that_comes_back_is_no_news(row: Connection, toy: ToyServer) -> None:
    alice = row.created_by
    ada = making.person(alice, experience=[LEAD], skills=["Go"])
    making.work(making.export(alice, row, ada, mode="candidates", target_id="j1"))
    (there,) = toy.people.values()
    (entry,) = history.rows_of(ada, "experience")
    history.remove(candidate=ada, actor=alice, kind="experience", row_id=entry.pk)
    assert dict(take(row, [_person(there)])) == {"same": 1}
    assert dict(take(row, [_person({**there, "work": [*there["work"], DEV]})])) == {"changed": 1}
    assert positions(ada) == [("Dev", "2015", "2019")]


def test_odd_entries_lose_their_dates_or_stay_out_and_nobody_is_hindered(row: Connection) -> None:
    ada = making.person(row.created_by)
    odd = [
        {"title": "Dev", "company": "Mills", "started": "last spring", "ended": "-1"},
        {"title": "Late", "company": "Mills", "started": "2020", "ended": "2010"},
        {"title": "", "company": " ", "started": "2020"},
        {"title": "\u202eﷺ\x00" + "x" * 4000, "company": "Mills"},
    ]
    assert told(row, work=odd, skills=",; ,\n") == {"changed": 1}
    (dev, late, long) = positions(ada)
    assert (dev, late) == (("Dev", "", ""), ("Late", "", ""))
    assert long[0].startswith("ﷺx")
    assert len(long[0]) <= 300


def test_what_smartrecruiters_shows_is_taken_in(row: Connection) -> None:
    fields = list(FieldRow.objects.for_organisation(row.organisation_id).filter(key__in=["work", "schools"]))
    FieldRow.objects.for_organisation(row.organisation_id).filter(key="work").update(key="experience")
    FieldRow.objects.for_organisation(row.organisation_id).filter(key="schools").update(key="education")
    assert len(fields) == 2
    ada = making.person(row.created_by)
    shown = smartrecruiters.person(
        {
            "id": "s1",
            "firstName": "Ada",
            "email": "ada@people.example",
            "experience": [
                {"title": "Lead", "company": "Engines", "startDate": "2020-01-15", "current": True}
            ],
            "education": [{"institution": "Trinity", "degree": "BA", "startDate": "2010-09"}],
        }
    )
    assert dict(take(row, [shown])) == {"changed": 1}
    assert positions(ada) == [("Lead", "2020-01-15", "")]
    assert [(school.school, school.started) for school in ada.education.all()] == [("Trinity", "2010-09")]


def mapped(row: Connection, **variables: str) -> None:
    fields = FieldRow.objects.for_organisation(row.organisation_id).filter(connection=row)
    for key, variable in variables.items():
        fields.filter(key=key).update(variable=variable)


def pages(person: Candidate) -> set[str]:
    return set(person.social_profiles.values_list("url", flat=True))


def test_a_linkedin_profile_finds_its_person_whatever_the_address(row: Connection) -> None:
    mapped(row, level="linkedin")
    ada = making.person(row.created_by, linkedin_url="https://www.linkedin.com/in/ada-byron")
    said = {"emails": ["ada@elsewhere.example"], "level": "http://uk.linkedin.com/in/Ada-Byron/?trk=1"}
    assert told(row, **said) == {"changed": 1}
    assert Candidate.objects.for_organisation(row.organisation_id).get() == ada
    assert told(row, **said) == {"same": 1}


def test_pages_come_with_a_new_person_and_to_one_we_have_and_what_a_hand_removes_stays_away(
    row: Connection,
) -> None:
    mapped(row, level="linkedin", title="github")
    said = {"level": "linkedin.com/in/ada", "title": "https://github.com/ada/"}
    assert told(row, **said) == {"new": 1}
    ada = Candidate.objects.for_organisation(row.organisation_id).get()
    assert ada.linkedin_key == "linkedin.com/in/ada"
    assert pages(ada) == {"https://linkedin.com/in/ada", "https://github.com/ada"}
    assert told(row, **said) == {"same": 1}
    hub = ada.social_profiles.get(network="github")
    social_profiles.remove(candidate=ada, actor=row.created_by, profile_id=hub.pk)
    assert told(row, **said) == {"same": 1}
    assert pages(ada) == {"https://linkedin.com/in/ada"}

    bea = making.person(row.created_by, first_name="Bea", emails=["bea@x.example"])
    assert told(row, id="r2", emails=["bea@x.example"], first="Bea", level="linkedin.com/in/bea") == {
        "changed": 1
    }
    bea.refresh_from_db()
    assert (bea.linkedin_key, pages(bea)) == ("linkedin.com/in/bea", {"https://linkedin.com/in/bea"})


def test_two_records_with_one_profile_on_a_page_are_one_person(row: Connection) -> None:
    mapped(row, level="linkedin")
    records = [
        {"id": f"r{number}", "first": "Ada", "emails": [f"ada{number}@x.example"], "jobs": [],
         "level": "linkedin.com/in/ada"}
        for number in range(2)
    ]  # fmt: skip
    take(row, [_person(record) for record in records])
    ada = Candidate.objects.for_organisation(row.organisation_id).get()
    assert ada.contact_points.count() == 2


def test_a_town_and_a_country_in_fields_of_their_own_are_a_location(row: Connection) -> None:
    mapped(row, title="city", level="country")
    assert told(row, title="Leeds", level="United Kingdom") == {"new": 1}
    ada = Candidate.objects.for_organisation(row.organisation_id).get()
    assert ada.location == "Leeds, United Kingdom"
    moved = _person({"id": "r1", "first": "Ada", "emails": [], "jobs": [], "title": "York", "level": "UK"})
    assert take(row, [replace(moved, updated_at=ada.created_at + datetime.timedelta(days=1))]) == {
        "changed": 1
    }
    ada.refresh_from_db()
    assert ada.location == "York, UK"


def test_a_town_we_wrote_there_ourselves_is_no_news(row: Connection) -> None:
    mapped(row, title="city", level="country")
    ada = making.person(row.created_by, location="Leeds, England, United Kingdom")
    told(row, id="r1")
    link = making.link(row, ada)
    assert link is not None
    link.written = {"title": mapping.digest("Leeds"), "level": mapping.digest("United Kingdom")}
    link.save(update_fields=["written"])
    assert told(row, title="Leeds", level="United Kingdom") == {"same": 1}
    ada.refresh_from_db()
    assert ada.location == "Leeds, England, United Kingdom"
    assert not OtherValue.objects.for_organisation(row.organisation_id).exists()
