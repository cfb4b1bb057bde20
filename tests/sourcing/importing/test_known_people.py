"""What an import does to people who are there already, and what it says of that before."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from foundation import events, runs
from foundation.models import RunStatus
from foundation.problems import Invalid
from sourcing import duplicates, people
from sourcing.importing import checking, previewing, staging, uploading
from sourcing.importing.repeated import person_of
from sourcing.importing.rows import parse_row
from sourcing.matching import Key
from sourcing.models import Candidate, CustomField, DuplicatePair, ImportRow, ImportRun, OtherValue
from sourcing.search import query
from tests.sourcing.factories import csv_bytes, finish, import_csv, make_candidate, make_project, upload

pytestmark = pytest.mark.django_db

HEADER = ["First Name", "Last Name", "Email", "Title", "Company", "Skills", "Tags"]
FILE = csv_bytes(HEADER, ["Jonas", "Lehner", "jonas@x.example", "CTO", "Voltra", "Python;Go", "vip"])


def deliver() -> None:
    while events.deliver(consumers=["sourcing.duplicates"]):
        pass


def known(alice: User, **values: Any) -> Candidate:
    return make_candidate(
        alice.organisation, "Jonas", "Lehner", actor=alice, emails=["jonas@x.example"], source="API", **values
    )


def settled(alice: User, data: bytes, **chosen: str) -> ImportRun:
    """Uploaded, with a policy for some fields, the columns as guessed."""
    import_run = upload(alice, data)
    return uploading.settle(
        import_run,
        staging.field_mapping(import_run),
        actor=alice,
        source_name="May list",
        project=None,
        chosen=chosen,
    )


def imported(alice: User, import_run: ImportRun) -> ImportRun:
    return finish(uploading.start(import_run=import_run, actor=alice))


def others(person: Candidate) -> list[tuple[str, object, str]]:
    rows = OtherValue.objects.for_organisation(person.organisation_id).filter(candidate=person)
    return list(rows.order_by("pk").values_list("field", "value", "source"))


def test_only_blanks_are_filled_unless_one_says_otherwise_and_what_lost_is_kept(alice: User) -> None:
    person = known(alice, title="Architect")
    imported(alice, settled(alice, FILE))
    person.refresh_from_db()
    assert (person.title, person.company, person.skills) == ("Architect", "Voltra", ["Python", "Go"])
    assert others(person) == [("title", "CTO", "May list")]


def test_a_field_may_be_overwritten_and_the_value_of_before_is_kept_with_its_source(alice: User) -> None:
    person = known(alice, title="Architect")
    imported(alice, settled(alice, FILE, title="overwrite"))
    person.refresh_from_db()
    assert person.title == "CTO"
    assert others(person) == [("title", "Architect", "API")]
    origin = person.provenance["title"]
    assert (origin["source"], origin["origin"], origin["by"]) == ("May list", "imported", alice.pk)
    assert "first_name" not in person.provenance


def test_a_field_may_be_kept_even_where_it_is_blank(alice: User) -> None:
    person = known(alice)
    imported(alice, settled(alice, FILE, title="keep", company="keep"))
    person.refresh_from_db()
    assert (person.title, person.company) == ("", "")
    assert "title" not in person.provenance


def test_lists_may_be_added_to(alice: User) -> None:
    person = known(alice, skills=["SQL", "python"], tags=["old"])
    imported(alice, settled(alice, FILE, skills="add", tags="overwrite"))
    person.refresh_from_db()
    assert person.skills == ["SQL", "python", "Go"]
    assert person.tags == ["vip"]


def test_tags_for_everybody_reach_new_and_known_people_whatever_the_policy(alice: User) -> None:
    person = known(alice, tags=["old"])
    data = csv_bytes(
        HEADER, FILE.decode().splitlines()[1].split(","), ["Ida", "H", "ida@x.example", "", "", "", ""]
    )
    import_run = upload(alice, data)
    uploading.settle(
        import_run,
        staging.field_mapping(import_run),
        actor=alice,
        source_name="",
        project=None,
        tags=["May", "may", " ", "Fair"],
    )
    imported(alice, import_run)
    person.refresh_from_db()
    assert person.tags == ["old", "May", "Fair"]
    assert Candidate.objects.for_organisation(alice.organisation_id).get(first_name="Ida").tags == [
        "May",
        "Fair",
    ]


def test_the_same_loser_is_kept_once_however_often_the_file_comes(alice: User) -> None:
    person = known(alice, title="Architect")
    for _ in range(2):
        imported(alice, settled(alice, FILE))
    assert len(others(person)) == 1


def test_a_difference_in_case_is_none(alice: User) -> None:
    person = known(alice, title="cto", company="VOLTRA", skills=["python", "go"], tags=["VIP"])
    imported(alice, settled(alice, FILE, title="overwrite"))
    person.refresh_from_db()
    assert person.title == "cto"
    assert others(person) == []
    assert person.version == 1


def test_custom_fields_come_in_by_label_or_key_and_follow_their_policy(alice: User) -> None:
    assert alice.organisation is not None
    CustomField.objects.create(
        organisation=alice.organisation, key="notice", label="Notice period", kind="number"
    )
    person = known(alice)
    header = ["Email", "Notice Period"]
    imported(alice, settled(alice, csv_bytes(header, ["jonas@x.example", "3"], ["new@x.example", "soon"])))
    person.refresh_from_db()
    assert person.custom == {"notice": 3}
    assert person.provenance["custom.notice"]["source"] == "May list"
    imported(
        alice, settled(alice, csv_bytes(header, ["jonas@x.example", "6"]), **{"custom:notice": "overwrite"})
    )
    person.refresh_from_db()
    assert person.custom == {"notice": 6}
    assert others(person) == [("custom.notice", 3, "May list")]


def test_another_organisations_custom_field_is_unknown(alice: User, mallory: User) -> None:
    assert mallory.organisation is not None
    CustomField.objects.create(organisation=mallory.organisation, key="secret", label="Secret", kind="text")
    import_run = upload(alice, csv_bytes(["Email", "Secret"], ["a@x.example", "x"]))
    with pytest.raises(Invalid, match="Unknown fields"):
        uploading.settle(
            import_run, {0: "email", 1: "custom:secret"}, actor=alice, source_name="", project=None
        )


def test_positions_and_schools_are_read_and_found(alice: User) -> None:
    header = [
        "Name",
        "Title",
        "Company",
        "Start Date",
        "Title 2",
        "Company 2",
        "End Date 2",
        "School",
        "School 2",
    ]
    row = ["Ida Hansen", "CTO", "Voltra", "Apr 2021", "Engineer", "Fjell", "03/2021", "NTNU", "MIT"]
    import_csv(alice, csv_bytes(header, row))
    ida = Candidate.objects.for_organisation(alice.organisation_id).get()
    assert list(ida.experience.values_list("title", "company", "started", "ended")) == [
        ("CTO", "Voltra", "2021-04", ""),
        ("Engineer", "Fjell", "", "2021-03"),
    ]
    assert list(ida.education.values_list("school", flat=True)) == ["NTNU", "MIT"]
    assert query.people(viewer=alice, text="fjell").people == [ida]


def test_positions_may_be_added_to_those_there_are(alice: User) -> None:
    person = known(alice, experience=[{"title": "CTO", "company": "voltra"}])
    data = csv_bytes(
        ["Email", "Title", "Company", "Title 2", "Company 2"],
        ["jonas@x.example", "CTO", "Voltra", "Engineer", "Fjell"],
    )
    imported(alice, settled(alice, data))
    assert person.experience.count() == 1
    imported(alice, settled(alice, data, positions="add"))
    assert list(person.experience.values_list("title", "position")) == [("CTO", 0), ("Engineer", 1)]


def test_a_number_and_the_name_together_may_be_a_person_and_are_one_where_numbers_decide(alice: User) -> None:
    person = make_candidate(alice.organisation, "Jonas", "Lehner", phones=[("+49 151 5550142", "mobile")])
    data = csv_bytes(
        ["First Name", "Last Name", "Mobile"],
        ["Jonas", "LEHNER", "+491515550142"],
        ["Ida", "Hansen", "+49 151 555 0142"],
    )
    done = import_csv(alice, data)
    assert (done.updated, done.imported) == (0, 2)
    deliver()
    (pair,) = DuplicatePair.objects.for_organisation(alice.organisation_id)
    assert (pair.first, pair.reasons, pair.certain) == (person, ["phone", "name_same"], False)
    assert alice.organisation is not None
    duplicates.set_rule(
        organisation=alice.organisation, actor=alice, keys=[Key.PHONE], every=False, refuse=False
    )
    again = import_csv(alice, data)
    assert (again.updated, again.imported) == (2, 0)


def test_a_shared_address_with_another_name_is_another_person(alice: User) -> None:
    known(alice)
    done = import_csv(
        alice,
        csv_bytes(
            HEADER,
            ["Wei", "Chen", "jonas@x.example", "", "", "", ""],
            ["Wei", "Chen", "jonas@x.example", "", "", "", ""],
            ["Jonas", "Lehner", "Jonas@X.example", "", "", "", ""],
        ),
    )
    assert (done.imported, done.updated, done.rejected) == (1, 1, 1)


def test_an_address_of_a_team_makes_nobody_the_same(alice: User) -> None:
    make_candidate(alice.organisation, "Jonas", "Lehner", emails=["jobs@x.example"])
    done = import_csv(alice, csv_bytes(HEADER, ["Jonas", "Lehner", "jobs@x.example", "", "", "", ""]))
    assert (done.imported, done.updated) == (1, 0)


def test_a_tagged_address_is_the_same_address(alice: User) -> None:
    make_candidate(alice.organisation, "Jonas", "Lehner", emails=["jonas.lehner+jobs@gmail.com"])
    deliver()
    done = import_csv(alice, csv_bytes(HEADER, ["Jonas", "Lehner", "jonaslehner@gmail.com", "", "", "", ""]))
    assert (done.imported, done.updated) == (0, 1)


def test_who_holds_the_profile_is_the_person_whatever_the_name(alice: User) -> None:
    person = make_candidate(alice.organisation, "Ida", "Hansen", linkedin_url="linkedin.com/in/ida")
    header = ["First Name", "Last Name", "LinkedIn"]
    link = "https://www.linkedin.com/in/Ida/"
    done = import_csv(alice, csv_bytes(header, ["Ida", "Berg", link], ["Wei", "Chen", link]))
    assert (done.imported, done.updated, done.rejected) == (0, 1, 1)
    assert others(person) == [("last_name", "Berg", "people.csv")]


def test_who_may_be_the_same_is_made_and_waits_on_the_page_of_duplicates(alice: User) -> None:
    person = make_candidate(alice.organisation, "Robert", "Lehner", company="Voltra GmbH", title="CTO")
    done = import_csv(alice, csv_bytes(HEADER, ["Bob", "Lehner", "", "CTO", "Voltra", "", ""]))
    assert (done.imported, done.updated) == (1, 0)
    deliver()
    (pair,) = duplicates.open_pairs(alice)
    assert (pair.first, pair.certain) == (person, False)
    assert pair.reasons == ["name_nickname", "company", "title"]


def test_import_knows_exactly_whom_the_rules_call_certain(alice: User) -> None:
    """What an import does with a row is what ``duplicates.known`` says of the person: one rule behind both doors."""
    there = [
        make_candidate(alice.organisation, "Jonas", "Lehner", emails=["jonas@x.example"], company="Voltra"),
        make_candidate(alice.organisation, "Ida", "Hansen", linkedin_url="linkedin.com/in/ida"),
        make_candidate(alice.organisation, "Mario", "Rossi", emails=["rossi@x.example"]),
        make_candidate(alice.organisation, "", "", emails=["nameless@x.example"]),
    ]
    deliver()
    header = ["First Name", "Last Name", "Email", "Company", "LinkedIn"]
    rows = [
        ["Jonas", "Lehner", "jonas+new@x.example", "", ""],
        ["J.", "Lehner", "jonas@x.example", "Voltra", "linkedin.com/in/jonas"],
        ["Maria", "Rossi", "rossi@x.example", "", ""],
        ["Ida", "Hansen", "", "", "linkedin.com/in/other-ida"],
        ["Ida", "Berg", "", "", "linkedin.com/in/ida"],
        ["Nam", "Less", "nameless@x.example", "", ""],
        ["Jonas", "Lehner", "", "Voltra", ""],
    ]
    parsed = {
        line: person_of(
            parse_row(row, {0: "first_name", 1: "last_name", 2: "email", 3: "company", 4: "linkedin"}).person
        )
        for line, row in enumerate(rows, 2)
    }
    expected = duplicates.known(alice.tenant_id, parsed)
    assert set(expected.values()) <= {person.pk for person in there}
    for line, row in enumerate(rows, 2):
        (outcome,) = previewing.preview(upload(alice, csv_bytes(header, row))).rows
        assert outcome.outcome is not None
        assert outcome.outcome.candidate_id == expected.get(line), row


def test_an_unknown_policy_is_refused(alice: User) -> None:
    with pytest.raises(Invalid, match="Choose from the list"):
        settled(alice, FILE, title="add")


# ── before anything is written ──────────────────────────────────────────────


def test_the_page_says_at_once_who_is_new_updated_in_conflict_and_refused(alice: User) -> None:
    known(alice, title="Architect")
    make_candidate(alice.organisation, "Ida", "Hansen", emails=["ida@x.example"])
    rows = [
        ["Jonas", "Lehner", "jonas@x.example", "CTO", "", "", ""],
        ["Ida", "Hansen", "ida@x.example", "CEO", "", "", ""],
        ["Bo", "New", "bo@x.example", "", "", "", ""],
        ["", "", "", "Engineer", "", "", ""],
        ["Bo", "", "bo@x.example", "", "", "", ""],
    ]
    preview = previewing.preview(upload(alice, csv_bytes(HEADER, *rows)))
    assert (preview.fresh, preview.updated, preview.conflict) == (1, 1, 1)
    assert (preview.refused_count, preview.repeated, preview.looked_at) == (1, 1, 5)
    conflict = next(example for example in preview.examples if example.kind == "conflict")
    assert (conflict.line, conflict.known_as) == (2, "Jonas Lehner")
    assert conflict.clashes == [["title", "Architect", "CTO", False]]
    assert not OtherValue.objects.for_organisation(alice.organisation_id).exists()


def checked(alice: User, import_run: ImportRun) -> ImportRun:
    begun = checking.start(import_run=import_run, actor=alice)
    assert begun.check_run_id is not None
    while runs.work(begun.check_run_id):
        pass
    begun.refresh_from_db()
    return begun


def test_the_count_of_the_whole_file_is_what_import_then_does(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "SLICE_ROWS", 3)
    known(alice, title="Architect")
    rows = [[f"P{n % 6}", "X", f"p{n % 6}@x.example", "", "", "", ""] for n in range(8)]
    rows.append(["Jonas", "Lehner", "jonas@x.example", "CTO", "", "", ""])
    before = Candidate.objects.for_organisation(alice.organisation_id).count()
    counted = checked(alice, settled(alice, csv_bytes(HEADER, *rows)))
    assert (counted.checked["fresh"], counted.checked["updated"], counted.checked["conflict"]) == (6, 0, 1)
    assert counted.rejected == 2
    assert Candidate.objects.for_organisation(alice.organisation_id).count() == before
    assert [example["known_as"] for example in counted.checked["examples"]["conflict"]] == ["Jonas Lehner"]
    done = imported(alice, counted)
    assert (done.imported, done.updated, done.rejected) == (6, 1, 2)


def test_a_changed_column_makes_the_count_worthless_and_the_rows_are_read_anew(alice: User) -> None:
    counted = checked(alice, settled(alice, FILE))
    assert ImportRow.objects.for_organisation(alice.organisation_id).exists()
    again = uploading.settle(
        counted, {0: "first_name", 2: "email"}, actor=alice, source_name="", project=None
    )
    assert (again.check_run, again.checked, again.rows) == (None, {}, 0)
    assert not ImportRow.objects.for_organisation(alice.organisation_id).exists()
    assert imported(alice, again).imported == 1


def test_a_changed_policy_is_counted_anew_without_reading_the_file_again(alice: User) -> None:
    counted = checked(alice, settled(alice, FILE))
    again = uploading.settle(
        counted,
        staging.field_mapping(counted),
        actor=alice,
        source_name="x",
        project=None,
        chosen={"title": "overwrite"},
    )
    assert (again.checked, again.rows) == ({}, 1)


def test_import_pressed_while_the_file_is_counted_goes_on_with_the_rows_that_are_read(alice: User) -> None:
    begun = checking.start(import_run=settled(alice, FILE), actor=alice)
    staging.read_some(begun, seconds=5)
    started = uploading.start(import_run=begun, actor=alice)
    assert begun.check_run_id is not None
    while runs.work(begun.check_run_id):
        pass
    done = finish(started)
    assert (done.rows, done.imported) == (1, 1)
    assert done.run is not None
    assert done.run.status == RunStatus.DONE


def test_columns_and_choices_are_proposed_again_for_the_same_headers(alice: User, bob: User) -> None:
    first = upload(alice, csv_bytes(["Wer", "Mail", "Rolle"], ["Jonas Lehner", "j@x.example", "CTO"]))
    uploading.describe_again(first, encoding="utf-8-sig", delimiter=",", has_header=True)
    uploading.settle(
        first,
        {0: "full_name", 1: "email", 2: "title"},
        actor=alice,
        source_name="Firma A",
        project=make_project(alice),
        chosen={"title": "overwrite"},
    )
    imported(alice, first)
    again = upload(bob, csv_bytes(["wer", "Mail ", "Rolle"], ["Ida Hansen", "i@x.example", "CEO"]))
    assert again.mapping == {"0": "full_name", "1": "email", "2": "title"}
    assert (again.source, again.policies, again.project) == ("Firma A", {"title": "overwrite"}, None)
    other = upload(bob, csv_bytes(["Mail", "Wer"], ["i@x.example", "Ida Hansen"]))
    assert other.proposed is None


def test_another_organisation_is_proposed_nothing(alice: User, mallory: User) -> None:
    imported(alice, settled(alice, FILE))
    assert upload(mallory, FILE).proposed is None


def test_an_edit_by_hand_and_an_import_do_not_lose_each_other(alice: User) -> None:
    person = known(alice)
    imported(alice, settled(alice, FILE))
    with pytest.raises(people.Changed):
        people.edit_candidate(candidate=person, actor=alice, version=1, changes={"title": "Mine"})
